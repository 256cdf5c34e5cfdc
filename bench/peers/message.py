"""The protocol as the Python peers share it: each message a dictionary, bad ones a ValueError."""

import json
import sys
import time
from typing import Any


def message(sender: str, action: str, contents: str) -> dict[str, Any]:
    """Build a message with the fields in the family's order and whole seconds."""
    return {
        "sender": sender,
        "action": action,
        "contents": contents,
        "timestamp": int(time.time()),
    }


def chat_contents(text: str | bytes) -> str:
    """Return what a client says in `text`.

    Raises:
        ValueError: if it is not a chat.

    """
    said = json.loads(text)
    if not isinstance(said, dict) or said.get("action") not in {None, "chat"}:
        raise ValueError("expected a JSON object that is a chat")
    contents = said.get("contents")
    if not isinstance(contents, str):
        raise ValueError("expected contents to be a string")  # noqa: TRY004 - one kind for all
    return contents


def address_argument() -> tuple[str, int]:
    """Host and port out of the one argument HOST:PORT.

    Raises:
        SystemExit: it is missing, or another; a sentence says what is expected.

    """
    given = " ".join(sys.argv[1:])
    host, _, port = given.rpartition(":")
    if not host or not port.isdecimal() or " " in host:
        sys.exit(f"got {given or 'nothing'!r}, expected HOST:PORT")
    return host, int(port)
