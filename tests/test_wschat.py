"""`./wschat`, in a copy of the repository whose Python only pretends to install."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Stands in for the virtual environment's Python: notes what it is asked, installs nothing.
PYTHON = """#!/bin/sh
echo "$@" >> {calls}
case "$*" in
*"pip install"*) exit {code} ;;
esac
exec {python} "$@"
"""


class Clone:
    """A fresh clone, with a virtual environment that the tests watch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.python = folder / ".venv" / "bin" / "python"
        for name in ("chat", "wschat_project", "templates"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("wschat", "manage.py", "requirements.txt"):
            shutil.copy(ROOT / name, folder / name)
        self.python.parent.mkdir(parents=True)
        self.install_exits_with(0)

    def install_exits_with(self, code: int) -> None:
        """Let the next installs end like this."""
        text = PYTHON.format(calls=self.calls, code=code, python=sys.executable)
        self.python.write_text(text)
        self.python.chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `./wschat`, in another folder than its own."""
        env = {name: text for name, text in os.environ.items() if not name.startswith("WSCHAT_")}
        return subprocess.Popen(
            [self.folder / "wschat", *arguments],
            cwd="/",
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run it to its end; return the exit code and what it printed."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=30)
            return process.returncode, out, err

    @property
    def installs(self) -> int:
        """How often something was installed."""
        return self.calls.read_text().count("pip install") if self.calls.exists() else 0


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Make a fresh clone."""
    return Clone(tmp_path)


def _serves(clone: Clone) -> str:
    """Start on any port, read what is printed until it serves, and stop it."""
    with clone.start("127.0.0.1:0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.terminate()
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "Traceback" not in err
    return "".join(lines)


def test_installs_once_and_serves(clone: Clone) -> None:
    """Every start would install again, or the first one not serve."""
    printed = _serves(clone)
    assert re.fullmatch(
        r"page    http://127\.0\.0\.1:(\d+)/\nsocket  ws://127\.0\.0\.1:\1/\n", printed
    )
    assert clone.installs == 1
    assert (clone.folder / "var" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (clone.folder / "var" / "wschat.sqlite3").exists()
    started = time.monotonic()
    _serves(clone)
    assert clone.installs == 1
    assert time.monotonic() - started < 15  # about two seconds on a machine of one's own


def test_installs_again_when_the_requirements_change(clone: Clone) -> None:
    """After an update the server would run with what the old version wanted."""
    _serves(clone)
    with (clone.folder / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    _serves(clone)
    assert clone.installs == 2
    digest = hashlib.sha256((clone.folder / "requirements.txt").read_bytes()).hexdigest()
    assert digest in (clone.folder / ".venv" / "wschat.stamp").read_text()


def test_an_install_that_fails_is_told_and_tried_again(clone: Clone) -> None:
    """A lost network at the first start would leave a clone that never works, and no reason."""
    clone.install_exits_with(1)
    code, _, err = clone.run("127.0.0.1:0")
    assert code == 1
    assert "cannot set up" in err
    assert "Traceback" not in err
    clone.install_exits_with(0)
    _serves(clone)
    assert clone.installs == 2


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("127.0.0.1:0", "127.0.0.1:1"),
        ("127.0.0.1",),
        ("127.0.0.1:65536",),
        ("127.0.0.1:http",),
        ("host.invalid:80",),
        ("--no-such-option",),
        ("",),
    ],
)
def test_a_wrong_argument_is_told_before_anything_is_installed(
    clone: Clone, arguments: tuple[str, ...]
) -> None:
    """Somebody who mistypes would wait for an install, or see a traceback."""
    code, out, err = clone.run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: wschat")
    assert "Traceback" not in err
    assert not clone.calls.exists()


def test_help_explains(clone: Clone) -> None:
    """Nobody could find out what the argument is."""
    code, out, _ = clone.run("--help")
    assert code == 0
    for form in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", ":8000"):
        assert form in " ".join(out.split())
    assert not clone.calls.exists()


def test_a_taken_port_is_one_line(clone: Clone) -> None:
    """Somebody who starts it twice would see a traceback."""
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, out, err = clone.run(address)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"cannot listen on {address}: Address already in use"
    assert "Traceback" not in err
