"""What a developer adds to the consumer works alike, whoever keeps the member's socket."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

import pytest

from chat.consumers import ChatConsumer
from chat.room.background import run_in_background
from tests.fakes import until
from tests.in_process import Connection, LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

kinds = pytest.mark.parametrize("kind", [Connection, SocketConnection], ids=["channel", "socket"])


class Helper(ChatConsumer):
    """Carries out two commands of its members."""

    calls: ClassVar[list[str]] = []

    def chat(self, contents: str) -> None:
        """Answer, close, or fail; send everything else to the room."""
        self.calls.append(contents)
        if contents == "/where":
            answer = {"sender": "system", "action": "chat", "timestamp": 0}
            where = f"{self.scope['path']} from {self.scope['client'][0]}"
            run_in_background(self.send_json({**answer, "contents": where}))
        elif contents == "/quit":
            run_in_background(self.close(4000, "as you wish"))
        elif contents == "/fail":
            raise LookupError("a defect in a developer's code")
        else:
            super().chat(contents)


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    Helper.calls.clear()
    async with LocalRoom(monkeypatch, Helper) as local:
        yield local


@kinds
async def test_answers_one_member_alone(room: LocalRoom, kind: type[Connection]) -> None:
    """Developers could not answer a member, or everyone else would receive it."""
    anna, bert = await room.join_two(kind)
    await anna.chat("/where")
    assert await anna.receive() == ("system", "chat", "/ from 192.0.2.1")
    await anna.chat("to all")
    for connection in (anna, bert):
        assert await connection.receive() == (anna.id, "chat", "to all")


@kinds
async def test_closes_a_connection(room: LocalRoom, kind: type[Connection]) -> None:
    """Developers could not disconnect a member, or its leave would never be announced."""
    anna, bert = await room.join_two(kind)
    await anna.chat("/quit")
    assert await anna.receive_close() == []
    assert anna.code == 4000
    assert await bert.receive() == ("system", "disconnect", anna.id)
    assert room.leaves.seen == [(anna.id, 4000, "")]


@kinds
async def test_a_defect_ends_its_member_alone(room: LocalRoom, kind: type[Connection]) -> None:
    """One exception would leave a ghost in the room, or end everyone."""
    anna, bert = await room.join_two(kind)
    await anna.chat("/fail")
    assert await bert.receive() == ("system", "disconnect", anna.id)
    await bert.chat("still here")
    assert await bert.receive() == (bert.id, "chat", "still here")


@kinds
async def test_gets_nothing_of_a_member_that_is_out(
    room: LocalRoom, kind: type[Connection]
) -> None:
    """A filter or a log would take messages of members whom the room has closed."""
    anna = await room.join(kind)
    await anna.chat("good")
    await anna.send("bad")
    await anna.chat("late")
    await anna.receive_close()
    assert Helper.calls == ["good"]


class Guard(ChatConsumer):
    """Closes or fails as soon as a member has joined."""

    has_defect: ClassVar[bool] = False

    async def connect(self) -> None:
        """Join, then close or fail."""
        await super().connect()
        if self.scope["path"] == "/":
            if self.has_defect:
                raise LookupError("a defect in a developer's code")
            await self.close(4000)


@kinds
async def test_closing_in_connect_leaves(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection]
) -> None:
    """A member that a developer's code closes at once would stay as a ghost."""
    async with LocalRoom(monkeypatch, Guard) as room:
        anna = room.connection(kind)
        assert await anna.open()
        await anna.receive_close()
        assert anna.code == 4000
        await until(lambda: not room.members)
        assert [code for _, code, _ in room.leaves.seen] == [4000]


@kinds
async def test_failing_in_connect_leaves(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection], caplog: pytest.LogCaptureFixture
) -> None:
    """A member whose connect fails behind the join would stay as a ghost."""
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(Guard, "has_defect", True)
    async with LocalRoom(monkeypatch, Guard) as room:
        with pytest.raises(LookupError):
            await _connect(room.connection(kind))
        await until(lambda: not room.members)
        assert len(room.leaves.seen) == 1


async def _connect(connection: Connection) -> None:
    """Shake hands, and wait until the consumer has ended."""
    await connection.open()
    await connection.communicator.wait()
