from __future__ import annotations

import asyncio
import time

from chat.room.listener import Listener
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


def test_tells_when_as_much_waits_as_the_last_batch_held() -> None:
    """A batch would wait for answers that are there, or leave before half of them are."""
    outbox = Outbox()
    told = [outbox.is_ripe]
    outbox.add(b"12345")
    outbox.take()
    outbox.sent()
    for more in (b"1234", b"5"):
        outbox.add(more)
        told.append(outbox.is_ripe)
    assert told == [True, False, True]


def test_a_long_message_is_a_batch_of_its_own() -> None:
    """It would never be sent, and nothing behind it."""
    outbox = Outbox()
    outbox.add(b"long" * 100_000)
    outbox.add(b"short")
    assert [outbox.take()["count"], outbox.take()["count"]] == [1, 1]
    assert not outbox


def test_a_long_message_alone_is_a_batch() -> None:
    """Nothing would be said any more behind a message that is longer than a batch may be."""
    outbox = Outbox()
    outbox.add_join("anna", b"long" * 100_000)
    batch = outbox.take()
    assert (batch["count"], len(batch["frames"]), batch["joins"]) == (1, 400_000, [(0, "anna")])
    assert not outbox


def test_a_batch_is_filled_to_its_bound() -> None:
    """Each batch would be a message shorter than it may be; a join at the seam would be lost."""
    outbox = Outbox()
    outbox.add(b"12345")
    outbox.add(b"67890")
    outbox.add_join("anna", b"connect")
    outbox.add_leave("bert", b"disconnect")
    first, second = outbox.take(10), outbox.take(17)
    assert (first["frames"], first["joins"], first["leaves"]) == (b"1234567890", [], [])
    assert (second["frames"], second["joins"]) == (b"connectdisconnect", [(0, "anna")])
    assert second["leaves"] == ["bert"]
    assert not outbox


def test_what_is_published_is_told_to_those_who_listen() -> None:
    """The log of messages would stay empty."""

    class Heard(Listener):
        def said(self, frames: bytes, count: int) -> None:
            """Remember it."""
            told.append((frames, count))

    told: list[tuple[bytes, int]] = []
    outbox = Outbox([Heard()])
    outbox.add(b"one")
    outbox.add(b"two")
    assert told == []
    outbox.take()
    assert told == [(b"onetwo", 2)]


async def test_is_emptied_when_all_is_published() -> None:
    """A process that stops would cut off the last words, or never stop."""
    outbox = Outbox()
    await asyncio.wait_for(outbox.emptied(), 5)
    outbox.add(b"last words")
    emptied = asyncio.create_task(outbox.emptied())
    await asyncio.sleep(0.03)
    assert not emptied.done()
    outbox.take()
    assert outbox.in_flight == 10
    await asyncio.sleep(0.03)
    assert not emptied.done()
    outbox.sent()
    assert outbox.in_flight == 0
    await asyncio.wait_for(emptied, 5)


async def test_what_is_forgotten_is_not_waited_for() -> None:
    """A process that lost the room would wait for the answer to what it gave up."""
    outbox = Outbox()
    outbox.add(b"lost")
    outbox.take()
    outbox.add(b"lost, too")
    outbox.clear()
    assert (outbox.size, outbox.in_flight, bool(outbox)) == (0, 0, False)
    await asyncio.wait_for(outbox.emptied(), 5)
