"""The clocks of a run: what the room's code reads as the time, and draws as ids."""

from __future__ import annotations

import sys
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import redis.utils

from bench.simulation.loop import OWNER

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from bench.simulation.loop import SimulatedLoop

# When every run begins, in seconds since 1970.
BEGIN: Final = 1_800_000_000.0


def wall(loop: SimulatedLoop) -> float:
    """Return the time of whoever asks, in seconds since 1970."""
    owner = OWNER.get()
    return BEGIN + loop.time() + (owner.skew if owner is not None else 0.0)


@contextmanager
def simulated(loop: SimulatedLoop, dice: random.Random) -> Iterator[None]:
    """Have all code of the room read the loop's clock, and draw ids from the dice."""
    real: dict[Any, Any] = {time.monotonic: loop.time, time.time: lambda: wall(loop)}
    real[redis.utils.get_lib_version] = lambda: "8"  # reads a file for every connection
    real[uuid.uuid4] = lambda: uuid.UUID(int=dice.getrandbits(128), version=4)
    places: list[tuple[Any, str]] = [(time, "monotonic"), (time, "time"), (uuid, "uuid4")]
    places.append((redis.utils, "get_lib_version"))
    for name, module in list(sys.modules.items()):
        if name.startswith("chat."):  # `from time import monotonic`
            places += [(module, key) for key in ("monotonic", "uuid4") if key in vars(module)]
    before = [(module, key, getattr(module, key)) for module, key in places]
    try:
        for module, key, value in before:
            setattr(module, key, real[value])
        yield
    finally:
        for module, key, value in before:
            setattr(module, key, value)
