"""`manage.py conformance`: tables, JSON, exit codes, and servers that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chat.conformance import CHECKS
from chat.management.commands.conformance import Command
from tests.commands import run, run_in_terminal
from tests.peers import BAD_SERVERS, in_thread, peer
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import RunningServer

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def go_like() -> Iterator[str]:
    with peer("go_like") as url:
        yield url


def only(*names: str) -> list[str]:
    """Return the arguments that ask for some checks."""
    return [word for name in names for word in ("--only", name)]


def test_our_server_passes_every_check(server: RunningServer, capsys: Capsys) -> None:
    """Whoever checks our server with our own tool would find it wanting."""
    ended = run(Command(), capsys, server.socket_url)
    assert (ended.code, ended.err) == (0, "")
    *lines, summary = ended.out.splitlines()
    assert lines == [f"pass    {name}" for name in CHECKS]
    assert summary == f"{len(CHECKS)} pass"


def test_a_broken_must_is_exit_1_and_told(go_like: str, capsys: Capsys) -> None:
    """A script would take a server for good that is not, or a person not learn what is wrong."""
    names = only("known-actions", "own-connect-first", "timestamp-seconds")
    ended = run(Command(), capsys, go_like, *names)
    assert ended.code == 1
    assert "\x1b" not in ended.out
    assert ended.out.splitlines()[0] == "pass    own-connect-first"
    assert (
        "fail    known-actions: expected the actions connect, chat, disconnect, "
        "got connect, chat, discconnect" in ended.out
    )
    assert "1 pass, 1 differs, 1 fail" in ended.out


def test_a_known_difference_alone_is_exit_0(go_like: str, capsys: Capsys) -> None:
    """No other server of the family could ever be called good."""
    ended = run(Command(), capsys, go_like, *only("timestamp-seconds"))
    assert ended.code == 0
    assert ended.out.startswith("differs timestamp-seconds: expected seconds since 1970, got nano")


def test_json(go_like: str, capsys: Capsys) -> None:
    """Programs would have to read a table made for people."""
    ended = run(Command(), capsys, go_like, "--json", *only("known-actions", "spoofed-sender"))
    document = json.loads(ended.out)
    assert ended.code == 1
    assert document["passed"] is False
    assert document["counts"] == {"fail": 1, "pass": 1}
    actions, spoofed = document["checks"]
    assert (actions["name"], actions["level"], actions["status"]) == (
        "known-actions",
        "must",
        "fail",
    )
    assert actions["got"] == "connect, chat, discconnect"
    assert (spoofed["status"], spoofed["got"]) == ("pass", "")


def test_the_list_needs_no_server(capsys: Capsys) -> None:
    """Somebody who wants to know what is checked would have to check something."""
    ended = run(Command(), capsys, "--list")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == list(CHECKS)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "the address is missing"),
        (("127.0.0.1:80",), "got '127.0.0.1:80', expected ws://HOST:PORT/"),
        (("http://127.0.0.1/",), "expected ws://HOST:PORT/"),
        (("ws://127.0.0.1:1/", "--only", "known-action"), "did you mean known-actions?"),
        (("ws://127.0.0.1:1/", "--only", "zzz"), "see --list"),
        (("ws://127.0.0.1:1/", "--timeout", "0"), "expected more than 0"),
        (("ws://127.0.0.1:1/", "--timeout", "nan"), "expected more than 0"),
        (("ws://127.0.0.1:1/", "--timeout", "soon"), "invalid float"),
        (("ws://127.0.0.1:1/", "--nonsense"), "unrecognized"),
    ],
)
def test_wrong_usage_is_exit_2(capsys: Capsys, arguments: tuple[str, ...], why: str) -> None:
    """Somebody who mistypes would see a traceback, or something else being checked."""
    ended = run(Command(), capsys, *arguments)
    assert ended.code == 2
    assert why in ended.err


@pytest.mark.parametrize("name", BAD_SERVERS)
def test_what_is_no_server_is_one_sentence(capsys: Capsys, name: str) -> None:
    """Somebody with a wrong address would see a traceback, or wait for a hundred time-outs."""
    with in_thread(BAD_SERVERS[name][0]) as url:
        ended = run(Command(), capsys, url, "--timeout", "0.3")
    assert (ended.code, ended.out) == (1, "")
    assert url in ended.err
    assert len(ended.err.splitlines()) == 1


def test_no_such_server_is_one_sentence(capsys: Capsys) -> None:
    """Somebody whose server is down would see a traceback."""
    ended = run(Command(), capsys, f"ws://127.0.0.1:{free_port()}/")
    assert ended.code == 1
    assert "no connection: " in ended.err
    ended = run(Command(), capsys, "ws://host.invalid:80/")
    assert ended.code == 1
    assert "does not resolve" in ended.err


@pytest.mark.parametrize("columns", [60, 140])
def test_in_a_terminal_the_table_has_colours_and_fits(
    go_like: str, tmp_path: Path, columns: int
) -> None:
    """A person would search for what fails, in lines broken by the terminal."""
    names = only("known-actions", "spoofed-sender")
    ended = run_in_terminal(["conformance", go_like, *names], tmp_path, columns=columns)
    assert ended.code == 1
    assert "\x1b[1;31mfail" in ended.out
    assert "\x1b[32mpass" in ended.out
    table = ended.out[ended.out.rindex("check ") :]
    assert all(len(plain(line)) <= columns for line in table.splitlines())


def plain(line: str) -> str:
    """Return a line without colours."""
    parts = line.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])
