"""What members see when plain `daphne` stops; tests/transport has it with a real server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.protocol.messages import RESTART
from chat.serving import plain_daphne as module
from tests.in_process import LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch) as local:
        monkeypatch.setattr(module, "the_parts", lambda: local.parts)
        monkeypatch.setattr(module, "the_heartbeat", local.heartbeat)
        yield local


def stop() -> asyncio.Future[None]:
    """Do what Twisted does before it stops; return what it waits for."""
    done: asyncio.Future[None] = module._before_shutdown().asFuture(asyncio.get_running_loop())
    return done


async def test_closes_members_and_waits_until_they_have_answered(room: LocalRoom) -> None:
    """Members would see a lost connection, and not that the server will be back."""
    anna, bert = await room.join_two(SocketConnection)
    done = stop()
    assert room.members == []
    for connection in (anna, bert):
        assert not done.done()
        assert await connection.receive_close() == []
        assert connection.code == RESTART.code
    await asyncio.wait_for(done, 2)
    assert sorted(room.leaves.seen) == sorted(
        (connection.id, RESTART.code, RESTART.meaning) for connection in (anna, bert)
    )


async def test_nobody_joins_a_server_that_stops(room: LocalRoom) -> None:
    """A member that joins during the stop would lose its connection a moment later."""
    await stop()
    late = room.connection(SocketConnection)
    assert not await late.open()
    assert room.members == []


async def test_a_client_that_does_not_answer_keeps_no_server(
    room: LocalRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One client that is gone without a word would keep the server from stopping."""
    anna = await room.join(SocketConnection)
    monkeypatch.setattr(module, "STOP_SECONDS", 0.05)
    await asyncio.wait_for(stop(), 2)
    assert len(room.heartbeat) == 0
    assert await anna.receive_close() == []
    assert anna.code == RESTART.code


async def test_a_server_that_drains_its_members_itself_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`serve` would close everyone at once, and not evenly over some seconds."""
    triggers: list[Any] = []
    monkeypatch.setattr(module, "_triggers", triggers)
    triggers.append(module.reactor.addSystemEventTrigger("before", "shutdown", list))
    [trigger] = triggers
    for _ in range(2):
        module.leave_to_server()
    assert triggers == []
    with pytest.raises(ValueError, match="not in list"):
        module.reactor.removeSystemEventTrigger(trigger)
