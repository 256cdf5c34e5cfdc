"""The drawing of the house is the house, and its rooms are not overfull."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import Final

import pytest

from tests.servers import ROOT

DRAWN_IN_FULL: Final = ("", "chat", "wschat_tools", "bench", "docs")
MOST_LINES: Final = 200
# Longer than others, each for a reason.
LONG: Final = {
    "chat/cluster/reader.py": "the one loop that closes gaps: its states are read together",
    "bench/simulation/keyspace.py": "a method of a few lines for each command",
    "chat/transport/member_socket.py": "one connection: its states are read together",
}


@cache
def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]


def drawn() -> set[str]:
    """Return the folders of the drawing."""
    text = (ROOT / "docs" / "architecture.md").read_text().partition("## The house\n")[2]
    folders: set[str] = set()
    top = ""
    for line in text.split("```")[1].splitlines():
        match = re.match(r"( *)(\w+)/", line)
        if match is None:
            continue
        top = top if match[1] else match[2]
        folders.add(f"{top}/{match[2]}" if match[1] else top)
    return folders


@pytest.mark.processes
def test_the_drawing_shows_every_folder() -> None:
    """Somebody new would look for a room that is gone, or not find one that is there."""
    folders = {path.rpartition("/")[0] for path in tracked()}
    folders |= {"/".join(path.split("/")[:2]) for path in folders if "/" in path}
    there = {
        path
        for path in folders
        if path and path.rpartition("/")[0] in DRAWN_IN_FULL and not path.startswith(".")
    } | {path.partition("/")[0] for path in folders if path and not path.startswith(".")}
    assert drawn() == there


def test_floors_are_those_of_the_contract() -> None:
    """The drawing would show floors that nothing holds."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    shown = {
        name: int(floor)
        for name, floor in re.findall(r"^  (\w+)/ .* floor (\d)$", text, re.MULTILINE)
    }
    contract = (ROOT / "pyproject.toml").read_text().partition("layers = [")[2].partition("]")[0]
    rows = [re.findall(r"\w+", row) for row in contract.splitlines()]
    folders = [[name for name in row if (ROOT / "chat" / name).is_dir()] for row in rows]
    held = [row for row in folders if row]
    assert sorted(name for row in held for name in row) == sorted(shown)
    floors = [{shown[name] for name in row} for row in held]
    assert floors == [{number} for number in reversed(range(len(held)))]


@pytest.mark.processes
def test_files_named_in_the_text_exist() -> None:
    """Somebody who follows the way of a message would end in a file that is gone."""
    files = tracked()
    for name in ("docs/architecture.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text))
        lost = {path for path in named if not any(_is(path, file) for file in files)}
        assert lost == set(), name


def _is(path: str, file: str) -> bool:
    return f"/{path}" in f"/{file}" if path.endswith("/") else f"/{file}".endswith(f"/{path}")


@pytest.mark.processes
def test_no_file_is_too_long() -> None:
    """A reader would not see a file whole."""
    long = {
        path
        for path in tracked()
        if re.match(r"(chat|wschat_tools|wschat_project|bench)/(?!migrations/).*\.(py|js)$", path)
        and len((ROOT / path).read_text().splitlines()) > MOST_LINES
    }
    assert long == LONG.keys()
