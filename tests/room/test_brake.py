from __future__ import annotations

from types import SimpleNamespace

from chat.room.brake import Brake
from chat.room.outbox import Outbox
from tests.fakes import fake_member


def test_all_that_waits_is_counted() -> None:
    """The bound that an operator sets would hold for a part of the memory only."""
    outbox, fanout = Outbox(), SimpleNamespace(pending_bytes=0)
    brake = Brake(outbox, fanout, 10)  # type: ignore[arg-type]
    outbox.add(b"123")
    outbox.take()
    outbox.add(b"4567")
    fanout.pending_bytes = 3
    assert (brake.waiting, brake.is_full, brake.is_behind) == (10, False, False)
    fanout.pending_bytes = 4
    assert (brake.waiting, brake.is_full, brake.is_behind) == (11, True, False)
    fanout.pending_bytes = 10
    assert not brake.is_behind
    fanout.pending_bytes = 11
    assert brake.is_behind


def test_who_is_held_is_read_from_again_once_there_is_space() -> None:
    """Somebody would be silenced for good, or read from while the memory is full."""
    outbox = Outbox()
    brake = Brake(outbox, SimpleNamespace(pending_bytes=0), 10)  # type: ignore[arg-type]
    (anna, anna_socket), (bert, bert_socket) = fake_member(), fake_member()
    outbox.add(b"x" * 11)
    for member in (anna, anna, bert):
        brake.hold(member)
    assert (len(brake), anna.pauses, anna_socket.is_paused) == (2, 1, True)
    brake.release()
    assert (len(brake), anna_socket.is_paused) == (2, True)
    brake.forget(bert)
    brake.forget(bert)
    outbox.clear()
    brake.release()
    assert (len(brake), anna.pauses, bert.pauses) == (0, 0, 1)
    assert (anna_socket.is_paused, bert_socket.is_paused) == (False, True)
    brake.release()
    assert anna.pauses == 0
