"""Times as operators read them: how long ago, with the exact time behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def ago(moment: datetime) -> SafeString:
    """Return how long ago it was by this host's clock, in the largest unit that fits.

    Tables show hundreds of them: to ask the database would be a query for each.
    """
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{} {} ago</time>',
        local.isoformat(timespec="seconds"),
        localize(local),
        seconds // size,
        unit,
    )
