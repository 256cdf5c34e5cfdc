from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from bench.cases import CASES
from bench.measured import Measured, summarize
from bench.report import show
from bench.rounds import Plan
from bench.servers import SERVERS
from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def told(module: str, *arguments: str, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.partition("error: ")[2] or done.stderr


@pytest.mark.parametrize("module", ["bench", "bench.faults", "bench.cluster"])
@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_rounds_are_from_one(module: str, number: str) -> None:
    """A table of nothing would look like a measurement, or a mistyped number like a crash."""
    expected = f"argument --rounds: got {number!r}, expected a number from 1\n"
    assert told(module, f"--rounds={number}") == (2, expected)


@pytest.mark.parametrize("option", ["--json", "--svg"])
def test_a_file_that_cannot_be_written_is_told_first(option: str) -> None:
    """Minutes would be measured and then lost."""
    code, text = told("bench", option, "/no/such/folder/file")
    assert code == 2
    assert (
        text == f"argument {option}: cannot write /no/such/folder/file: No such file or directory\n"
    )


@pytest.mark.parametrize("module", ["bench.faults", "bench.cluster"])
def test_a_redis_that_is_missing_is_told(module: str) -> None:
    """Who has none would see a traceback."""
    message = "redis-server is missing: script/install-for-tests installs it\n"
    assert told(module, PATH="/nowhere") == (1, message)


def test_a_peer_that_cannot_be_installed_is_told_first(tmp_path: Path) -> None:
    """All others would be measured before it showed that one column stays empty."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    script = (
        "import bench.bun, pathlib, sys, runpy;"
        f"bench.bun.INSTALLED = pathlib.Path({str(tmp_path)!r}, 'none');"
        "sys.argv[1:] = ['--server', 'bun']; runpy.run_module('bench', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines() == [
        "Bun publish: npm could not install @oven/bun-linux-x64: no network",
        "--server picks the others",
    ]


def test_what_failed_is_told_below_the_table() -> None:
    """A log of many lines in a cell would tear the table that is to be copied into the docs."""
    said = "Bun publish did not come up: a | b\nand more"
    key = ("chat-100", "bun")
    summaries = {key: summarize([Measured(None, note="fails", error=said)])}
    plan = Plan(CASES[:1], SERVERS[:2], 1, 1, 1)
    out = StringIO()
    show(plan, summaries, Console(file=out, width=80), as_markdown=True)
    lines = out.getvalue().splitlines()
    assert lines[2] == "| 100 members, 32 senders, 4 outstanding (deliveries/s) |  | fails |"
    assert f"chat-100, bun: {said}".splitlines() == lines[-3:-1]
