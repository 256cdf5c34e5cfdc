"""`./wschat`, in clones that are set up for real."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from chat import VERSION
from tests.clones import Clone
from tests.servers import ROOT, free_port
from tests.test_docs_commands import PAGES, lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def first_starts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, list[str]]:
    """Kill the first start half-way, then start two at once; return what those two said."""
    clone = Clone.make(tmp_path_factory.mktemp("clone"))
    clone.begin_and_kill()
    assert not clone.home.exists()
    with clone.start("--setup") as one, clone.start("--setup") as other:
        said = [process.communicate(timeout=60)[1] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
    return clone, said


@pytest.fixture
def clone(first_starts: tuple[Clone, list[str]], tmp_path: Path) -> Clone:
    """Return a clone that is set up and has no data yet; no test may change its folder."""
    return Clone(first_starts[0].folder, tmp_path / "var")


@pytest.fixture(scope="module")
def outdated(
    first_starts: tuple[Clone, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Clone:
    """Return a clone that is set up for other requirements than it has; no test may meet them."""
    copy = first_starts[0].copy(tmp_path_factory.mktemp("outdated"))
    copy.require("3.0")
    return copy


def test_first_starts(first_starts: tuple[Clone, list[str]]) -> None:
    """A clone whose first start was cut off, or made twice at once, would never work."""
    clone, said = first_starts
    assert sum("setting up .venv (once)" in text for text in said) == 1
    assert clone.installed == "1.0"
    assert not (clone.folder / ".venv.new").exists()
    script = next(clone.home.glob("bin/pip*"))
    assert str(clone.home / "bin" / "python") in script.read_text()


def test_serves_without_installing_again(clone: Clone) -> None:
    """Every start would install again, or none serve."""
    printed = clone.serve()
    assert re.fullmatch(
        r"page    http://127\.0\.0\.1:(\d+)/\nsocket  ws://127\.0\.0\.1:\1/\n", printed
    )
    assert (clone.var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (clone.var / "wschat.sqlite3").exists()
    assert clone.run("--setup")[2] == ""


def test_goes_along_with_the_requirements(
    first_starts: tuple[Clone, list[str]], tmp_path: Path
) -> None:
    """After an update the server would run with what the old version wanted."""
    clone = first_starts[0].copy(tmp_path)
    clone.require("2.0")
    code, _, err = clone.run("--setup")
    assert (code, clone.installed) == (0, "2.0"), err
    assert "anew: requirements.txt has changed" in err


def test_an_install_that_fails_is_told_and_leaves_what_there_was(outdated: Clone) -> None:
    """A lost network would leave a clone that never works, and no reason."""
    code, out, err = outdated.run("127.0.0.1:0")
    assert (code, out) == (1, "")
    assert "No matching distribution found for lender==3.0" in err
    assert "needs a network" in err.splitlines()[-1]
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
def test_a_wrong_argument_is_told_before_anything_is_installed(
    outdated: Clone, arguments: tuple[str, ...]
) -> None:
    """Somebody who mistypes would wait for an install, or see a traceback."""
    code, out, err = outdated.run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: wschat")
    assert "Traceback" not in err


def test_help_explains(clone: Clone) -> None:
    """Nobody could find out what the argument is."""
    code, out, _ = clone.run("--help")
    assert code == 0
    for form in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", ":8000", "--setup", "manage"):
        assert form in " ".join(out.split())
    assert clone.run("--version") == (0, f"wschat {VERSION}\n", "")


def test_a_taken_port_is_one_line(clone: Clone) -> None:
    """Somebody who starts it twice would see a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, out, err = clone.run(address)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"cannot listen on {address}: Address already in use"
    assert "Traceback" not in err


def test_settings_that_cannot_be_used_are_a_line_each(clone: Clone) -> None:
    """An operator would look for the reason among Django's own lines."""
    code, out, err = clone.run("127.0.0.1:0", WSCHAT_RATE="abc", WSCHAT_WORKERS="2")
    assert (code, out) == (1, "")
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        "WSCHAT_RATE",
        "WSCHAT_WORKERS",
    ]


def test_what_a_shell_has_set_does_no_harm(clone: Clone) -> None:
    """Who works on another project of Django's could not start this one."""
    assert clone.serve(DJANGO_SETTINGS_MODULE="other.settings", PYTHONSAFEPATH="1")


@pytest.mark.parametrize("closed", ["| true", ">&-", ">&- 2>&- <&-"])
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
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None
                time.sleep(0.1)
        os.killpg(process.pid, signal.SIGTERM)
        err = process.communicate(timeout=20)[1]
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


def test_the_first_account_comes_first(clone: Clone) -> None:
    """Who makes an account before the first start would be told of missing tables."""
    code, out, err = clone.run(
        "manage", "createsuperuser", "--noinput", "--username", "olga", "--email", "o@example.org",
        DJANGO_SUPERUSER_PASSWORD="correct horse",
    )  # fmt: skip
    assert (code, err) == (0, ""), err
    assert "Superuser created" in out


def test_without_tables_it_says_what_makes_them(clone: Clone) -> None:
    """An operator would see a page of code."""
    code, _, err = clone.run("manage", "changepassword", "olga")
    assert code == 1
    assert err.splitlines()[-1] == "Tables are made by: ./wschat --setup"
    assert "Traceback" not in err


def test_output_that_nobody_reads_to_its_end(clone: Clone) -> None:
    """`./wschat manage … | head` would end in a traceback."""
    command = f"{clone.folder / 'wschat'} manage help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)
    assert done.stderr == b""


# What is the suite itself, or takes long: that it can be executed is all that is asked here.
LONG = ("script/test", "script/mutate", "bench/run")
ADDRESS = "127.0.0.1:8000"


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
            printed, _ = process.communicate(timeout=30)
        assert process.returncode in {0, -signal.SIGKILL}, f"{command}: {printed}"
        assert "Traceback" not in printed


def until_it_answers(port: int) -> None:
    """Wait for a page."""
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                assert page.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {port}")
