"""The main features of the page in a real Firefox, driven by `firefox.js`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes
SCRIPT = Path(__file__).with_name("firefox.js")


class Firefox:
    """Firefox and the script that drives it; the process is that of the script."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self._process = process

    def play(self, step: str, url: str = "") -> None:
        """Take one of the script's steps; its error fails the test."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{step} {url}\n".encode())
        answer = self._process.stdout.readline()
        assert answer, f"{SCRIPT.name} ended with status {self._process.wait()}: see stderr"
        if error := json.loads(answer):
            pytest.fail(error, pytrace=False)


@pytest.fixture(scope="module")
def remembering() -> Iterator[RunningServer]:
    """Return a server that keeps a history, and that tests may stop and start."""
    with RunningServer(env={"WSCHAT_HISTORY": "20"}) as server:
        yield server


@pytest.fixture(scope="module")
def running() -> Iterator[Firefox]:
    """Return the one Firefox of this module: it takes seconds to start."""
    program = shutil.which("firefox-esr")
    assert program, "firefox-esr is not installed: run script/install-for-tests"
    # Firefox writes into both folders.
    with (
        tempfile.TemporaryDirectory(prefix="wschat-test-") as folder,
        subprocess.Popen(
            ["node", SCRIPT, program],
            bufsize=0,
            env={**os.environ, "HOME": folder, "TMPDIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process,
    ):
        yield Firefox(process)


@pytest.fixture
def firefox(running: Firefox) -> Iterator[Firefox]:
    """Return the Firefox without a page; in the end no page may have logged an error."""
    yield running
    running.play("close")


def test_two_people_talk(firefox: Firefox, remembering: RunningServer) -> None:
    """Firefox users could not chat."""
    firefox.play("talk", remembering.url)


def test_history_and_people(firefox: Firefox, remembering: RunningServer) -> None:
    """Firefox users would miss earlier messages and the list of people."""
    firefox.play("historyAndPeople", remembering.url)


def test_the_server_restarts(firefox: Firefox, remembering: RunningServer) -> None:
    """A restart would end the chat for Firefox users and lose what they wrote meanwhile."""
    firefox.play("joinBeforeRestart", remembering.url)
    remembering.stop()
    try:
        firefox.play("writeWithoutServer")
    finally:
        remembering.start()
    firefox.play("comeBack")


def test_keys_lead_through_the_log(firefox: Firefox, remembering: RunningServer) -> None:
    """Firefox users without a mouse could not read back."""
    firefox.play("keys", remembering.url)
