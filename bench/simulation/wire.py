"""What goes over a connection to Redis, in version 2 of its protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """A line that is no string, such as OK."""

    text: bytes


class RedisFailure(Exception):  # noqa: N818 - an answer, not a fault of the model
    """An error that the caller gets, beginning with its code."""


class Commands:
    """Cuts what a client sends into commands, each a list of byte strings."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[list[bytes]]:
        """Take what arrived; return the commands that are whole now."""
        self._buffer += data
        found = []
        while (taken := self._take()) is not None:
            found.append(taken)
        return found

    def _take(self) -> list[bytes] | None:
        buffer = self._buffer
        at = buffer.find(b"\r\n")
        if at < 0:
            return None
        parts, at = [], at + 2
        for _ in range(int(buffer[1 : at - 2])):
            end = buffer.find(b"\r\n", at)
            if end < 0:
                return None
            size, at = int(buffer[at + 1 : end]), end + 2
            if len(buffer) < at + size + 2:
                return None
            parts.append(buffer[at : at + size])
            at += size + 2
        self._buffer = buffer[at:]
        return parts


def encode(answer: Any) -> bytes:  # noqa: PLR0911 - one for each kind
    """Return an answer as bytes: a number, bytes, None, a Status, a failure, a list of these."""
    match answer:
        case None:
            return b"$-1\r\n"
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(answer), answer)
        case int():
            return b":%d\r\n" % answer
        case Status():
            return b"+%b\r\n" % answer.text
        case RedisFailure():
            return b"-%b\r\n" % str(answer).encode()
        case dict():  # of version 3, which redis-py speaks with Sentinels
            parts = [part for pair in answer.items() for part in pair]
            return b"%%%d\r\n" % len(answer) + b"".join(map(encode, parts))
        case _:
            return b"*%d\r\n" % len(answer) + b"".join(map(encode, answer))
