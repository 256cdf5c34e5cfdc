from wschat_tools.loadtest.command import main
from wschat_tools.management.tool import ToolCommand


class Command(ToolCommand):
    """Put load on any wschat server and say how it bears it."""

    main = staticmethod(main)
