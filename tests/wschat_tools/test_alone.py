"""The tools without a project: their own packages, no settings, no database, no Django."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chat
from tests.servers import ROOT
from wschat_project.__main__ import manage
from wschat_tools import VERSION

if TYPE_CHECKING:
    from tests.servers import RunningServer

PINNED = re.findall(
    r"^([\w-]+)==(\S+)$", (ROOT / "wschat_tools" / "requirements.txt").read_text(), re.MULTILINE
)
RUN = """
import runpy, sys
sys.path[:0] = [{root!r}, {packages!r}]
sys.argv[1:] = {arguments!r}
try:
    runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
finally:
    loaded = {{name.partition(".")[0] for name in sys.modules}}
    assert not loaded & {{"django", "chat", "wschat_project"}}, loaded
"""


def test_the_tools_have_the_version_of_the_whole() -> None:
    """A report would name another version than the one that made it."""
    assert VERSION == chat.VERSION


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the tools' own requirements name, and nothing else."""
    folder = tmp_path_factory.mktemp("packages")
    for name, version in PINNED:
        assert metadata.version(name) == version, f"another {name} than the server's requirements"
        for file in metadata.files(name) or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 2])
    return folder


def run_alone(packages: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in an interpreter that has no other packages, outside of the project."""
    root = packages / "tools-alone"
    if not root.exists():
        root.mkdir()
        (root / "wschat_tools").symlink_to(ROOT / "wschat_tools")
    code = RUN.format(
        root=str(root), packages=str(packages), arguments=list(arguments), module=module
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=packages, check=False)


def test_conformance_runs_alone(packages: Path, server: RunningServer) -> None:
    """Somebody with a server in another language would have to install ours to check it."""
    ended = run_alone(
        packages, "wschat_tools.conformance", server.socket_url, "--only", "no-history"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "pass    no-history" in ended.stdout


def test_loadtest_runs_alone(packages: Path, server: RunningServer) -> None:
    """Somebody with a server in another language would have to install ours to load it."""
    options = ("-c", "5", "--mpc", "2", "--test")
    ended = run_alone(packages, "wschat_tools.loadtest", server.socket_url, *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "passed: everything that was sent came back" in ended.stdout


@pytest.mark.processes
def test_the_version_is_told(packages: Path) -> None:
    """A report of a fault could not say of what."""
    ended = run_alone(packages, "wschat_tools.loadtest", "--version")
    assert ended.stdout == f"python -m wschat_tools.loadtest {VERSION}\n"


@pytest.mark.parametrize("tool", ["conformance", "loadtest"])
def test_one_tool_behind_both_ways(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    """The two ways to start a tool would take different arguments."""
    shown = []
    with pytest.raises(SystemExit):
        manage(["manage.py", tool, "--help"])
    shown.append(capsys.readouterr().out)
    monkeypatch.setattr(sys, "argv", [f"{tool}/__main__.py", "--help"])
    with pytest.raises(SystemExit):
        runpy.run_module(f"wschat_tools.{tool}", run_name="__main__")
    shown.append(capsys.readouterr().out)
    words = [
        text.replace(f"python -m wschat_tools.{tool}", f"manage.py {tool}").split()
        for text in shown
    ]
    assert words[0] == words[1]
    assert "--version" in words[0]
    assert "--settings" not in words[0]
