from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, TOO_SLOW
from chat.transport import asgi as module
from chat.transport.asgi import AsgiTransport
from tests.fakes import until

if TYPE_CHECKING:
    import pytest


class Server:
    """The `send` of a server whose socket can be full or gone."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.space = asyncio.Event()
        self.space.set()
        self.is_gone = False

    async def send(self, event: dict[str, Any]) -> None:
        """Take one event when there is space."""
        await self.space.wait()
        if self.is_gone:
            raise OSError("the socket is gone")
        self.sent.append(event)

    @property
    def texts(self) -> list[str]:
        """What was sent as text."""
        return [event["text"] for event in self.sent if event["type"] == "websocket.send"]


async def test_sends_each_message_of_a_batch_by_itself() -> None:
    """On other servers than Daphne, members would get messages glued together."""
    server = Server()
    transport = AsgiTransport(server.send)
    transport.write(frame(b"one") + frame("zwölf".encode()))
    transport.write(frame(b"x" * 70000))
    await until(lambda: len(server.sent) == 3)
    assert server.texts == ["one", "zwölf", "x" * 70000]
    assert (transport.backlog, transport.taken) == (0, 3 + 6 + 70000)
    transport.abort()


async def test_knows_what_waits() -> None:
    """A member that does not read would never be found out."""
    server = Server()
    transport = AsgiTransport(server.send)
    server.space.clear()
    assert transport.write(frame(b"x" * 10)) == 10
    assert transport.write(frame(b"x" * 5)) == 15
    assert (transport.backlog, transport.taken) == (15, 0)
    server.space.set()
    await until(lambda: transport.taken == 15)
    assert transport.backlog == 0
    transport.abort()


async def test_closes_behind_what_waits_and_sends_nothing_more() -> None:
    """The reason of a close would be lost, or something come after it."""
    server = Server()
    transport = AsgiTransport(server.send)
    transport.write(frame(b"before"))
    transport.close(KICKED, frame(b"error"))
    transport.close(TOO_SLOW)
    assert transport.write(frame(b"after")) == 0
    await transport.finished()
    assert server.texts == ["before", "error"]
    assert server.sent[-1] == {"type": "websocket.close", "code": 4001, "reason": "kicked"}
    assert len(server.sent) == 3


async def test_a_slow_member_gets_the_close_alone() -> None:
    """What waits for a member that does not read would stay in memory."""
    server = Server()
    server.space.clear()
    transport = AsgiTransport(server.send)
    transport.write(frame(b"x" * 1000) * 100)
    await asyncio.sleep(0)
    transport.close_slow(TOO_SLOW)
    assert transport.backlog == 0
    server.space.set()
    await transport.finished()
    assert len(server.texts) <= 1
    assert server.sent[-1]["code"] == 4003


async def test_gives_a_slow_member_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that does not even take its close would hold memory for ever."""
    monkeypatch.setattr(module, "CLOSE_GRACE", 0.01)
    server = Server()
    server.space.clear()
    transport = AsgiTransport(server.send)
    transport.write(frame(b"x"))
    await asyncio.sleep(0)
    transport.close_slow(TOO_SLOW)
    await until(transport._writer.done)
    assert server.sent == []


async def test_a_socket_that_is_gone_ends_the_writing_quietly() -> None:
    """A fault in one connection would fill the log, or reach the room."""
    server = Server()
    server.is_gone = True
    transport = AsgiTransport(server.send)
    transport.write(frame(b"x"))
    await transport.finished()
    assert transport._writer.exception() is None


async def test_reading_waits_while_paused() -> None:
    """A member that floods would fill the memory on other servers than Daphne."""
    transport = AsgiTransport(Server().send)
    await transport.reading()
    transport.pause_reading()
    waiting = asyncio.create_task(transport.reading())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    transport.resume_reading()
    await waiting
    transport.pause_reading()
    transport.close(KICKED)
    await transport.reading()
    transport.abort()
