from __future__ import annotations

import time

from chat.outbox import Outbox


def test_takes_all_in_order_and_begins_anew() -> None:
    """Messages would be lost, sent twice, or joins begin at the wrong place."""
    outbox = Outbox()
    assert not outbox
    outbox.add(b"one")
    outbox.add_join("anna", b"connect anna")
    outbox.add_leave("bert", b"disconnect bert")
    outbox.add_join("carl", b"connect carl")
    outbox.add_control("kick", {"member": "dora"})
    assert outbox
    assert outbox.size == len(b"oneconnect annadisconnect bertconnect carl")
    batch = outbox.take()
    assert abs(batch.pop("at") - time.time()) < 30
    assert batch == {
        "type": "room.batch",
        "count": 4,
        "frames": b"oneconnect annadisconnect bertconnect carl",
        "joins": [(3, "anna"), (30, "carl")],
        "leaves": ["bert"],
        "controls": [("kick", {"member": "dora"})],
    }
    assert not outbox
    assert outbox.size == 0
    outbox.add_join("emil", b"connect emil")
    assert outbox.take()["joins"] == [(0, "emil")]


def test_a_control_alone_is_worth_sending() -> None:
    """A kick in a quiet room would wait for the next message."""
    outbox = Outbox()
    outbox.add_control("kick", {})
    assert outbox
