from __future__ import annotations

import pytest

from chat.config.conf import Conf
from chat.door.door import Door
from chat.ops.watch import Decisions, Watch
from tests.admin.crowd import come

pytestmark = pytest.mark.django_db


def test_members_of_other_processes_count_whenever_the_limit_came() -> None:
    """With the limits for the public, each worker would let in as many as all of them may."""
    heard: list[Decisions] = []
    door = Door(Conf())
    watch = Watch(door, heard.append)
    come("192.0.2.1")
    come("192.0.2.1")
    watch.poll()
    door.max_per_address = 200
    watch.poll()
    assert watch.problem == ""
    assert [dict(decisions.elsewhere_from) for decisions in heard] == [{}, {"192.0.2.1": 2}]
