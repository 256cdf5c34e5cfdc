from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from chat.config.conf import Conf
from chat.door.visitor import Visitor
from chat.protocol import messages as protocol
from chat.protocol.frames import payloads
from chat.room.layer import ROOM
from chat.room.listener import Listener
from chat.serving.assembly import Parts, make_room
from tests.fakes import FakeTransport, HeldLayer, receive, until
from tests.fakes import join as add_member

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.room.member import Member

VISITOR = Visitor()


def told(transport: FakeTransport) -> list[tuple[str, str]]:
    """Return (action, contents) of all that a socket was given."""
    messages = [json.loads(payload) for payload in payloads(transport.heard)]
    return [(message["action"], message["contents"]) for message in messages]


class Log(Listener):
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
async def layer() -> HeldLayer:
    """Make a layer that can hang and fail."""
    return HeldLayer()


@pytest.fixture
async def room(layer: HeldLayer) -> AsyncIterator[Parts]:
    """Make a room that has started, and stop it in the end."""
    made = make_room(layer, dataclasses.replace(Conf(), outbox_bytes=4096))
    await made.relay.start()
    yield made
    layer.release()
    await made.stop()


def join(room: Parts) -> tuple[Member, FakeTransport]:
    """Bring one in."""
    transport = FakeTransport()
    return add_member(room, transport, VISITOR), transport


async def test_a_member_hears_its_own_connect_first(room: Parts, layer: HeldLayer) -> None:
    """A client would not learn its id from its first message."""
    anna, anna_socket = join(room)
    await until(lambda: anna_socket.written)
    layer.is_open = False
    receive(anna, '{"contents":"before"}')
    bert, bert_socket = join(room)
    receive(bert, '{"contents":"after"}')
    carl, carl_socket = join(room)
    assert bert_socket.written == []
    layer.release()
    await until(lambda: carl_socket.written and ("connect", carl.id) in told(anna_socket))
    rest = [("connect", bert.id), ("chat", "after"), ("connect", carl.id)]
    assert told(anna_socket) == [("connect", anna.id), ("chat", "before"), *rest]
    assert told(bert_socket) == rest
    assert told(carl_socket) == rest[2:]


async def test_nothing_is_told_before_the_layer_gives_it_back(
    room: Parts, layer: HeldLayer
) -> None:
    """Members of different processes would see different orders."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.is_open = False
    receive(anna, '{"contents":"hi"}')
    await asyncio.sleep(0.02)
    assert told(socket) == [("connect", anna.id)]


async def test_a_fault_on_the_way_closes_everybody_to_come_back(
    room: Parts, layer: HeldLayer, caplog: pytest.LogCaptureFixture
) -> None:
    """Members would miss what was said, or the room be silent until a restart."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.failures = 1
    receive(anna, '{"contents":"lost"}')
    await until(lambda: socket.closed)
    assert socket.closed == [(protocol.TRY_LATER, None)]
    assert "a batch could not be delivered" in caplog.text
    bert, again = join(room)
    receive(bert, '{"contents":"heard"}')
    await until(lambda: ("chat", "heard") in told(again))
    assert told(again) == [("connect", bert.id), ("chat", "heard")]


async def test_what_is_said_in_one_turn_of_the_loop_is_one_batch(room: Parts) -> None:
    """Every member would cost a system call for each of the messages that came at once."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    for number in range(30):
        receive(anna, f'{{"contents":"{number}"}}')
    await until(lambda: ("chat", "29") in told(socket))
    assert len(socket.written) == 2
    assert told(socket)[1:] == [("chat", str(number)) for number in range(30)]


async def test_leaving_is_announced_once(room: Parts) -> None:
    """The room would see somebody go twice."""
    log = Log()
    room.listeners.append(log)
    anna, _ = join(room)
    bert, socket = join(room)
    room.room.leave(anna, 1000)
    room.room.leave(anna, 1006)
    room.room.expel(anna, protocol.KICKED, "again")
    receive(bert, '{"contents":"mark"}')
    await until(lambda: ("chat", "mark") in told(socket))
    assert told(socket) == [("connect", bert.id), ("disconnect", anna.id), ("chat", "mark")]
    assert log.events == [(anna.id, 0), (bert.id, 0), (anna.id, 1000)]
    assert list(room.room.members.values()) == [bert]
    assert room.relay.online == 1


async def test_a_leave_frees_the_place_of_its_address(layer: HeldLayer) -> None:
    """Who has left as often as the limit allows would never be let in again."""
    room = make_room(layer, dataclasses.replace(Conf(), max_per_address=1))
    anna, _ = join(room)
    assert room.door.refuse(VISITOR, 1) is not None
    room.room.leave(anna, 1000)
    assert room.door.refuse(VISITOR, 0) is None


async def test_one_who_leaves_before_its_own_connect_hears_nothing(room: Parts) -> None:
    """A connection that is gone would be written to."""
    anna, socket = join(room)
    bert, other = join(room)
    room.room.leave(anna, 1006)
    await until(lambda: len(told(other)) == 2)
    assert socket.written == []
    assert told(other) == [("connect", bert.id), ("disconnect", anna.id)]


async def test_a_bad_message_is_told_to_its_sender_alone(room: Parts) -> None:
    """A bad message would reach the room, or its sender not learn why it goes."""
    anna, anna_socket = join(room)
    _, bert_socket = join(room)
    receive(anna, "{}")
    receive(anna, '{"contents":"after"}')
    receive(anna, "{}")
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    [(code, error)] = anna_socket.closed
    assert code == protocol.BAD_MESSAGE
    assert error is not None
    actions = [json.loads(payload)["action"] for payload in payloads(error)]
    assert actions == ["connect", "error"], "nothing comes before a member's own connect"
    assert [action for action, _ in told(bert_socket)] == ["connect", "disconnect"]


async def test_a_binary_message_is_refused(room: Parts) -> None:
    """A binary message would be ignored in silence."""
    anna, socket = join(room)
    receive(anna, None)
    assert socket.closed[0][0] == protocol.UNSUPPORTED
    assert room.relay.online == 0


async def test_reading_pauses_above_the_mark_and_goes_on_below(room: Parts) -> None:
    """A flood would fill the server's memory, or a member never be heard again."""
    anna, anna_socket = join(room)
    bert, bert_socket = join(room)
    await until(lambda: bert_socket.written)
    long = json.dumps({"contents": "x" * 1500})
    receive(anna, long)
    receive(anna, long)
    assert anna_socket.pauses == 0
    receive(anna, long)
    receive(bert, '{"contents":"short"}')
    assert [socket.is_paused for socket in (anna_socket, bert_socket)] == [True, True]
    await until(lambda: not (anna_socket.is_paused or bert_socket.is_paused))
    await until(lambda: ("chat", "short") in told(anna_socket))
    assert not room.brake.is_full


async def test_one_who_leaves_while_paused_is_not_resumed(room: Parts, layer: HeldLayer) -> None:
    """Reading would be resumed on a socket that is gone."""
    anna, socket = join(room)
    await until(lambda: socket.written)
    layer.is_open = False
    receive(anna, json.dumps({"contents": "x" * 5000}))
    assert socket.is_paused
    room.room.leave(anna, 1006)
    layer.release()
    await until(lambda: not room.brake.is_full)
    assert socket.is_paused


async def test_a_slow_member_is_closed_and_announced_once(room: Parts) -> None:
    """A member that does not read would be cut off without a reason, or stay as a ghost."""
    anna, anna_socket = join(room)
    bert, bert_socket = join(room)
    await until(lambda: bert_socket.written and anna_socket.written)
    anna_socket.space = 0
    anna_socket.backlog = Conf().backlog_bytes + 1
    receive(bert, '{"contents":"hi"}')
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    receive(bert, '{"contents":"mark"}')
    await until(lambda: ("chat", "mark") in told(bert_socket))
    assert anna_socket.closed_slow == [protocol.TOO_SLOW]
    assert told(bert_socket).count(("disconnect", anna.id)) == 1


async def test_closing_closes_everybody(room: Parts) -> None:
    """Members would not learn that the server goes."""
    sockets = [join(room)[1] for _ in range(3)]
    room.closing.close(protocol.RESTART)
    assert [socket.closed for socket in sockets] == [[(protocol.RESTART, None)]] * 3
    assert room.relay.online == 0
    assert room.closing.is_closing


async def test_a_kick_goes_through_the_layer(room: Parts) -> None:
    """A kick would reach members of one process only."""
    anna, anna_socket = join(room)
    _, bert_socket = join(room)
    room.steering.kick(anna.id, protocol.KICKED, "be nice")
    room.steering.kick("nobody", protocol.KICKED, "never mind")
    await until(lambda: ("disconnect", anna.id) in told(bert_socket))
    [(code, error)] = anna_socket.closed
    assert code == protocol.KICKED
    assert error is not None
    assert b"be nice" in error


async def test_a_fault_in_an_order_or_an_unknown_one_does_not_stop_the_room(
    room: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    """One order that fails, or one of a newer version, would silence this process for good."""

    class Faulty(Listener):
        def ordered(self, kind: str, _payload: dict[str, Any]) -> bool:
            """Fail."""
            return kind == "fail" and 1 / 0 > 0

    anna, socket = join(room)
    room.listeners.append(Faulty())
    room.steering.order("fail")
    room.steering.order("from the future", some="thing")
    await until(lambda: room.arrivals.skipped_orders)
    receive(anna, '{"contents":"still here"}')
    await until(lambda: ("chat", "still here") in told(socket))
    assert "fail failed" in caplog.text


async def test_an_announcement_is_said_by_the_system(room: Parts) -> None:
    """Words of the operator would look like a member's."""
    _, socket = join(room)
    room.steering.announce("maintenance at noon")
    await until(lambda: ("chat", "maintenance at noon") in told(socket))
    last = list(payloads(socket.heard))[-1]
    assert json.loads(last)["sender"] == "system"


async def test_counts_what_a_member_says(room: Parts) -> None:
    """The operator's list of members would show nothing, or nonsense."""
    anna, _ = join(room)
    receive(anna, '{"contents":"hi"}')
    receive(anna, b'{"contents":"again"}')
    assert (anna.messages, anna.bytes) == (2, 17 + 20)
    assert anna.last_seen >= anna.joined_at


async def test_counts_what_members_get_and_gives_newcomers_their_history(layer: HeldLayer) -> None:
    """The metrics would tell of other messages than were sent, or newcomers hear no history."""
    room = make_room(layer, dataclasses.replace(Conf(), history=10))

    def deliver() -> int:
        batch = room.outbox.take()
        return room.room.deliver(batch["frames"], batch["count"], batch["joins"])

    anna, anna_socket = join(room)
    assert deliver() == 1
    for text in "ab":
        receive(anna, f'{{"contents":"{text}"}}')
    assert deliver() == 2
    bert_socket = FakeTransport()
    bert = add_member(room, bert_socket, Visitor(history=2))
    gone, _ = join(room)
    room.room.leave(gone, 1000)
    assert list(room.room._joining) == [bert.id]
    receive(anna, '{"contents":"c"}')
    assert deliver() == 4 + (4 + 2)
    await until(lambda: not room.fanout.pending_bytes)
    came, went = ("connect", gone.id), ("disconnect", gone.id)
    rest = [came, went, ("chat", "c")]
    assert told(bert_socket) == [("connect", bert.id), ("chat", "a"), ("chat", "b"), *rest]
    assert told(anna_socket)[3:] == [("connect", bert.id), *rest]


async def test_a_leave_of_one_s_own_has_no_reason(room: Parts) -> None:
    """The log would tell that somebody was put out who went by itself."""
    reasons: list[str] = []

    class Reasons(Listener):
        def left(self, _member: Member, _code: int, reason: str) -> None:
            """Remember it."""
            reasons.append(reason)

    room.listeners.append(Reasons())
    anna, _ = join(room)
    bert, _ = join(room)
    room.room.leave(anna, 1000)
    room.room.expel(bert, protocol.KICKED, "be nice")
    assert reasons == ["", "be nice"]


async def test_events_of_a_kind_that_is_not_known_are_counted(
    room: Parts, layer: HeldLayer
) -> None:
    """Nobody would notice that something else speaks in the room's group."""
    assert (room.relay.errors, room.relay.skipped) == (0, 0)
    anna, socket = join(room)
    for _ in range(2):
        await layer.group_send(ROOM, {"type": "from.the.future"})
    receive(anna, '{"contents":"still here"}')
    await until(lambda: ("chat", "still here") in told(socket))
    assert (room.relay.errors, room.relay.skipped) == (0, 2)
