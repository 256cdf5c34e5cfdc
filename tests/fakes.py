"""A member without a socket, for what decides about members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.member import Member
from chat.visitor import Visitor

if TYPE_CHECKING:
    from chat.protocol import CloseCode


class FakeTransport:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.backlog = 0
        self.taken = 0
        self.is_reading = True
        self.written: list[bytes] = []
        self.closed: CloseCode | None = None

    def write(self, frames: bytes) -> int:
        """Note the frames."""
        self.written.append(frames)
        return 0

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Note the code."""
        self.closed = code

    def close_slow(self, code: CloseCode) -> None:
        """Note the code."""
        self.closed = code

    def pause_reading(self) -> None:
        """Note that nothing is read."""
        self.is_reading = False

    def resume_reading(self) -> None:
        """Note that reading goes on."""
        self.is_reading = True


def fake_member(address: str = "192.0.2.1") -> tuple[Member, FakeTransport]:
    """Return a member and its transport."""
    transport = FakeTransport()
    return Member(transport, Visitor(address=address)), transport
