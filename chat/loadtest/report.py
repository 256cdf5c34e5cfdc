"""What a load test found out, and whether that is a pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.load import Chatted, Joined
    from chat.loadtest.plan import Plan


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run.

    `seconds` is the whole of it; `present` are the connections that were still open at the end,
    `unfinished` those that were to say a number of chats and did not get each of them back;
    `errors` is what refused or ended connections, the most frequent first.
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

    @property
    def failed(self) -> int:
        """How many connections did not join, or did not stay."""
        return self.plan.connections - self.present

    @property
    def unheard(self) -> int:
        """How many pairs of members there are of which neither heard of the other's joining."""
        return self.joined.missed - (self.plan.connections - self.joined.members)

    @property
    def got(self) -> int:
        """How many of the expected deliveries came, in the end."""
        return self.chatted.expected - self.chatted.lost

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
            (self.failed, "connections failed"),
            (chatted.lost, "deliveries were lost"),
            (chatted.extra, "deliveries came twice"),
            (chatted.garbled, "chats came back changed"),
            (self.unfinished, "connections did not get all their own chats back"),
        ]
        words = [f"{count:,} {what}" for count, what in found if count]
        return [*words, "interrupted"] if self.interrupted else words
