"""Where the frames go that Autobahn itself sends."""

from __future__ import annotations

from typing import Any, Self

import pytest

from chat.transport.member_protocol import MemberFactory, MemberProtocol


class Ends:
    """Both ways out of a connection: the member's transport, and Twisted's."""

    def __init__(self) -> None:
        self.by_member = b""
        self.by_twisted = b""

    @property
    def is_reading(self) -> bool:
        """Nothing stands against it."""
        return True

    def hear(self, message: bytes, *, is_binary: bool) -> None:
        """Hear nothing: these tests send."""

    def closing(self, code: int) -> None:
        """Stay."""

    def closed(self, code: int) -> None:
        """Stay."""

    @classmethod
    def of(cls, protocol: MemberProtocol) -> Self:
        """Return those of a protocol, which are watched from then on."""
        ends = cls()
        protocol.transport = TwistedEnd(ends)
        return ends

    def write(self, frames: bytes) -> int:
        """Take what goes by the member's transport."""
        self.by_member += frames
        return 0


class TwistedEnd:
    """Takes what Autobahn writes to the connection."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends

    def write(self, data: bytes) -> None:
        """Take it."""
        self._ends.by_twisted += data


@pytest.fixture
def protocol() -> MemberProtocol:
    """Make one whose handshake is over."""
    made: Any = MemberProtocol()
    made.factory = MemberFactory(server_class=None)
    made.state = MemberProtocol.STATE_OPEN
    return made  # type: ignore[no-any-return]


def test_a_members_pings_go_the_way_of_its_chats(protocol: MemberProtocol) -> None:
    """What is left of a ping in a full socket would be cut in two by the next chat."""
    ends = Ends.of(protocol)
    protocol.member_transport = ends
    protocol.sendPing(b"there?")
    assert (ends.by_member, ends.by_twisted) == (b"\x89\x06there?", b"")


@pytest.mark.parametrize("is_member", [False, True], ids=["before it joined", "behind its close"])
def test_what_is_sent_to_no_member_goes_by_twisted(
    protocol: MemberProtocol, is_member: bool
) -> None:
    """The answer to a handshake would be sent to nobody, or something behind the last frame."""
    ends = Ends.of(protocol)
    if is_member:
        protocol.member_transport = ends
        protocol.state = MemberProtocol.STATE_CLOSING
    protocol.sendData(b"HTTP/1.1")
    assert (ends.by_member, ends.by_twisted) == (b"", b"HTTP/1.1")
