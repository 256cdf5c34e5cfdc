from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Final

import pytest

from chat.serving.environment import Environment, EnvironmentFault
from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

OURS: Final = f'exec {sys.executable} "$@"'


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Return one that is as it should be: its Python is that of the tests."""
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    environment = Environment(tmp_path)
    environment.python.parent.mkdir(parents=True)
    python_is(environment.python, OURS)
    environment._stamp(environment.home).write_text(environment._wanted())
    assert environment._fault() == ""
    return environment


def python_is(python: Path, script: str) -> None:
    python.unlink(missing_ok=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def next_python_is(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the next environment have this Python: a real one takes seconds to make."""

    def create(home: Path, *, with_pip: bool) -> None:
        assert with_pip
        (home / "bin").mkdir(parents=True)
        python_is(home / "bin" / "python", script)

    monkeypatch.setattr(venv, "create", create)


def test_one_that_is_not_whole(environment: Environment) -> None:
    """A package or the Python that somebody deleted would keep the server from ever starting."""
    python_is(environment.python, "exit 1")
    assert environment._fault() == "anew: it is not whole"
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")
    assert environment._fault() == "anew: it is not whole"


def test_one_that_was_never_finished(environment: Environment) -> None:
    """What another program left half-made would be taken for an environment."""
    environment._stamp(environment.home).unlink()
    assert environment._fault() == "anew: it is not whole"


def test_one_of_too_old_a_python(environment: Environment) -> None:
    """An environment of years ago would end every start in a syntax error."""
    python_is(environment.python, "echo 3.9")
    assert environment._fault() == "anew: it is of Python 3.9"


def test_going_back_is_a_change_too(environment: Environment) -> None:
    """After a rollback the server would run with packages of the version that failed."""
    requirements = environment._requirements
    old = requirements.read_text()
    requirements.write_text("django==5.3\n")
    assert environment._fault() == "anew: requirements.txt has changed"
    environment._stamp(environment.home).write_text(environment._wanted())
    requirements.write_text(old)
    assert environment._fault() == "anew: requirements.txt has changed"


def test_goes_along_with_the_requirements(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an update the server would run with what the old version wanted."""
    next_python_is(monkeypatch, f'[ "$2" = pip ] || {OURS}')
    environment._requirements.write_text("django==5.3\n")
    (environment.home / "of the old version").touch()
    environment.ensure()
    assert "anew: requirements.txt has changed" in capsys.readouterr().err
    assert environment._fault() == ""
    assert {path.name for path in environment.home.iterdir()} == {"bin", "wschat.stamp"}
    assert not list(environment.home.parent.glob(".venv.[no]*"))


def test_an_install_that_fails_is_told_and_leaves_what_there_was(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed download would break the clone for good, without saying why."""
    next_python_is(monkeypatch, OURS)
    old = environment._requirements.read_text()
    environment._requirements.write_text("--no-index\nno-such-package==3.0\n")
    with pytest.raises(EnvironmentFault, match="needs a network") as caught:
        environment.ensure()
    assert "No matching distribution found for no-such-package==3.0" in str(caught.value)
    environment._requirements.write_text(old)
    assert environment._fault() == ""


def test_says_what_to_install_where_there_is_no_venv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a plain Debian the first start would end in a traceback."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    (tmp_path / "requirements.txt").touch()
    with pytest.raises(EnvironmentFault, match="apt install python3-venv"):
        Environment(tmp_path).ensure()
    assert not (tmp_path / ".venv").exists()


def test_says_what_cannot_be_written(tmp_path: Path) -> None:
    """In a folder that belongs to somebody else the first start would end in a traceback."""
    with pytest.raises(EnvironmentFault, match=r"cannot set up .*: .*No such file or directory"):
        Environment(tmp_path / "nowhere").ensure()


@pytest.mark.parametrize("module", ["chat.serving.environment", "chat.serving.arguments"])
def test_imports_nothing_that_has_to_be_installed(module: str) -> None:
    """`./wschat` could not set anything up."""
    code = f"import sys; sys.path[:0] = ['.']; import {module}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, check=True)
