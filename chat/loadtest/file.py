"""The file that figures are written to."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

TO_STDOUT: Final = Path("-")


def writable(name: str) -> Path:
    """Return the path of a file that can be written, "-" being our own output.

    Raises:
        ArgumentTypeError: it cannot; better told now than after a long run.

    """
    path = Path(name)
    try:
        if path != TO_STDOUT:
            path.open("a").close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name} cannot be written: {error.strerror}") from None
    return path


def write(path: Path, text: str) -> None:
    """Write a file, or end with a sentence that says why not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        sys.exit(f"{path} cannot be written: {error.strerror}")
