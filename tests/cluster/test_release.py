"""The last release beside this one, as while a site is updated host by host."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tarfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.clients import Visitors
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.faults.redis import RunningRedis

# Release 1.0.0.
RELEASE = "5607199281a10e857a84c5eb0e97b5e25cf2d4f8"


class ReleasedServer(RunningServer):
    """A server of the release that lies in a folder, with what it needs in `packages` there."""

    def __init__(self, release: Path, env: Mapping[str, str]) -> None:
        own = {"WSCHAT_VAR": str(release / "var"), "PYTHONPATH": str(release / "packages")}
        super().__init__(env={**env, **own})
        self._release = release

    @property
    def command(self) -> list[str]:
        """The command line."""
        _, _, *arguments = super().command
        return [sys.executable, str(self._release / "manage.py"), *arguments]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Unpack the release from the repository's history."""
    packed = tmp_path / "release.tar"
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "-o", str(packed), RELEASE],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"the last release is not in this repository's history: {made.stderr.strip()}")
    folder = tmp_path / "release"
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    install_what_is_not_here(folder)
    return folder


def install_what_is_not_here(folder: Path) -> None:
    """Install into `packages` what the release has and this one has not, or not in that version."""
    wanted, here = (
        {line for line in path.read_text().splitlines() if "==" in line}
        for path in (folder / "requirements.txt", ROOT / "requirements.txt")
    )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    target = ["--no-deps", "--target", str(folder / "packages")]
    subprocess.run([*pip, *target, *(wanted - here)], check=True)


async def test_a_site_is_updated_while_people_talk(release: Path, redis: RunningRedis) -> None:
    """An update would cost people messages, put them in two rooms, or leave ghosts behind."""
    env = {"WSCHAT_REDIS_URL": redis.url}
    old, new = ReleasedServer(release, env), RunningServer(env=env)
    with ExitStack() as servers:
        enter = servers.enter_context
        await asyncio.gather(*(asyncio.to_thread(enter, server) for server in (old, new)))
        async with Visitors(old) as before, Visitors(new) as after:
            clients = [await before.join(), await before.join(), await after.join()]
            for client in clients[:2]:
                await client.hear_until(lambda message: message.contents == clients[2].id)
            for number in range(30):
                clients[number % 3].say(f"{number % 3}:{number}")
            heard = [await client.hear_chats(30) for client in clients]
            assert heard[0] == heard[1] == heard[2]
            for number in range(3):
                own = [text for _, text in heard[0] if text.startswith(f"{number}:")]
                assert own == [f"{number}:{said}" for said in range(number, 30, 3)]
            await asyncio.to_thread(old.stop)
            assert [(await client.hear_end())[1] for client in clients[:2]] == [1012, 1012]
            left = [await clients[2].hear(10) for _ in range(2)]
            assert {message.contents for message in left} == {c.id for c in clients[:2]}
            back = await after.join()
            await clients[2].hear_until(lambda message: message.contents == back.id)
            clients[2].say("all of this release")
            assert [text for _, text in await back.hear_chats(1)] == ["all of this release"]
            assert "Traceback" not in old.log + new.log
