from __future__ import annotations

import re
import subprocess
import urllib.request

import pytest

from tests.clients import Visitors
from tests.servers import RunningServer, Way


class Reloading(RunningServer):
    """The development server, with autoreload as by default."""

    @property
    def command(self) -> list[str]:
        """The command line, without the option that the tests else need."""
        return [part for part in super().command if part != "--noreload"]


@pytest.mark.processes
async def test_serves_with_autoreload_too() -> None:
    """Somebody who develops could not use the default, or would see a page without its style.

    While debugging, style sheets are those of the source, not what was collected.
    """
    with Reloading(Way.RUNSERVER, env={"WSCHAT_DEBUG": "1"}) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            anna.say("hi")
            assert await anna.hear_chats(1) == [(anna.id, "hi")]
        sheets = sheets_of(server)
        assert len(sheets) > 3
        for sheet in sheets:
            assert server.get(f"/{sheet}") == 200


def sheets_of(server: RunningServer) -> list[str]:
    """Return the paths of the page's style sheets."""
    with urllib.request.urlopen(server.url) as answer:
        return re.findall(r'rel="stylesheet" href="([^"]+)"', answer.read().decode())


def test_uses_our_server() -> None:
    """The development server would cut off and stop in other ways than the real one."""
    from chat.management.commands.runserver import Command  # noqa: PLC0415 - installs the reactor
    from chat.serving.server import Server  # noqa: PLC0415

    assert Command.server_cls is Server


@pytest.mark.processes
def test_other_ways_refuse_settings_that_cannot_be_used() -> None:
    """A mistyped setting would be ignored where the server is not started by `serve`."""
    server = RunningServer(Way.UVICORN, env={"WSCHAT_BACKLOG_BYTES": "many"})
    server.port = 1
    ended = subprocess.run(
        server.command,
        env=server.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    server.__exit__()
    assert ended.returncode != 0
    assert "WSCHAT_BACKLOG_BYTES: got 'many'" in ended.stderr
