from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from chat.room.arrivals import Arrivals
from chat.room.listener import Listener


class Scene(Listener):
    """Stands for the room, the brake and who listens, and remembers what they are told."""

    def __init__(self, *, knows: bool = True) -> None:
        self.told: list[Any] = []
        self._knows = knows
        room = SimpleNamespace(deliver=self._deliver)
        brake = SimpleNamespace(release=lambda: self.told.append("released"))
        parts: Any = {"room": room, "fanout": None, "brake": brake}
        self.arrivals = Arrivals(**parts, listeners=[self, self])

    def _deliver(self, frames: bytes, count: int, joins: list[tuple[int, str]]) -> int:
        self.told.append((frames, count, joins))
        return 7

    def delivered(self, messages: int, seconds: float) -> None:
        """Remember it."""
        self.told.append((messages, round(seconds)))

    def flushed(self, size: int, written: int, seconds: float) -> None:
        """Remember it."""
        self.told.append((size, written, seconds))

    def ordered(self, kind: str, payload: dict[str, Any]) -> bool:
        """Remember it."""
        self.told.append((kind, payload))
        return self._knows


def batch(**changed: Any) -> dict[str, Any]:
    return {
        "at": time.time() - 5, "frames": b"said", "count": 1, "joins": [(0, "anna")],
        "controls": [], **changed,
    }  # fmt: skip


def test_each_listener_is_told_what_went_out_and_how_long_it_was_on_the_way() -> None:
    """The metrics of messages and of their way would show nothing, or nonsense."""
    scene = Scene()
    scene.arrivals.deliver(batch())
    assert scene.told == [(b"said", 1, [(0, "anna")]), (7, 5), (7, 5)]


def test_a_clock_that_is_behind_the_sender_s_shows_no_negative_time() -> None:
    """A histogram would be given less than nothing, and its sum shrink."""
    scene = Scene()
    scene.arrivals.deliver(batch(at=time.time() + 60))
    assert scene.told[1:] == [(7, 0), (7, 0)]


def test_a_batch_of_orders_alone_delivers_nothing() -> None:
    """An order would count as a batch that members got."""
    scene = Scene()
    scene.arrivals.deliver(batch(frames=b"", controls=[("kick", {"a": 1}), ("mute", {})]))
    assert scene.told == [("kick", {"a": 1}), ("mute", {})]
    assert scene.arrivals.skipped_orders == 0


def test_orders_that_nobody_knows_are_counted() -> None:
    """Nobody would notice that half of the processes do not do what operators want."""
    scene = Scene(knows=False)
    scene.arrivals.deliver(batch(frames=b"", controls=[("new", {}), ("newer", {})]))
    assert scene.told == [("new", {}), ("new", {}), ("newer", {}), ("newer", {})]
    assert scene.arrivals.skipped_orders == 2


def test_a_flush_is_told_and_makes_space() -> None:
    """Who waits for space would wait for ever."""
    scene = Scene()
    scene.arrivals.flushed(10, 30, 0.5)
    assert scene.told == [(10, 30, 0.5), (10, 30, 0.5), "released"]
