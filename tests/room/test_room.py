from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from chat import protocol, relay
from chat.conf import Conf
from chat.frames import payloads
from chat.room import Observer, Room
from chat.visitor import Visitor
from tests.fakes import FakeLayer, FakeTransport, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.member import Member

VISITOR = Visitor()


def told(transport: FakeTransport) -> list[tuple[str, str]]:
    """Return (action, contents) of all that a socket was given."""
    messages = [json.loads(payload) for payload in payloads(transport.heard)]
    return [(message["action"], message["contents"]) for message in messages]


class Log(Observer):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def joined(self, member: Member) -> None:
        """Remember it."""
        self.events.append((member.id, 0))

    def left(self, member: Member, code: int, _reason: str) -> None:
        """Remember it."""
        self.events.append((member.id, code))


@pytest.fixture
async def layer() -> FakeLayer:
    """Make a layer that can hang and fail."""
    return FakeLayer()


@pytest.fixture
async def room(layer: FakeLayer) -> AsyncIterator[Room]:
    """Make a room that has started, and stop it in the end."""
    made = Room(layer, dataclasses.replace(Conf(), outbox_bytes=4096))  # type: ignore[arg-type]
    await made.start()
    yield made
    layer.open.set()
    await made.stop()


def join(room: Room) -> tuple[Member, FakeTransport]:
    """Bring one in."""
    transport = FakeTransport()
    return room.join(transport, VISITOR), transport


async def test_a_member_hears_its_own_connect_first(room: Room, layer: FakeLayer) -> None:
    """A client would not learn its id from its first message."""
    anna, anna_socket = join(room)
    await until(lambda: anna_socket.written)
    layer.open.clear()
    room.say(anna, '{"contents":"before"}')
    bert, bert_socket = join(room)
    room.say(bert, '{"contents":"after"}')
    carl, carl_socket = join(room)
    assert bert_socket.written == []
    layer.open.set()
    await until(lambda: carl_socket.written and ("connect", carl.id) in told(anna_socket))
    rest = [("connect", bert.id), ("chat", "after"), ("connect", carl.id)]
    assert told(anna_socket) == [("connect", anna.id), ("chat", "before"), *rest]
    assert told(bert_socket) == rest
    assert told(carl_socket) == rest[2:]


async def test_nothing_is_told_before_the_layer_gives_it_back(room: Room, layer: FakeLayer) -> None:
    """Members of different processes would see different orders."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.open.clear()
    room.say(anna, '{"contents":"hi"}')
    await asyncio.sleep(0.02)
    assert told(socket) == [("connect", anna.id)]


async def test_one_publish_is_in_flight_and_the_rest_goes_with_the_next(
    room: Room, layer: FakeLayer
) -> None:
    """A layer with a round trip would make the room slow, or mix up the order."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.open.clear()
    before = len(layer.sent)
    for number in range(30):
        room.say(anna, f'{{"contents":"{number}"}}')
        await asyncio.sleep(0)
    layer.open.set()
    await until(lambda: ("chat", "29") in told(socket))
    assert layer.most_in_flight == 1
    assert len(layer.sent) - before <= 2
    assert told(socket)[1:] == [("chat", str(number)) for number in range(30)]


async def test_a_batch_that_the_layer_did_not_take_is_sent_again(
    room: Room, layer: FakeLayer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is said while the layer has a fault would be lost, or end the room."""
    monkeypatch.setattr(relay, "RETRY_SECONDS", 0.01)
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.failures = 3
    with caplog.at_level(logging.WARNING):
        room.say(anna, '{"contents":"one"}')
        room.say(anna, '{"contents":"two"}')
        await until(lambda: len(told(socket)) == 3)
    assert told(socket)[1:] == [("chat", "one"), ("chat", "two")]
    assert caplog.text.count("trying again") == 3


async def test_starting_is_done_once_however_many_come_at_once(layer: FakeLayer) -> None:
    """Two first connections would start two receivers, and everybody hear all twice."""
    room = Room(layer, Conf())  # type: ignore[arg-type]
    await asyncio.gather(*(room.start() for _ in range(20)))
    assert layer.channels == len(layer.groups) == 1
    await room.stop()


async def test_starting_is_tried_again_after_a_fault(layer: FakeLayer) -> None:
    """A layer that is late at the start would keep everybody out until a restart."""
    room = Room(layer, Conf())  # type: ignore[arg-type]
    layer.failures = 1
    await room.start()
    assert "the layer is down" in room.fault
    await until(lambda: not room.fault)
    _, socket = join(room)
    await until(lambda: socket.written)
    await room.stop()


async def test_one_who_gives_up_while_starting_does_not_stop_the_others(layer: FakeLayer) -> None:
    """The first visitor's leaving would keep all others out."""
    room = Room(layer, Conf())  # type: ignore[arg-type]
    first = asyncio.create_task(room.start())
    second = asyncio.create_task(room.start())
    await asyncio.sleep(0)
    first.cancel()
    await second
    await room.stop()


async def test_the_membership_of_the_group_is_renewed(
    layer: FakeLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room would fall silent after a day."""
    monkeypatch.setattr(relay, "RENEW_SECONDS", 0.01)
    room = Room(layer, Conf())  # type: ignore[arg-type]
    await room.start()
    await until(lambda: len(layer.groups) >= 3)
    assert set(layer.groups) == {(relay.GROUP, "channel1")}
    await room.stop()


async def test_leaving_is_announced_once(room: Room) -> None:
    """The room would see somebody go twice."""
    log = Log()
    room.observers.append(log)
    anna, _ = join(room)
    bert, socket = join(room)
    room.leave(anna, 1000)
    room.leave(anna, 1006)
    room.expel(anna, protocol.KICKED, "again")
    room.say(bert, '{"contents":"mark"}')
    await until(lambda: ("chat", "mark") in told(socket))
    assert told(socket) == [("connect", bert.id), ("disconnect", anna.id), ("chat", "mark")]
    assert log.events == [(anna.id, 0), (bert.id, 0), (anna.id, 1000)]
    assert list(room.members) == [bert]
    assert room.online == 1


async def test_one_who_leaves_before_its_own_connect_hears_nothing(room: Room) -> None:
    """A connection that is gone would be written to."""
    anna, socket = join(room)
    bert, other = join(room)
    room.leave(anna, 1006)
    await until(lambda: len(told(other)) == 2)
    assert socket.written == []
    assert told(other) == [("connect", bert.id), ("disconnect", anna.id)]


async def test_a_bad_message_is_told_to_its_sender_alone(room: Room) -> None:
    """A bad message would reach the room, or its sender not learn why it goes."""
    anna, anna_socket = join(room)
    _, bert_socket = join(room)
    room.say(anna, "{}")
    room.say(anna, '{"contents":"after"}')
    room.say(anna, "{}")
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    [(code, error)] = anna_socket.closed
    assert code == protocol.BAD_MESSAGE
    assert error is not None
    [payload] = payloads(error)
    assert json.loads(payload)["action"] == "error"
    assert [action for action, _ in told(bert_socket)] == ["connect", "disconnect"]


async def test_a_binary_message_is_refused(room: Room) -> None:
    """A binary message would be ignored in silence."""
    anna, socket = join(room)
    room.refuse_binary(anna)
    assert socket.closed[0][0] == protocol.UNSUPPORTED
    assert room.online == 0


async def test_reading_pauses_above_the_mark_and_goes_on_below(
    room: Room, layer: FakeLayer
) -> None:
    """A flood would fill the server's memory, or a member never be heard again."""
    anna, anna_socket = join(room)
    bert, bert_socket = join(room)
    await until(lambda: bert_socket.written)
    layer.open.clear()
    long = json.dumps({"contents": "x" * 1500})
    room.say(anna, long)
    room.say(anna, long)
    assert anna_socket.pauses == 0
    room.say(anna, long)
    room.say(bert, '{"contents":"short"}')
    await asyncio.sleep(0.02)
    paused = [socket.is_paused for socket in (anna_socket, bert_socket)]
    assert paused == [True, True], "what is in flight counts, too"
    layer.open.set()
    await until(lambda: not (anna_socket.is_paused or bert_socket.is_paused))
    await until(lambda: ("chat", "short") in told(anna_socket))
    assert not room.is_full


async def test_one_who_leaves_while_paused_is_not_resumed(room: Room, layer: FakeLayer) -> None:
    """Reading would be resumed on a socket that is gone."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.open.clear()
    room.say(anna, json.dumps({"contents": "x" * 5000}))
    assert socket.is_paused
    room.leave(anna, 1006)
    layer.open.set()
    await until(lambda: not room.is_full)
    assert socket.is_paused


async def test_a_slow_member_is_closed_and_announced_once(room: Room) -> None:
    """A member that does not read would be cut off without a reason, or stay as a ghost."""
    anna, anna_socket = join(room)
    bert, bert_socket = join(room)
    await until(lambda: bert_socket.written and anna_socket.written)
    anna_socket.space = 0
    anna_socket.backlog = Conf().backlog_bytes + 1
    room.say(bert, '{"contents":"hi"}')
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    room.say(bert, '{"contents":"mark"}')
    await until(lambda: ("chat", "mark") in told(bert_socket))
    assert anna_socket.closed_slow == [protocol.TOO_SLOW]
    assert told(bert_socket).count(("disconnect", anna.id)) == 1


async def test_closing_closes_everybody(room: Room) -> None:
    """Members would not learn that the server goes."""
    sockets = [join(room)[1] for _ in range(3)]
    room.close(protocol.RESTART)
    assert [socket.closed for socket in sockets] == [[(protocol.RESTART, None)]] * 3
    assert room.online == 0
    assert room.is_closing


async def test_a_kick_goes_through_the_layer(room: Room) -> None:
    """A kick would reach members of one process only."""
    anna, anna_socket = join(room)
    _, bert_socket = join(room)
    room.kick(anna.id, protocol.KICKED, "be nice")
    room.kick("nobody", protocol.KICKED, "never mind")
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    [(code, error)] = anna_socket.closed
    assert code == protocol.KICKED
    assert error is not None
    assert b"be nice" in error


async def test_a_fault_in_an_order_or_an_unknown_one_does_not_stop_the_room(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """One order that fails, or one of a newer version, would silence this process for good."""

    def fail(_payload: dict[str, Any]) -> None:
        raise ZeroDivisionError

    anna, socket = join(room)
    room.orders["fail"] = fail
    room.order("fail")
    room.order("from the future", some="thing")
    await until(lambda: room.skipped_controls)
    room.say(anna, '{"contents":"still here"}')
    await until(lambda: ("chat", "still here") in told(socket))
    assert "fail failed" in caplog.text


async def test_an_announcement_is_said_by_the_system(room: Room) -> None:
    """Words of the operator would look like a member's."""
    _, socket = join(room)
    room.announce("maintenance at noon")
    await until(lambda: ("chat", "maintenance at noon") in told(socket))
    last = list(payloads(socket.heard))[-1]
    assert json.loads(last)["sender"] == "system"


async def test_counts_what_a_member_says(room: Room) -> None:
    """The operator's list of members would show nothing, or nonsense."""
    anna, _ = join(room)
    room.say(anna, '{"contents":"hi"}')
    room.say(anna, b'{"contents":"again"}')
    assert (anna.messages, anna.bytes) == (2, 17 + 20)
    assert anna.last_seen >= anna.joined_at
