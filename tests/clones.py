"""Fresh clones of the repository, set up for real, from a package that stands in for all others."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
import time
import zipfile
from typing import TYPE_CHECKING

from tests.servers import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("chat", "wschat_project", "wschat_tools", "templates", "wschat", "manage.py")


class Clone:
    """A clone whose requirements are one package: a file that lends it the tests' own packages.

    Args:
        folder: where it is.
        var: its data folder, `var` in it by default.

    """

    def __init__(self, folder: Path, var: Path | None = None) -> None:
        self.folder = folder
        self.home = folder / ".venv"
        self.var = var or folder / "var"

    @classmethod
    def make(cls, folder: Path) -> Clone:
        """Copy what serving needs; nothing is set up yet."""
        clone = cls(folder)
        ignored = shutil.ignore_patterns("__pycache__")
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=ignored)
            else:
                shutil.copy(ROOT / part, folder / part)
        for version in ("1.0", "2.0"):
            make_wheel(folder / "wheels", version)
        clone.require("1.0")
        return clone

    def copy(self, folder: Path) -> Clone:
        """Return one that is set up in the same way."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return Clone(folder)

    def require(self, version: str) -> None:
        """Pin another version of the one package; none but 1.0 and 2.0 are to be had."""
        text = f"--no-index\n--find-links {self.folder / 'wheels'}\nlender=={version}\n"
        (self.folder / "requirements.txt").write_text(text)

    @property
    def installed(self) -> str:
        """The version of the one package."""
        [found] = self.home.glob("lib/*/site-packages/lender-*.dist-info")
        return found.name.removeprefix("lender-").removesuffix(".dist-info")

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start `./wschat`, in another folder than its own."""
        inherited = environment()
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        return subprocess.Popen(
            [self.folder / "wschat", *arguments],
            cwd="/",
            env={**inherited, "WSCHAT_VAR": str(self.var), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        """Run it to its end; return the exit code and what it printed."""
        with self.start(*arguments, **env) as process:
            out, err = process.communicate(timeout=120)
            return process.returncode, out, err

    def serve(self, **env: str) -> str:
        """Start on any port, read what is printed until it serves, and stop it."""
        with self.start("127.0.0.1:0", **env) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline(), process.stdout.readline()]
            process.terminate()
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            assert "Traceback" not in err
        return "".join(lines)

    def begin_and_kill(self) -> None:
        """Start the first set-up, and kill it and its children half-way."""
        with self.start("--setup") as process:
            while not (self.folder / ".venv.new" / "bin").exists():
                assert process.poll() is None
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def make_wheel(folder: Path, version: str) -> None:
    """Write the package: a .pth file with the folder of the tests' own packages."""
    folder.mkdir(exist_ok=True)
    info = f"lender-{version}.dist-info"
    with zipfile.ZipFile(folder / f"lender-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("lender.pth", sysconfig.get_path("purelib") + "\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: lender\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
