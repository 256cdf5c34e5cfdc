from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """Is told how the room runs, once a batch or flush; each method returns at once."""

    def published(self, seconds: float) -> None:
        """Learn how long the channel layer took to take a batch."""

    def delivered(self, messages: int, members: int, seconds: float) -> None:
        """Learn that a batch of messages is handed to members, seconds after it left its room."""

    def flushed(self, size: int, members: int, seconds: float) -> None:
        """Learn that so many bytes went to each member, and how long that took."""
