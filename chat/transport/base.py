"""What the room knows of a member's connection, and the connection of its member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol.messages import CloseCode
    from chat.transport.pages import Pages


# The ASGI extension of servers that hand over their sockets: None during the handshake, then the
# member's `MemberSocket`.
SOCKET: Final = "wschat.socket"


class Transport(Protocol):
    """One member's connection, as the room and the fan-out see it.

    No method waits, and only `send` and `send_pages` raise.
    """

    @property
    def send(self) -> Callable[[bytes], int]:
        """Give text frames to the operating system; return how many bytes it took.

        While something is queued before them, it takes none. Give what it did not take to `write`
        before sending anything else, and all of it if this raises OSError.
        """

    def send_pages(self, pages: Pages) -> int:
        """Do the same with frames that are in pages."""

    @property
    def backlog(self) -> int:
        """Bytes accepted from the room that the operating system has not taken yet."""

    @property
    def taken(self) -> int:
        """Bytes of the backlog that the operating system has taken since the socket opened."""

    def write(self, frames: bytes) -> int:
        """Send whole frames; return the backlog, 0 if nothing had to wait."""

    def send_backlog(self) -> None:
        """Send what the operating system takes of the backlog now.

        It goes out by itself, too, but in large steps: Linux reports a socket as writable when a
        third of its send buffer is free (sk_stream_is_writeable), which can be a megabyte.
        """

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Send one last frame, if given, and begin the closing handshake."""

    def close_slow(self, code: CloseCode) -> None:
        """Drop what has not begun to be sent, then close."""

    def pause_reading(self) -> None:
        """Stop reading from this member until `resume_reading`."""

    def resume_reading(self) -> None:
        """Go on reading; does nothing if reading was not paused."""


class Receiver(Protocol):
    """What a member's own socket calls. No method waits or raises."""

    def receive_message(self, text: str | bytes | None) -> None:
        """Take a message; None if it was binary. Bytes are not checked to be UTF-8."""

    def receive_violation(self, code: int, reason: str) -> None:
        """Close with an error: the client violated RFC 6455, or one of our bounds."""

    def ended(self, code: int) -> None:
        """Take note that the connection is closing or lost; `code` is the close code."""


class FrameHandler(Protocol):
    """The member's socket, as `FrameReader` calls it for each frame. No method waits."""

    def receive_message(self, text: str | bytes | None) -> None:
        """Take a message; None if it was binary. Bytes are not checked to be UTF-8."""

    def receive_ping(self, payload: bytes) -> None:
        """Take a ping."""

    def receive_close(self, code: int) -> None:
        """Take a close frame; 1005 if it has no code. It is the last frame."""

    def receive_violation(self, code: int, reason: str) -> None:
        """Take note of a violation of RFC 6455 or of our bounds; the close code says which."""

    def pause_for(self, seconds: float) -> None:
        """Receive nothing for so long, then call the reader's `resume`."""


def take_nothing(frames: bytes | Pages) -> int:
    """Stand in for a transport's `send` while something is queued before what would be sent."""
    del frames
    return 0
