"""Commands and bots of the docs, taken out of the files and run as they stand."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from django.core.management import get_commands

from tests.clients import Visitors
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from pathlib import Path

PAGES: Final = sorted(
    page for place in ("", "docs", "tests") for page in (ROOT / place).glob("*.md")
)
ADDRESS: Final = "127.0.0.1:8000"
_FOREIGN: Final = re.compile(r"(?:^|`|\$ )(?:python |manage\.py \w|daphne ).*", re.MULTILINE)
MANAGE: Final = re.compile(r"\./wschat manage (\w+)")


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_management_commands_exist() -> None:
    """Somebody who copies one would be told that it is unknown."""
    named = {name for page in PAGES for name in MANAGE.findall(page.read_text())} - {"COMMAND"}
    assert {"createsuperuser", "prune", "loadtest"} <= named
    assert named <= set(get_commands())


def test_no_command_needs_another_python() -> None:
    """`python manage.py` is not there on a plain Debian, nor has it the packages."""
    for page in PAGES:
        if page.name != "CHANGELOG.md":
            wrong = _FOREIGN.findall(page.read_text())
            assert wrong == [], page


def test_scripts_and_modules_exist() -> None:
    """Somebody who copies the call would be told that there is no such file."""
    for page in PAGES:
        text = page.read_text()
        for path in re.findall(r"(?:^|`)((?:script|bench)/[a-z-]+)(?= |`|$)", text, re.MULTILINE):
            assert (ROOT / path).exists(), (page, path)
        for module in re.findall(r"python3? -m ((?:bench|wschat_tools)[\w.]*)", text):
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def lines(page: Path) -> list[str]:
    """Return the commands of a page that run here: each line of its blocks of sh."""
    return [line for block in blocks(page, "sh") for line in block.splitlines()]


def test_every_block_says_where_it_runs() -> None:
    """A command that nobody ran would be found wrong by the first who copies it.

    `sh` is run as it stands, by tests/test_wschat.py. `root` changes a host: packages, services,
    accounts. A block without a name is a drawing, usage with placeholders, or a session as it was.
    """
    known = {"", "sh", "root", "ini", "json", "python", "js"}
    for page in PAGES:
        tags = re.findall(r"^```(.*)\n(?:.*\n)*?```$", page.read_text(), re.MULTILINE)
        assert set(tags) <= known, page
        assert "root" not in tags or page.parent.name == "docs", page


@pytest.mark.processes
def test_blocks_for_root_are_shell() -> None:
    """A quote that is left open would run half of it on somebody's host."""
    for page in PAGES:
        for block in blocks(page, "root"):
            done = subprocess.run(
                ["sh", "-n"], input=block, text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, (page, block, done.stderr)


async def test_python_bot(server: RunningServer) -> None:
    """The first thing that somebody tries would not work."""
    [bot] = blocks(ROOT / "README.md", "python")
    assert ADDRESS in bot
    async with Visitors(server) as visitors:
        anna = await visitors.join()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", bot.replace(ADDRESS, f"127.0.0.1:{server.port}")
        )
        try:
            [*_, joined] = await anna.hear_until(lambda message: message.action == "connect")
            assert joined.contents != anna.id
            anna.say("hi all")
            assert await anna.hear_chats(2) == [
                (anna.id, "hi all"),
                (joined.contents, f"hi, {anna.id[:4]}!"),
            ]
        finally:
            process.kill()
            await process.wait()
