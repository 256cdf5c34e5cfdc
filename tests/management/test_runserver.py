from __future__ import annotations

import subprocess

import pytest

from tests.clients import Visitors
from tests.servers import RunningServer, Way


class Reloading(RunningServer):
    """The development server, with autoreload as by default."""

    @property
    def command(self) -> list[str]:
        """The command line, without the option that the tests else need."""
        return [part for part in super().command if part != "--noreload"]


async def test_serves_with_autoreload_too() -> None:
    """Somebody who develops could not use the default."""
    with Reloading(Way.RUNSERVER) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            anna.say("hi")
            assert await anna.hear_chats(1) == [(anna.id, "hi")]


def test_uses_our_server() -> None:
    """The development server would cut off and stop in other ways than the real one."""
    from chat.management.commands.runserver import Command  # noqa: PLC0415 - installs the reactor
    from chat.serving.server import Server  # noqa: PLC0415

    assert Command.server_cls is Server


@pytest.mark.parametrize("way", [Way.DAPHNE, Way.UVICORN])
def test_other_ways_refuse_settings_that_cannot_be_used(way: Way) -> None:
    """A mistyped setting would be ignored where the server is not started by `serve`."""
    server = RunningServer(way, env={"WSCHAT_BACKLOG_BYTES": "many"})
    server.port = 1
    ended = subprocess.run(
        server.command,
        env=server.env,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    server.kill()
    server._folder.cleanup()
    assert ended.returncode != 0
    assert "WSCHAT_BACKLOG_BYTES: got 'many'" in ended.stderr
