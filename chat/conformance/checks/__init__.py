"""All checks, in the order in which they are run and listed."""

from chat.conformance.check import ALL, Check
from chat.conformance.checks import (
    bad_messages,
    chatting,
    crowds,
    framing,
    handshake,
    joining,
    leaving,
    messages,
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
    )
]


def _place(check: Check) -> int:
    return _ORDER.index(check.body.__module__)


CHECKS = {check.name: check for check in sorted(ALL.values(), key=_place)}
