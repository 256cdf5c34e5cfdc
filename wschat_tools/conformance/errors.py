"""What a server does instead of what a rule expects."""

from __future__ import annotations

LONGEST_SHOWN = 200


class Difference(Exception):  # noqa: N818 - it is a finding, not a fault of ours
    """A server differs from a rule: what was expected and what came."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = shown(expected)
        self.got = shown(got)


class RefusedError(Exception):
    """The handshake was answered otherwise than with 101; `status` is None if it is not HTTP."""

    def __init__(self, status: int | None, got: str) -> None:
        super().__init__(f"got {got} as answer to the handshake, expected HTTP/1.1 101")
        self.status = status
        self.got = got


class ClosedError(Exception):
    """The connection ended; `code` is that of the close frame, None if there was none.

    `reason` is what the server said about it, in an error before or in the close frame.
    """

    def __init__(self, code: int | None, reason: str = "") -> None:
        end = (
            "the end of the connection without a close frame"
            if code is None
            else f"the close frame {code}"
        )
        super().__init__(f"{end}: {reason}" if reason else end)
        self.code = code
        self.reason = reason


class FullError(Exception):
    """The room takes so many of ours (`members`), and no more."""

    def __init__(self, members: int) -> None:
        super().__init__(f"a room that is full with {members}")
        self.members = members


class SilentError(Exception):
    """Nothing came for as long as is waited, or nothing of what was waited for."""


class UnframedError(Exception):
    """A server sends what RFC 6455 does not let it send, or no message of the protocol."""


ENDINGS = (FullError, RefusedError, ClosedError, SilentError, UnframedError, OSError)


def expect(holds: bool, expected: str, got: object) -> None:  # noqa: FBT001 - reads as a sentence
    """Find a difference unless the rule holds.

    Raises:
        Difference: it does not.

    """
    if not holds:
        raise Difference(expected, got if isinstance(got, str) else repr(got))


def shown(text: str) -> str:
    """Show a text in one line, at most 200 characters of it, with no power over a terminal."""
    cut = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
