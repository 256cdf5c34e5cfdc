"""What the commands of the benchmark take and need: told before anything is measured."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path


def rounds(text: str) -> int:
    """Read a number of rounds."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number from 1")
    return int(text)


def writable(text: str) -> Path:
    """Open a file that is written in the end."""
    path = Path(text)
    try:
        path.open("a").close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write {text}: {error.strerror}") from None
    return path


def need_redis(parser: argparse.ArgumentParser) -> None:
    """End the command where there is no redis-server."""
    if shutil.which("redis-server") is None:
        parser.exit(1, "redis-server is missing: script/install-for-tests installs it\n")
