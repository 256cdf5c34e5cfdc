"""The key that signs sessions: given by a setting, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_or_make(path: Path) -> str:
    """Return the key in `path`, made there first with mode 0600 if there is none.

    Two processes that start at once end up with the same key: the file appears whole, by a link
    that only one of them can make.

    Raises:
        OSError: the folder or the file cannot be read or made.

    """
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def read_or_make_or_exit(path: Path) -> str:
    """Do the same, and end the process with a line where the data folder cannot be used."""
    try:
        return read_or_make(path)
    except OSError as error:
        sys.exit(f"WSCHAT_VAR: cannot keep the secret key there: {error}")
