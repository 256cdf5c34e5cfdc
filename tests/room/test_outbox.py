from __future__ import annotations

import time

from chat.room.outbox import Outbox


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


def test_tells_when_it_is_no_longer_empty() -> None:
    """What is said would wait for the next message, or each message wake somebody."""
    told: list[int] = []
    outbox = Outbox()
    outbox.on_filled = lambda: told.append(outbox.size)
    outbox.add(b"one")
    outbox.add(b"two")
    assert told == [3]
    outbox.take()
    outbox.add(b"three")
    assert told == [3, 5]
    outbox.take()
    outbox.add_control("kick", {})
    assert told == [3, 5, 0]


def test_a_batch_has_a_bound_and_what_is_left_is_the_next() -> None:
    """On a slow way to Redis one big batch would be sent again and again, and never get through."""
    outbox = Outbox()
    for number in range(10):
        outbox.add(b"%d" % number * 30_000)
    outbox.add_join("anna", b"connect anna")
    outbox.add_control("kick", {})
    outbox.add_leave("anna", b"disconnect anna")
    told: list[int] = []
    outbox.on_filled = lambda: told.append(outbox.size)
    batches = []
    while outbox:
        batches.append(outbox.take())
        assert outbox.in_flight == len(batches[-1]["frames"])
    assert [batch["count"] for batch in batches] == [4, 4, 4]
    assert told == [180_027, 60_027]
    assert b"".join(batch["frames"] for batch in batches).endswith(b"connect annadisconnect anna")
    assert [batch["joins"] for batch in batches] == [[], [], [(60_000, "anna")]]
    assert [batch["leaves"] for batch in batches] == [[], [], ["anna"]]
    assert [batch["controls"] for batch in batches] == [[], [], [("kick", {})]]


def test_a_long_message_is_a_batch_of_its_own() -> None:
    """It would never be sent, and nothing behind it."""
    outbox = Outbox()
    outbox.add(b"long" * 100_000)
    outbox.add(b"short")
    assert [outbox.take()["count"], outbox.take()["count"]] == [1, 1]
    assert not outbox
