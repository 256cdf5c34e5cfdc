from wschat_tools.conformance.command import main
from wschat_tools.management.tool import ToolCommand


class Command(ToolCommand):
    """Check any wschat server against the rules of the protocol."""

    main = staticmethod(main)
