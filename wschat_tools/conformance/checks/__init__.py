"""All checks, in the order in which they are run and listed."""

from wschat_tools.conformance.check import ALL, CHAT, ECHO, END, JOIN, LEAVE, Check
from wschat_tools.conformance.checks import (
    bad_messages,
    chatting,
    crowds,
    framing,
    handshake,
    joining,
    leaving,
    messages,
    storm,
)

_ORDER = [
    module.__name__
    for module in (
        joining,
        messages,
        chatting,
        bad_messages,
        leaving,
        framing,
        handshake,
        crowds,
        storm,
    )
]


_FOUNDATIONS = [JOIN, ECHO, CHAT, LEAVE, END]


def _place(check: Check) -> tuple[int, int]:
    """Return a check's place in the order: what others stand on comes first."""
    if check.name in _FOUNDATIONS:
        return -1, _FOUNDATIONS.index(check.name)
    return 0, _ORDER.index(check.body.__module__)


CHECKS = {check.name: check for check in sorted(ALL.values(), key=_place)}
