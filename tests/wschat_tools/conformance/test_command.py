"""`manage.py conformance`: tables, JSON, exit codes, and servers that are none."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.commands import run, run_in_terminal
from tests.peers import BAD_SERVERS, LET_NOBODY_IN, in_thread, join_in_silence, peer
from tests.servers import free_port
from wschat_tools.conformance import CHECKS
from wschat_tools.conformance.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import RunningServer

pytestmark = pytest.mark.processes
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
    ended = run(main, capsys, server.socket_url)
    assert (ended.code, ended.err) == (0, "")
    *lines, summary = ended.out.splitlines()
    assert lines == [f"pass    {name}" for name in CHECKS]
    assert summary == f"{len(CHECKS)} pass"


def test_a_broken_must_is_exit_1_and_told(go_like: str, capsys: Capsys) -> None:
    """A script would take a server for good that is not, or a person not learn what is wrong."""
    names = only("known-actions", "own-connect-first", "timestamp-seconds")
    ended = run(main, capsys, go_like, *names)
    assert ended.code == 1
    assert "\x1b" not in ended.out
    assert ended.out.splitlines()[0] == "pass    own-connect-first"
    assert (
        "fail    known-actions: expected the actions connect, chat, disconnect, "
        "got connect, chat, discconnect" in ended.out
    )
    assert ended.out.splitlines()[-1] == "1 pass, 1 differs, 1 fail"


def test_a_known_difference_alone_is_exit_0(go_like: str, capsys: Capsys) -> None:
    """No other server of the family could ever be called good."""
    ended = run(main, capsys, go_like, *only("timestamp-seconds"))
    assert ended.code == 0
    assert ended.out.startswith("differs timestamp-seconds: expected seconds since 1970, got nano")


def test_json(go_like: str, capsys: Capsys) -> None:
    """Programs would have to read a table made for people."""
    ended = run(main, capsys, go_like, "--json", *only("known-actions", "spoofed-sender"))
    document = json.loads(ended.out)
    assert ended.code == 1
    assert (document["interrupted"], document["passed"]) == (False, False)
    assert document["address"] == go_like
    assert document["seconds"] >= sum(check["seconds"] for check in document["checks"])
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
    ended = run(main, capsys, "--list")
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
    ended = run(main, capsys, *arguments)
    assert ended.code == 2
    assert why in ended.err


@pytest.mark.parametrize("name", BAD_SERVERS.keys() - LET_NOBODY_IN)
def test_what_is_no_server_is_one_sentence(capsys: Capsys, name: str) -> None:
    """Somebody with a wrong address would see a traceback, or wait for a hundred time-outs."""
    with in_thread(BAD_SERVERS[name][0]) as url:
        ended = run(main, capsys, url, "--timeout", "0.3")
    assert (ended.code, ended.out) == (1, "")
    assert url in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_server_that_lets_nobody_in_is_one_finding(capsys: Capsys, tmp_path: Path) -> None:
    """Programs that read the report would find none."""
    path = tmp_path / "report.json"
    with in_thread(join_in_silence) as url:
        ended = run(main, capsys, url, "--timeout", "0.3", "--failed", "--json", str(path))
    assert ended.code == 1
    assert ended.out.startswith("fail    own-connect-first: ")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["counts"] == {"fail": 1, "skipped": len(CHECKS) - 1}
    assert report["explains_most"] == ["own-connect-first"]


def test_no_server_leaves_no_file(capsys: Capsys, tmp_path: Path) -> None:
    """A program that waits for a report would read an empty one."""
    path = tmp_path / "report.json"
    ended = run(main, capsys, f"ws://127.0.0.1:{free_port()}/", "--json", str(path))
    assert ended.code == 1
    assert not path.exists()


def test_no_such_server_is_one_sentence(capsys: Capsys) -> None:
    """Somebody whose server is down would see a traceback."""
    ended = run(main, capsys, f"ws://127.0.0.1:{free_port()}/")
    assert ended.code == 1
    assert ended.err.endswith("/: no connection: Connection refused\n")
    ended = run(main, capsys, "ws://host.invalid:80/")
    assert ended.code == 1
    assert "does not resolve" in ended.err


@pytest.mark.parametrize("columns", [40, 140])
def test_in_a_terminal_lines_have_colours_and_lose_no_text(go_like: str, columns: int) -> None:
    """A person would search for what fails, or not be told all of it."""
    names = only("known-actions", "spoofed-sender", "takes-timestamp-of-400-digits-as-text")
    ended = run_in_terminal("conformance", go_like, *names, columns=columns)
    assert ended.code == 1
    assert "\x1b[1;31mfail" in ended.out
    assert "\x1b[32mpass" in ended.out
    lines = [plain(line).rstrip() for line in ended.out.splitlines()]
    assert all(len(line) <= columns for line in lines)
    whole = "".join(line.strip() for line in lines).replace(" ", "")
    assert "expectedtheactionsconnect,chat,disconnect,gotconnect,chat,discconnect" in whole
    assert "takes-timestamp-of-400-digits-as-text" in whole


def test_ctrl_c_prints_what_there_is(go_like: str) -> None:
    """Somebody who has seen enough would have to wait for the end, or lose what was found."""
    interrupted = False

    def interrupt(pid: int, text: str) -> None:
        nonlocal interrupted
        if "known-actions" in text and not interrupted:
            interrupted = True
            os.kill(pid, signal.SIGINT)

    ended = run_in_terminal("conformance", go_like, meanwhile=interrupt)
    assert ended.code == 130
    assert "what explains most" in ended.out
    assert "not run" in ended.out.splitlines()[-1]


def test_failed_shows_what_does_not_pass(go_like: str, capsys: Capsys) -> None:
    """Somebody who mends a server would search for what is wrong among what is right."""
    ended = run(main, capsys, go_like, "--failed", *only("known-actions", "spoofed-sender"))
    assert ended.out.startswith("fail    known-actions: ")
    assert "pass    " not in ended.out


def test_reports_for_an_issue(go_like: str, capsys: Capsys, tmp_path: Path) -> None:
    """Whoever finds something would have to write the issue of the other project by hand."""
    page = tmp_path / "report.html"
    names = only("known-actions", "exact-form")
    ended = run(main, capsys, go_like, *names, "--markdown", "-", "--html", str(page))
    assert ended.code == 1
    for text in (ended.out, page.read_text(encoding="utf-8")):
        assert "known-actions" in text
        assert "the actions connect, chat, disconnect" in text
        assert "connect, chat, discconnect" in text
        assert "One of 4 possible strings" in text
        assert "exact-form" not in text
    assert ended.out.startswith("# wschat conformance of `ws://127.0.0.1:")


def test_json_before_the_address_is_no_file(
    go_like: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An address would be taken for the name of a file to write to."""
    monkeypatch.chdir(tmp_path)
    ended = run(main, capsys, "--json", go_like, *only("exact-form"))
    assert json.loads(ended.out)["counts"] == {"pass": 1}
    assert not list(tmp_path.iterdir())


def plain(line: str) -> str:
    """Return a line without colours."""
    parts = line.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])
