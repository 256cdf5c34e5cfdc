"""What a server does instead of what a rule expects."""

from __future__ import annotations


class Difference(Exception):  # noqa: N818 - it is a finding, not a fault of ours
    """A server differs from a rule: what was expected and what came."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got


class RefusedError(Exception):
    """The handshake was answered otherwise than with 101; `status` is None if it is not HTTP."""

    def __init__(self, status: int | None, got: str) -> None:
        super().__init__(f"got {got} as answer to the handshake, expected HTTP/1.1 101")
        self.status = status
        self.got = got


class ClosedError(Exception):
    """The connection ended; `code` is that of the close frame, None if there was none."""

    def __init__(self, code: int | None) -> None:
        super().__init__(
            "the end of the connection without a close frame"
            if code is None
            else f"the close frame {code}"
        )
        self.code = code


class SilentError(Exception):
    """Nothing came for as long as is waited, or nothing of what was waited for."""


class UnframedError(Exception):
    """A server sends what RFC 6455 does not let it send, or no message of the protocol."""


ENDINGS = (RefusedError, ClosedError, SilentError, UnframedError, OSError)


def expect(holds: bool, expected: str, got: object) -> None:  # noqa: FBT001 - reads as a sentence
    """Find a difference unless the rule holds.

    Raises:
        Difference: it does not.

    """
    if not holds:
        raise Difference(expected, shown(got))


def shown(got: object) -> str:
    """Show what came, at most 200 characters of it."""
    text = got if isinstance(got, str) else repr(got)
    return text if len(text) <= 200 else text[:200] + "…"
