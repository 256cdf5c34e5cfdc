from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console

from bench import bun
from bench.__main__ import main as bench_main
from bench.cases import CASES
from bench.cluster import main as cluster_main
from bench.faults.__main__ import main as faults_main
from bench.measured import Measured, summarize
from bench.report import show
from bench.rounds import Plan
from bench.servers import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

Told = Callable[..., tuple[object, str]]


TOOLS: Final[dict[str, Callable[[], object]]] = {
    "bench": bench_main,
    "bench.faults": faults_main,
    "bench.cluster": cluster_main,
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Return what runs a tool that ends at once: its exit code, and the error that it tells."""

    def run(name: str, *arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        with pytest.raises(SystemExit) as ended:
            TOOLS[name]()
        text = capsys.readouterr().err
        return ended.value.code, text.partition("error: ")[2] or text

    return run


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_rounds_are_from_one(told: Told, name: str, number: str) -> None:
    """A table of nothing would look like a measurement, or a mistyped number like a crash."""
    expected = f"argument --rounds: got {number!r}, expected a number from 1\n"
    assert told(name, f"--rounds={number}") == (2, expected)


@pytest.mark.parametrize("option", ["--json", "--svg"])
def test_a_file_that_cannot_be_written_is_told_first(told: Told, option: str) -> None:
    """Minutes would be measured and then lost."""
    code, text = told("bench", option, "/no/such/folder/file")
    assert code == 2
    assert (
        text == f"argument {option}: cannot write /no/such/folder/file: No such file or directory\n"
    )


@pytest.mark.parametrize("name", ["bench.faults", "bench.cluster"])
def test_a_redis_that_is_missing_is_told(
    told: Told, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Who has none would see a traceback."""
    monkeypatch.setenv("PATH", "/nowhere")
    message = "redis-server is missing: script/install-for-tests installs it\n"
    assert told(name) == (1, message)


@pytest.mark.processes
def test_a_peer_that_cannot_be_installed_is_told_first(
    told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All others would be measured before it showed that one column stays empty."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bun, "INSTALLED", tmp_path / "none")
    code, text = told("bench", "--server", "bun")
    assert code == 1
    assert text.splitlines() == [
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
