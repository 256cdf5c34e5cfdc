"""`./wschat`, in clones that are set up for real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from django.db import OperationalError, ProgrammingError

from chat import VERSION
from chat.serving.arguments import read_arguments
from tests.clones import Clone
from tests.servers import ROOT, free_port
from tests.test_docs_commands import PAGES, lines
from wschat_project.__main__ import manage

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def first_starts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, list[str]]:
    """Kill the first start half-way, then start two at once; return what those two said."""
    clone = Clone.make(tmp_path_factory.mktemp("clone"))
    clone.begin_and_kill()
    assert not clone.home.exists()
    with clone.start("--setup") as one, clone.start("--setup") as other:
        said = [process.communicate(timeout=120)[1] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
    return clone, said


@pytest.fixture
def fresh(first_starts: tuple[Clone, list[str]], tmp_path: Path) -> Clone:
    """Return a clone that is set up and has no data yet; no test may change its folder."""
    return Clone(first_starts[0].folder, tmp_path / "var")


@pytest.fixture
def clone(fresh: Clone) -> Clone:
    """Return a clone that is set up, with tables and static files; the same holds for it."""
    shutil.copytree(fresh.folder / "var", fresh.var)
    return fresh


@pytest.fixture
def outdated(first_starts: tuple[Clone, list[str]], tmp_path: Path) -> Clone:
    """Return a clone that is set up for other requirements than it has."""
    copy = first_starts[0].copy(tmp_path)
    copy.require("2.0")
    return copy


def test_first_starts(first_starts: tuple[Clone, list[str]]) -> None:
    """A clone whose first start was cut off, or made twice at once, would never work."""
    clone, said = first_starts
    assert sum("setting up .venv (once)" in text for text in said) == 1
    assert clone.installed == "1.0"
    assert not (clone.folder / ".venv.new").exists()
    script = next(clone.home.glob("bin/pip*"))
    assert str(clone.home / "bin" / "python") in script.read_text()


def test_serves_whatever_the_shell_has_set(clone: Clone) -> None:
    """None would serve, or who works on another project of Django's could not start this one."""
    printed = clone.serve(DJANGO_SETTINGS_MODULE="other.settings", PYTHONSAFEPATH="1")
    assert re.fullmatch(
        r"page    http://127\.0\.0\.1:(\d+)/\nsocket  ws://127\.0\.0\.1:\1/\n", printed
    )


@pytest.mark.long
def test_goes_along_with_the_requirements(outdated: Clone) -> None:
    """After an update the server would run with what the old version wanted."""
    code, _, err = outdated.run("--setup")
    assert (code, outdated.installed) == (0, "2.0"), err
    assert "anew: requirements.txt has changed" in err


def test_an_environment_that_cannot_be_made_is_one_line(outdated: Clone) -> None:
    """Somebody whose disk is full or not theirs would see a traceback."""
    lock = outdated.folder / ".venv.lock"
    lock.unlink()
    lock.mkdir()
    code, out, err = outdated.run("127.0.0.1:0")
    assert (code, out) == (1, "")
    [line] = err.splitlines()
    assert line.startswith(f"cannot set up {outdated.home}: ")
    assert outdated.installed == "1.0"


def test_a_wrong_argument_is_told_before_anything_is_installed(outdated: Clone) -> None:
    """Somebody who mistypes would wait for an install, or see a traceback."""
    code, out, err = outdated.run("127.0.0.1")
    assert (code, out) == (2, "")
    assert err.startswith("usage: wschat")
    assert "Traceback" not in err
    assert outdated.installed == "1.0"


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
        ("--setup", "127.0.0.1:0"),
        ("",),
    ],
)
def test_wrong_arguments(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    """Somebody who mistypes would see a traceback, or serve at another address."""
    with pytest.raises(SystemExit) as ended:
        read_arguments(arguments)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert printed.err.startswith("usage: wschat")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("127.0.0.1:8000",), ["serve", "127.0.0.1:8000"]),
        (("--setup",), ["setup"]),
        (("manage",), ["help"]),
        (("manage", "prune", "--help"), ["prune", "--help"]),
    ],
)
def test_right_arguments(arguments: tuple[str, ...], command: list[str]) -> None:
    """Another command would run than was asked for."""
    assert read_arguments(arguments) == command


def test_help_explains(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could find out what the argument is."""
    with pytest.raises(SystemExit) as ended:
        read_arguments(["--help"])
    assert ended.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    for form in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", ":8000", "--setup", "manage"):
        assert form in printed


def test_says_which_version_it_is(fresh: Clone) -> None:
    """Who asks for help could not say what they run."""
    assert fresh.run("--version") == (0, f"wschat {VERSION}\n", "")


def test_a_taken_port_is_one_line(clone: Clone) -> None:
    """Somebody who starts it twice would see a traceback, or wait for another install."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, out, err = clone.run(address)
    assert (code, out) == (1, "")
    assert err == f"cannot listen on {address}: Address already in use\n"


@pytest.mark.parametrize("closed", ["| true", ">&- 2>&- <&-"])
def test_serves_though_nobody_reads_what_it_prints(clone: Clone, closed: str) -> None:
    """A start script that reads one line, or none, would end the server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["bash", "-c", f"exec {clone.folder / 'wschat'} 127.0.0.1:{port} {closed}"],
        stderr=subprocess.PIPE,
        env={**os.environ, "WSCHAT_VAR": str(clone.var)},
        start_new_session=True,
    )
    with process:
        until_it_answers(port)
        os.killpg(process.pid, signal.SIGTERM)
        err = process.communicate(timeout=60)[1]
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


def test_the_first_account_comes_first(fresh: Clone) -> None:
    """Who makes an account before the first start would be told of missing tables."""
    code, out, err = fresh.run(
        "manage", "createsuperuser", "--noinput", "--username", "olga", "--email", "o@example.org",
        DJANGO_SUPERUSER_PASSWORD="correct horse",
    )  # fmt: skip
    assert (code, err) == (0, ""), err
    assert "Superuser created" in out


@pytest.mark.parametrize("error", [OperationalError, ProgrammingError])
def test_without_tables_it_says_what_makes_them(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """An operator would see a page of code."""

    def fail(_: list[str]) -> None:
        raise error("no such table: auth_user")

    monkeypatch.setattr("django.core.management.execute_from_command_line", fail)
    with pytest.raises(SystemExit) as ended:
        manage(["manage.py", "changepassword", "olga"])
    refused, made = str(ended.value.code).splitlines()
    assert refused == "the database refuses: no such table: auth_user"
    assert made == "Tables are made by: ./wschat --setup"


def test_output_that_nobody_reads_to_its_end(clone: Clone) -> None:
    """`./wschat manage … | head` would end in a traceback."""
    command = f"{clone.folder / 'wschat'} manage help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)
    assert done.stderr == b""


# What is the suite itself, or takes long: that it can be executed is all that is asked here.
LONG = ("script/test", "script/mutate", "bench/run")
ADDRESS = "127.0.0.1:8000"


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if lines(page)], ids=lambda p: str(p.name))
def test_commands_of_the_docs_run_as_they_stand(clone: Clone, tmp_path: Path, page: Path) -> None:
    """Somebody in the first hour would copy a command, and be told that it is wrong.

    Each line of a block marked `sh`, in turn, where a first start has been. What serves is ended
    once it answers a page; another port stands for 8000, which may be taken.
    """
    (tmp_path / "wschat").symlink_to(clone.folder / "wschat")
    assert clone.run("--setup")[0] == 0
    for command in lines(page):
        if command.split()[0] in LONG:
            assert os.access(ROOT / command.split()[0], os.X_OK)
            continue
        port = free_port()
        with subprocess.Popen(
            ["sh", "-c", command.replace(ADDRESS, f"127.0.0.1:{port}")],
            cwd=tmp_path,
            env={**os.environ, "WSCHAT_VAR": str(clone.var), "PYTHONDEVMODE": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        ) as process:
            if command.endswith(ADDRESS):
                until_it_answers(port)
                os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate(timeout=120)
        assert process.returncode in {0, -signal.SIGKILL}, f"{command}: {printed}"
        assert "Traceback" not in printed


def until_it_answers(port: int) -> None:
    """Wait for a page."""
    for _ in range(1200):
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                assert page.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {port}")
