"""What a load test found out, and whether that is a pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wschat_tools.load import Chatted, Joined
    from wschat_tools.loadtest.plan import Plan
    from wschat_tools.loadtest.timeline import Moment


ONE: Final = {
    "connections": "connection",
    "deliveries": "delivery",
    "leaves": "leave",
    "pairs": "pair",
    "members'": "member's",
    "members": "member",
    "chats": "chat",
}


def counted(count: int, what: str) -> str:
    """Write how many there are of what, whose first word is in the plural."""
    first, _, rest = what.partition(" ")
    if count == 1:
        first, rest = ONE[first], rest.replace("were ", "was ")
    return f"{count:,} {first} {rest}"


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run.

    `seconds` is the whole of it; `present` are the connections that were still open at the end,
    `unfinished` those that were to say a number of chats and did not get each of them back;
    `errors` is what refused or ended connections, the most frequent first. Members that read slowly
    are told apart: how many are still there, and what ended the others.
    """

    address: str
    plan: Plan
    joined: Joined
    chatted: Chatted
    seconds: float
    present: int
    unfinished: int = 0
    interrupted: bool = False
    errors: dict[str, int] = field(default_factory=dict)
    reconnected: int = 0
    leaves_unheard: int = 0
    slow_present: int = 0
    slow_ends: dict[str, int] = field(default_factory=dict)
    moments: tuple[Moment, ...] = ()

    @property
    def failed(self) -> int:
        """How many connections did not join, or did not stay."""
        return max(0, self.plan.reading - self.present)

    @property
    def sent_per_second(self) -> float:
        """Chats a second."""
        chatted = self.chatted
        return chatted.sent / chatted.seconds if chatted.seconds else 0.0

    @property
    def passed(self) -> bool:
        """Whether everyone joined and stayed, and all that was said came back as it was said."""
        return not self.shortcomings

    @property
    def shortcomings(self) -> list[str]:
        """Say in words what keeps this from being a pass."""
        chatted = self.chatted
        found = [
            (chatted.extra, "deliveries came twice"),
            (chatted.garbled, "deliveries came changed"),
        ]
        if not self.interrupted:  # which leaves open whether the rest would have come
            found = [
                (self.failed, "connections failed"),
                (chatted.lost, "deliveries were lost"),
                *found,
                (self.leaves_unheard, "leaves were not told"),
                (self.unfinished, "connections did not get all their own chats back"),
            ]
        words = [counted(count, what) for count, what in found if count]
        words += [] if chatted.own_order else ["senders' own chats changed places"]
        return [*words, "interrupted"] if self.interrupted else words
