from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import gc
from chat.serving.collector import spare_collector
class Loop:
    def __init__(self): self.me = self
    def __del__(self): print("collected")
before = Loop()
spare_collector()
print(gc.get_freeze_count() > len(gc.get_objects()))
for _ in range(20_000):
    Loop()
"""


@pytest.mark.processes
def test_what_stands_is_left_alone_and_new_cycles_are_still_found() -> None:
    """A join would wait for a look at all of Django, or memory grow with everybody who came."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )
    told = run.stdout.splitlines()
    assert told[0] == "True"
    assert told.count("collected") > 9_000
