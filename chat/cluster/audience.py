from __future__ import annotations

from typing import Any, Protocol


class Audience(Protocol):
    """What a reader tells, and asks, its relay."""

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be handed out that reading has to wait, too."""

    def take(self, batches: list[dict[str, Any]]) -> None:
        """Take the next batches of the order."""

    def pass_on(self, event: dict[str, Any]) -> None:
        """Take an event that is no batch, or is one of a version that cannot be read."""

    def lose(self) -> None:
        """Learn that batches were missed and are forgotten."""

    def cut(self, error: Exception) -> None:
        """Learn that Redis did not answer."""
