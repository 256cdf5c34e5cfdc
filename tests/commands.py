"""The tools' commands as a shell runs them: in this process, or in a terminal of their own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    Main = Callable[[Sequence[str], str], int]

RUN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and the code it ended with."""

    code: int
    out: str
    err: str = ""


def run(main: Main, capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run a tool as from the command line, with its output to pipes."""
    capsys.readouterr()
    try:
        code = main(arguments, "tool")
    except SystemExit as end:
        code = int(end.code or 0)
    printed = capsys.readouterr()
    return Ended(code, printed.out, printed.err)


def run_python(*arguments: str, **variables: str) -> Ended:
    """Run Python in the project's folder; these variables are its only settings."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment(), **variables},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def run_in_terminal(
    tool: str,
    *arguments: str,
    columns: int = 100,
    meanwhile: Callable[[int, str], None] = lambda _pid, _text: None,
) -> Ended:
    """Run a tool in a terminal; `meanwhile` is given its process id and what it printed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    dropped = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
    kept = {name: value for name, value in environment().items() if name not in dropped}
    process = subprocess.Popen(
        [sys.executable, "-m", f"wschat_tools.{tool}", *arguments],
        cwd=ROOT,
        env={**kept, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    text = ""
    deadline = time.monotonic() + RUN_SECONDS
    try:
        while time.monotonic() < deadline:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how a terminal ends on Linux
                break
            if not data:
                break
            text += data.decode("utf-8", "replace")
            meanwhile(process.pid, text)
        return Ended(process.wait(RUN_SECONDS), text)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
