from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chat.serving.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import RunningServer


def test_the_server_runs_on_the_fast_loop(server: RunningServer) -> None:
    """A small room would be carried a sixth slower, and nobody would know why."""
    maps = Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
    assert "/uvloop/" in maps
    assert server.get("/livez") == 200


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Make a loop that nobody runs yet."""
    made = Loop()
    yield made
    made.close()


@pytest.mark.parametrize("is_again_for_reading", [True, False])
def test_a_socket_that_was_reset_can_be_watched_again(
    loop: Loop, is_again_for_reading: bool
) -> None:
    """Whoever leaves in the middle of a sentence would end the room for everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        member, _ = server.accept()
    with member:
        client.send(b"last words")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        heard: asyncio.Queue[str] = asyncio.Queue()

        def read() -> None:
            try:
                heard.put_nowait(member.recv(5).decode())
            except ConnectionResetError:
                heard.put_nowait("the end")
                loop.remove_reader(member)

        async def hear() -> str:
            return await asyncio.wait_for(heard.get(), 30)

        loop.add_reader(member, read)
        assert loop.run_until_complete(hear()) == "last "
        if is_again_for_reading:
            loop.add_reader(member, read)
            assert loop.run_until_complete(hear()) == "words"
            loop.add_reader(member, read)
            assert loop.run_until_complete(hear()) == "the end"
        else:
            loop.add_writer(member, lambda: heard.put_nowait("may write"))
            assert loop.run_until_complete(hear()) == "may write"
            loop.remove_writer(member)
