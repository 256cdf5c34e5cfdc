"""How often Python looks for cycles of objects that nobody uses any longer."""

from __future__ import annotations

import gc
from typing import Final

# New objects that are still there, between two looks at them; Python's own figure is 700.
NEW_OBJECTS: Final = 10_000


def spare_collector() -> None:
    """Never look again at what stands now, and at new objects more seldom.

    Django and what is loaded with it are 115,000 objects. 1000 joins take 0.85 times as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
