"""Bun, from its npm package: installed beside this file when it is first wanted."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "@oven/bun-linux-x64"
INSTALLED = HERE / "node_modules" / PACKAGE


class BunError(Exception):
    """Bun is not here and cannot be installed."""


def bun_version() -> str:
    """Return the version that package.json pins."""
    wanted: str = json.loads((HERE / "package.json").read_text())["dependencies"][PACKAGE]
    return wanted


def bun() -> Path:
    """Return Bun's executable, after installing the pinned version if it is not there.

    Raises:
        BunError: if npm is missing or fails.

    """
    if _installed_version() != bun_version():
        _install()
    return INSTALLED / "bin" / "bun"


def _installed_version() -> str:
    package = INSTALLED / "package.json"
    return str(json.loads(package.read_text())["version"]) if package.exists() else ""


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise BunError("npm is not installed, so Bun cannot be")
    command = [npm, "install", "--package-lock=false", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BunError(f"npm could not install {PACKAGE}: {done.stderr.strip()[-300:]}")
