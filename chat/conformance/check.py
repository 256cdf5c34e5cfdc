"""A rule of the protocol with a name, and the way to see whether a server keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.conformance.room import Room

    Body = Callable[[Room], Awaitable[None]]


class Level(StrEnum):
    """How much hangs on a rule.

    A server that breaks a MUST shows people another room than it shows others, or none. A rule
    marked DIFFERS is one that servers of the family are known to break and clients live with.
    """

    MUST = "must"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule; `body` raises `Difference` if a server does not keep it."""

    name: str
    rule: str
    level: Level
    body: Body


ALL: dict[str, Check] = {}


def must(name: str, rule: str) -> Callable[[Body], Body]:
    """Make a function the check of a rule that no server may break."""
    return _register(name, rule, Level.MUST)


def differs(name: str, rule: str) -> Callable[[Body], Body]:
    """Make a function the check of a rule that some servers of the family are known to break."""
    return _register(name, rule, Level.DIFFERS)


def _register(name: str, rule: str, level: Level) -> Callable[[Body], Body]:
    def register(body: Body) -> Body:
        if name in ALL:
            raise ValueError(f"two checks named {name}")
        ALL[name] = Check(name, rule, level, body)
        return body

    return register
