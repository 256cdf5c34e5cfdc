"""A rule of the protocol with a name, and the way to see whether a server keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wschat_tools.conformance.room import Room

    Body = Callable[[Room], Awaitable[None]]

# Foundations: without them nothing can be said about what stands on them.
JOIN: Final = "own-connect-first"
ECHO: Final = "chat-comes-back"
CHAT: Final = "chat-reaches-all"
LEAVE: Final = "leave-is-told"
END: Final = "closes-after-an-error"


class Level(StrEnum):
    """How much hangs on a rule.

    A server that breaks a MUST shows people another room than it shows others, or none. A rule
    marked DIFFERS is one that servers of the family are known to break and clients live with.
    """

    MUST = "must"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule; `body` raises `Difference` if a server does not keep it.

    `text` is the line of the family's text behind it, or of an RFC; `needs` are the names of the
    checks that it stands on.
    """

    name: str
    rule: str
    level: Level
    body: Body
    text: str = ""
    needs: tuple[str, ...] = ()


ALL: dict[str, Check] = {}


def must(
    name: str, rule: str, text: str, needs: tuple[str, ...] = (CHAT,)
) -> Callable[[Body], Body]:
    """Make a function the check of a rule that no server may break."""
    return _adding(name, rule, Level.MUST, text, needs)


def differs(
    name: str, rule: str, text: str, needs: tuple[str, ...] = (CHAT,)
) -> Callable[[Body], Body]:
    """Make a function the check of a rule that some servers of the family are known to break."""
    return _adding(name, rule, Level.DIFFERS, text, needs)


def add(check: Check) -> None:
    """File a check.

    Raises:
        ValueError: there is one of that name.

    """
    if check.name in ALL:
        raise ValueError(f"two checks named {check.name}")
    ALL[check.name] = check


def _adding(
    name: str, rule: str, level: Level, text: str, needs: tuple[str, ...]
) -> Callable[[Body], Body]:
    def register(body: Body) -> Body:
        add(Check(name, rule, level, body, text, needs))
        return body

    return register
