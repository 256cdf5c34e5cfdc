"""The installed package: the command `wschat`, with all that it needs within."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from chat import VERSION
from tests.servers import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = [pytest.mark.processes, pytest.mark.long]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Build the wheel and install it in a folder; return that, and the environment to use it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True
    )
    [wheel] = folder.glob(f"wschat-{VERSION}-*.whl")
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--target", folder / "site", wheel], check=True
    )
    home = {"PYTHONPATH": str(folder / "site"), "XDG_DATA_HOME": str(folder / "data")}
    return folder, {**environment(), **home}


@pytest.fixture(scope="module")
def address(installed: tuple[Path, dict[str, str]]) -> Iterator[str]:
    """Serve by the command; return the page's address."""
    folder, env = installed
    command = [str(folder / "site" / "bin" / "wschat"), "127.0.0.1:0"]
    process = subprocess.Popen(command, cwd="/", env=env, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        match = re.match(r"page    (\S+)\n", process.stdout.readline())
        assert match is not None
        yield match[1]
        process.terminate()
        assert process.wait(20) == 0


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_serves_page_admin_and_static_files(address: str) -> None:
    """Who installs it would have a server without its page."""
    page = get(address)
    style = re.search(r'href="/?(static/chat/[^"]+\.css)"', page)
    assert style is not None, page
    assert "{" in get(address + style[1])
    assert "wschat" in get(f"{address}admin/login/")


def test_keeps_its_data_in_the_home_of_who_runs_it(
    installed: tuple[Path, dict[str, str]], address: str
) -> None:
    """Data would be lost with the next upgrade of the package."""
    assert get(address)
    assert (installed[0] / "data" / "wschat" / "wschat.sqlite3").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--version"], f"wschat {VERSION}"), (["manage", "conformance", "--list"], "own-connect")],
)
def test_commands(
    installed: tuple[Path, dict[str, str]], arguments: list[str], expected: str
) -> None:
    """Who installs it could not administrate it."""
    folder, env = installed
    done = subprocess.run(
        [folder / "site" / "bin" / "wschat", *arguments],
        cwd="/", env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert expected in done.stdout
