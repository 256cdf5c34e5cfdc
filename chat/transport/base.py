from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol.messages import CloseCode
    from chat.transport.pages import Pages


class Transport(Protocol):
    """One member's socket, as the room and the fan-out see it.

    Nothing waits, and nothing but `send` and `send_pages` raises.
    """

    @property
    def send(self) -> Callable[[bytes], int]:
        """Have the operating system take text frames, as far as it does; return how many bytes.

        While something waits for it, that is none. What was not taken, or all of it where this
        raises OSError, is given to `write` before anything else is sent.
        """

    def send_pages(self, pages: Pages) -> int:
        """Do as `send` does, with frames that are in pages."""

    @property
    def backlog(self) -> int:
        """Bytes accepted from the room that the operating system has not taken yet."""

    @property
    def taken(self) -> int:
        """Bytes of the backlog that the operating system has taken since the socket opened."""

    def write(self, frames: bytes) -> int:
        """Send whole text frames; return the backlog, 0 where nothing had to wait."""

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Send one last message, if given, and begin the closing handshake."""

    def close_slow(self, code: CloseCode) -> None:
        """Drop what has not begun to be sent, close, and abort if even that does not get out."""

    def pause_reading(self) -> None:
        """Take nothing more from this member until `resume_reading`."""

    def resume_reading(self) -> None:
        """Go on reading; does nothing if reading was not paused."""


def take_nothing(frames: bytes | Pages) -> int:
    """Stand in for a transport's `send` while something waits before what would be sent."""
    del frames
    return 0
