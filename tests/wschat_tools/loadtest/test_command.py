"""`manage.py loadtest`: every option, exit codes, Ctrl-C, and servers that are none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import run, run_in_terminal
from tests.peers import (
    BAD_SERVERS,
    OWN_CONNECT,
    in_thread,
    peer,
    say_nothing,
    server_frame,
    shake_hands,
)
from tests.servers import environment, free_port
from wschat_tools.conformance.command import main as conformance
from wschat_tools.load import joining
from wschat_tools.loadtest.command import main

if TYPE_CHECKING:
    import asyncio

    from tests.commands import Main
    from tests.servers import RunningServer

Capsys = pytest.CaptureFixture[str]


@pytest.mark.parametrize("start", [(), ("--same-start",)], ids=["at once", "same start"])
def test_everything_comes_back_from_our_server(
    server: RunningServer, capsys: Capsys, start: tuple[str, ...]
) -> None:
    """The family's own test of a server would fail with ours, or pass without looking."""
    options = ("-c", "20", "--mpc", "10", "--test", *start)
    ended = run(main, capsys, server.socket_url, *options)
    assert (ended.code, ended.err) == (0, "")
    assert "20 of 20 joined" in ended.out
    assert "200 sent" in ended.out
    assert "lost       0 of " in ended.out
    assert "order      the same for all" in ended.out
    assert "passed: everything that was sent came back" in ended.out
    assert "\x1b" not in ended.out
    for word in ("connect", "send", "delivery"):
        assert [line for line in ended.out.splitlines() if len(line.split()) == 9 and word in line]
    assert "delivery times of 200" in ended.out


@pytest.mark.parametrize(
    ("options", "deliveries"),
    [
        (("-c", "8", "--mpc", "5", "--senders", "2", "--same-start"), 80),
        (("-c", "8", "--rate", "100", "--duration", "0.5", "--senders", "3", "--size", "100"), 400),
        (("-c", "8", "--ramp", "100", "--mpc", "0"), 0),
    ],
    ids=["volley", "rate", "ramp"],
)
def test_json_has_every_figure(
    server: RunningServer, capsys: Capsys, tmp_path: Path, options: tuple[str, ...], deliveries: int
) -> None:
    """Programs would have to read what is made for people."""
    path = tmp_path / "figures.json"
    ended = run(main, capsys, server.socket_url, *options, "--json", str(path))
    assert ended.code == 0
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["connections"] == {"wanted": 8, "joined": 8, "present": 8}
    assert (figures["deliveries"], figures["expected"], figures["lost"]) == (
        deliveries,
        deliveries,
        0,
    )
    assert figures["passed"] is True
    assert figures["errors"] == {}
    assert list(figures["delivery_ms"]) == [
        *("min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max")
    ]
    assert sum(row["count"] for row in figures["histogram"]) == len(range(deliveries)) // (
        8 if "--mpc" in options else 1
    )


def test_a_closed_loop_goes_on_for_its_time(server: RunningServer, capsys: Capsys) -> None:
    """How much a server bears could not be measured."""
    ended = run(main, capsys, server.socket_url, "-c", "5", "--duration", "0.5", "--json", "-")
    figures = json.loads(ended.out)
    assert figures["lost"] == 0
    assert figures["messages"] > 20


def test_time_prints_seconds_and_nothing_else(server: RunningServer, capsys: Capsys) -> None:
    """Scripts of the family that time servers would read something else."""
    ended = run(main, capsys, server.socket_url, "--time", "-c", "3")
    assert ended.code == 0
    assert float(ended.out) > 0


@pytest.mark.processes
@pytest.mark.parametrize("name", ["go_like", "fastapi_like", "cpp_like", "rust_like"])
def test_works_against_the_family(name: str, capsys: Capsys) -> None:
    """Other servers of the family could not be measured, or would be called lossy."""
    with peer(name) as url:
        options = ("-c", "5", "--mpc", "20", "--ramp", "50", "--same-start", "--test")
        ended = run(main, capsys, url, *options)
    mixes = "senders' own chats changed places" in ended.out
    assert (ended.code, ended.err) == (int(mixes), ""), ended
    assert name == "go_like" or not mixes
    assert "lost       0 of " in ended.out
    assert "5 of 5 joined" in ended.out
    assert ("came back without a sender" in ended.out) == (name == "cpp_like")


async def drop_chats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let in, and swallow what is said."""
    await shake_hands(reader, writer)
    writer.write(server_frame(OWN_CONNECT))
    await reader.read()


async def fall_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let in, and die of the first chat."""
    await shake_hands(reader, writer)
    writer.write(server_frame(OWN_CONNECT))
    await reader.read(1)


async def refuse_words(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let in, and answer a chat with an error."""
    await shake_hands(reader, writer)
    writer.write(server_frame(OWN_CONNECT))
    await reader.read(1)
    error = b'{"sender":"system","action":"error","contents":"no","timestamp":1}'
    writer.write(server_frame(error) + b"\x88\x02\x03\xef")


def test_lost_chats_fail_a_test_and_nothing_else(capsys: Capsys) -> None:
    """A server that loses everything would pass."""
    with in_thread(drop_chats) as url:
        options = (url, "--mpc", "3", "--test-timeout", "0.5")
        plain, tested = run(main, capsys, *options), run(main, capsys, *options, "--test")
    assert plain.code == 0
    assert "lost       3 of 3 deliveries" in plain.out
    assert tested.code == 1
    assert "failed: 3 deliveries were lost, 1 connection did not get all" in tested.out


@pytest.mark.parametrize(
    ("serve", "kind"), [(fall_over, "lost"), (refuse_words, "closed with 1007")]
)
def test_a_server_that_dies_midway_is_told(capsys: Capsys, serve: object, kind: str) -> None:
    """A server that falls over would make the tool hang, or be called fast."""
    assert callable(serve)
    with in_thread(serve) as url:
        ended = run(main, capsys, url, "--duration", "20")
    assert ended.code == 1
    assert "errors on 1 connections" in ended.out
    assert kind in ended.out


@pytest.mark.parametrize("name", BAD_SERVERS)
def test_what_is_no_server_is_one_sentence(capsys: Capsys, name: str) -> None:
    """Somebody with a wrong address would see a traceback, or wait for ever."""
    with in_thread(BAD_SERVERS[name][0]) as url:
        ended = run(main, capsys, url, "-c", "3", "--test-timeout", "0.3")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(url)
    assert len(ended.err.splitlines()) == 1, ended.err


async def lead_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a server that has moved."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere.example/\r\n\r\n")


@pytest.mark.parametrize("tool", [main, conformance])
def test_a_redirect_tells_where_to(capsys: Capsys, tool: Main) -> None:
    """Somebody whose server has moved would have to ask it by other means."""
    with in_thread(lead_away) as url:
        ended = run(tool, capsys, url)
    assert ended.code == 1
    assert "302 Found" in ended.err
    assert "to 'ws://elsewhere.example/'" in ended.err


def test_a_plain_server_is_no_server_of_wss(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who mistook the scheme would wait for a minute."""
    monkeypatch.setattr(joining, "FIRST_TLS_SECONDS", 0.2)
    with in_thread(say_nothing) as url:
        ended = run(main, capsys, url.replace("ws:", "wss:"), "--insecure")
    assert ended.code == 1
    assert "got no TLS handshake (perhaps it is a server of ws://) in time" in ended.err


@pytest.mark.processes
@pytest.mark.parametrize("tool", ["conformance", "loadtest"])
def test_output_that_cannot_be_written_is_one_sentence(tool: str) -> None:
    """Somebody whose disk is full would see a traceback."""
    with in_thread(drop_chats) as url, Path("/dev/full").open("w") as full:
        options = ["--list"] if tool == "conformance" else ["--mpc", "0", url]
        command = [sys.executable, "-m", f"wschat_tools.{tool}", *options]
        ended = subprocess.run(
            command,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (
        1,
        "the output cannot be written: No space left on device\n",
    )


def test_no_such_server_is_one_sentence(capsys: Capsys) -> None:
    """Somebody whose server is down would see a traceback."""
    ended = run(main, capsys, f"ws://127.0.0.1:{free_port()}/")
    assert ended.code == 1
    assert ended.err.endswith("/: no connection: Connection refused\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "the address is missing"),
        (("127.0.0.1:80",), "expected ws://HOST:PORT/"),
        (("ws://me:secret@127.0.0.1:1",), "got a user in the address"),
        (("ws://127.0.0.1:1", "-c", "0"), "--connections: got 0, expected at least 1"),
        (("ws://127.0.0.1:1", "-c", "999999999"), "this system allows"),
        (("ws://127.0.0.1:1", "--mpc", "-1"), "--mpc: got -1"),
        (("ws://127.0.0.1:1", "--mpc", "1", "--duration", "1"), "--mpc: got --duration or --rate"),
        (("ws://127.0.0.1:1", "--rate", "0"), "--rate: got 0, expected more than 0"),
        (("ws://127.0.0.1:1", "--rate", "inf"), "got inf, expected more than 0, less than 1e+09"),
        (("ws://127.0.0.1:1", "--time", "--json", "-"), "got --json and --time, expected one"),
        (("ws://127.0.0.1:1", "--html", "-", "--json", "-"), "got --json and --html, expected one"),
        (("ws://127.0.0.1:1", "--duration", "nan"), "--duration: got nan"),
        (("ws://127.0.0.1:1", "--size", "15"), "--size: got 15, expected 16 to 60000 bytes"),
        (("ws://127.0.0.1:1", "--reconnect", "1"), "got no --duration"),
        (("ws://127.0.0.1:1", "--reconnect", "1", "--rate", "1"), "all members chat"),
        (("wss://127.0.0.1:1", "--ca", "/no/such/file"), "which holds no certificates"),
        (("ws://127.0.0.1:1", "--senders", "2"), "--senders: got 2, expected at most the 1"),
        (("ws://127.0.0.1:1", "--json", "/no/such/folder/x"), "cannot be written"),
    ],
)
def test_wrong_usage_is_exit_2(capsys: Capsys, arguments: tuple[str, ...], why: str) -> None:
    """Somebody who mistypes would see a traceback, or load a server in another way."""
    ended = run(main, capsys, *arguments)
    assert ended.code == 2
    assert why in ended.err


def test_in_a_terminal_there_is_a_progress_bar(server: RunningServer) -> None:
    """A person would not know whether anything happens."""
    options = ["-c", "5", "--duration", "1", "--test"]
    ended = run_in_terminal("loadtest", server.socket_url, *options)
    assert ended.code == 0
    assert "chatting" in ended.out
    assert "5 members" in ended.out
    assert "\x1b[1;32mpassed" in ended.out


def test_ctrl_c_prints_what_there_is(server: RunningServer) -> None:
    """A long run would have to be waited for, or be lost."""
    interrupted = False

    def interrupt(pid: int, text: str) -> None:
        nonlocal interrupted
        if "chatting" in text and not interrupted:
            interrupted = True
            os.kill(pid, signal.SIGINT)

    options = ["-c", "5", "--duration", "600"]
    ended = run_in_terminal("loadtest", server.socket_url, *options, meanwhile=interrupt)
    assert ended.code == 130
    assert "interrupted" in ended.out
    assert "5 of 5 joined" in ended.out
    assert "delivery times of" in ended.out


def test_ctrl_c_while_printing_is_no_traceback(
    server: RunningServer, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ends a run in its last moment would think that the tool is broken."""

    def tell(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wschat_tools.loadtest.command.tell", tell)
    ended = run(main, capsys, server.socket_url)
    assert (ended.code, ended.err) == (130, "")
