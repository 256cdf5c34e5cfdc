"""The ways of a run, each from one owner to another: which are cut, and how slow they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.simulation.loop import Owner

    Way = tuple[Owner | None, Owner | None]


class Ways:
    """The cuts and delays that faults have put on the ways of a run."""

    def __init__(self) -> None:
        self._cuts: dict[Way, int] = {}
        self._delays: dict[Way, float] = {}

    def is_cut(self, way: Way) -> bool:
        """Tell whether nothing gets through this way."""
        return self._cuts.get(way, 0) > 0

    def cut(self, way: Way) -> None:
        """Let nothing through this way."""
        self._cuts[way] = self._cuts.get(way, 0) + 1

    def heal(self, way: Way) -> None:
        """Undo one cut."""
        self._cuts[way] -= 1

    def delay_of(self, way: Way) -> float:
        """Return what everything takes in addition this way, in seconds."""
        return self._delays.get(way, 0.0)

    def set_delay(self, way: Way, seconds: float) -> None:
        """Have everything take longer this way."""
        self._delays[way] = seconds
