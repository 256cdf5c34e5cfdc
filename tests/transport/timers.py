"""The timers of an event loop, fired by the test instead of the clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import pytest


class Timers:
    """Stands for `asyncio` and for the running loop in a module; keeps what `call_later` gets."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []

    @classmethod
    def of(cls, module: ModuleType, patch: pytest.MonkeyPatch) -> Self:
        """Have a module start its timers here."""
        timers = cls()
        patch.setattr(module, "asyncio", timers)
        return timers

    def get_running_loop(self) -> Self:
        """Return itself, in place of the loop."""
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def call_later(self, delay: float, callback: Callable[..., None], *args: Any) -> object:
        """Keep a callback (asyncio's signature)."""
        self.waiting.append((delay, callback, args))
        return object()

    @property
    def delays(self) -> list[float]:
        """The seconds that each timer runs, the oldest first."""
        return [delay for delay, _, _ in self.waiting]

    def fire(self) -> None:
        """Fire the timer that was started first."""
        _, callback, args = self.waiting.pop(0)
        callback(*args)
