"""What lies between the outbox of a process and the one order of the room."""

from __future__ import annotations

from typing import Protocol


class Relay(Protocol):
    """Carries what this process has to say to all processes, and what all say to its members.

    What a relay promises, over whatever layer: every batch that is taken out of the outbox comes
    back to the arrivals of every process that takes part, this one among them, once and in one
    order for all; or the members who might miss some of it are closed, to come back. A relay that
    fails takes part again by itself.
    """

    @property
    def online(self) -> int:
        """Members of the room in all processes, the ones just joining included."""

    @property
    def fault(self) -> str:
        """Why the room cannot be relied on at the moment; empty if it can."""

    @property
    def errors(self) -> int:
        """How often the channel layer did not do what it was asked."""

    @property
    def skipped(self) -> int:
        """How many events were of a kind that is not known here."""

    async def start(self) -> None:
        """Take part, or let `fault` tell why not; only the first call does it."""

    async def stop(self) -> None:
        """Take part no longer; what is in the outbox stays there."""
