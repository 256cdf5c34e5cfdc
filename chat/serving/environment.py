"""The virtual environment of a clone. Imports the standard library alone."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEAST_PYTHON: Final = (3, 11)
# Fails where a part was deleted, or where the Python it was made for is gone: 40 ms.
_PROBE: Final = (
    "import channels, daphne, django, msgspec, sys; print(*sys.version_info[:2], sep='.')"
)


class EnvironmentFault(Exception):  # noqa: N818 - the field's word for it is taken
    """It could not be made; the text says why and what to do."""


class Environment:
    """`.venv` of a clone, with what requirements.txt pins.

    It is made aside and renamed when it is whole, under a lock, so that whatever interrupts it
    leaves nothing that is taken for one.
    """

    def __init__(self, clone: Path) -> None:
        self.home = clone / ".venv"
        self.python = self.home / "bin" / "python"
        self._aside = clone / ".venv.new"
        self._lock = clone / ".venv.lock"
        self._requirements = clone / "requirements.txt"

    def ensure(self) -> None:
        """Make it, or make it anew, unless it is as it should be.

        Raises:
            EnvironmentFault: no venv, no network, a folder that cannot be written, …

        """
        if not self._fault():
            return
        try:
            with self._locked() as lock:
                if fault := self._fault():
                    print(f"setting up .venv ({fault}) …", file=sys.stderr)
                    self._make(lock)
        except OSError as error:
            raise EnvironmentFault(f"cannot set up {self.home}: {error}") from None

    def _fault(self) -> str:
        """Say why it cannot be used as it is; nothing if it can."""
        if not os.path.lexists(self.home):
            return "once"
        try:
            probe = [str(self.python), "-c", _PROBE]
            version = subprocess.run(probe, check=True, capture_output=True, text=True).stdout  # noqa: S603
            stamp = self._stamp(self.home).read_text()
        except (OSError, subprocess.CalledProcessError):
            return "anew: it is not whole"
        if tuple(map(int, version.split("."))) < LEAST_PYTHON:
            return f"anew: it is of Python {version.strip()}"
        return "" if stamp == self._wanted() else "anew: requirements.txt has changed"

    def _make(self, lock: int) -> None:
        if importlib.util.find_spec("ensurepip") is None:
            raise EnvironmentFault(
                "this Python has no venv: install it first, on Debian and Ubuntu by "
                "`apt install python3-venv`"
            )
        _remove(self._aside)
        venv.create(self._aside, with_pip=True)
        self._install(lock)
        # Scripts name the Python they are for by its path.
        for script in (self._aside / "bin").iterdir():
            if script.is_file() and not script.is_symlink():
                text = script.read_bytes()
                script.write_bytes(text.replace(os.fsencode(self._aside), os.fsencode(self.home)))
        self._stamp(self._aside).write_text(self._wanted())
        old = self.home.with_name(".venv.old")
        _remove(old)
        if os.path.lexists(self.home):
            self.home.rename(old)
        self._aside.rename(self.home)
        _remove(old)

    def _install(self, lock: int) -> None:
        command = [str(self._aside / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        command += ["--disable-pip-version-check", "--requirement", str(self._requirements)]
        # pip goes on where this process is killed: then it keeps the lock.
        done = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, text=True, pass_fds=[lock]
        )
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
            raise EnvironmentFault(
                f"cannot install requirements.txt: {(errors or [done.stderr.strip()])[-1]}\n"
                "This needs a network once, or an index of packages that PIP_INDEX_URL names."
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        with self._lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("another start is setting up .venv, waiting for it …", file=sys.stderr)
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file.fileno()

    def _stamp(self, home: Path) -> Path:
        return home / "wschat.stamp"

    def _wanted(self) -> str:
        return hashlib.sha256(self._requirements.read_bytes()).hexdigest()


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
