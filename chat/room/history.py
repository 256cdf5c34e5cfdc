"""The last chats, for newcomers that ask; taken from the batches in the order of the room."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from chat.protocol.frames import frame, payloads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chat.room.member import Member

_CHAT: Final = b'","action":"chat"'
# The action stands behind the sender, a UUID at the longest; contents begin after it.
_WITHIN: Final = len(b'{"sender":""') + 36 + len(_CHAT)


class History:
    """At most `most` chats and `most_bytes` of them, framed; with 0 it remembers nothing."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._frames: deque[bytes] = deque()
        self._most = most
        self._most_bytes = most_bytes
        self._size = 0

    def __len__(self) -> int:
        return len(self._frames)

    def pass_by(self, frames: bytes, joins: Iterable[tuple[int, Member]]) -> None:
        """Remember the next chats, and give each newcomer that asked those before its connect.

        Newcomers come with the offset at which their own connect stands in `frames`.
        """
        if not self._most:
            return
        for offset, member in joins:
            member.preface = self.last(member.visitor.history, frames[:offset])
        self.add(frames)

    def add(self, frames: bytes) -> None:
        """Remember the chats among these frames, and forget the oldest instead."""
        self.add_chats(chats(frames))

    def add_chats(self, framed: Iterable[bytes]) -> None:
        """Remember chats, framed one by one."""
        for one in framed:
            self._frames.append(one)
            self._size += len(one)
        while len(self._frames) > self._most or self._size > self._most_bytes:
            self._size -= len(self._frames.popleft())

    def last(self, count: int, then: bytes) -> bytes:
        """Return the last chats as frames: of those remembered, and of the frames after them."""
        if not count:
            return b""
        later = list(chats(then))[-count:]
        earlier = count - len(later)
        return b"".join([*list(self._frames)[-earlier:], *later] if earlier else later)


def chats(frames: bytes) -> Iterator[bytes]:
    """Return each of the frames that is a chat."""
    return map(frame, chat_payloads(frames))


def chat_payloads(frames: bytes) -> Iterator[bytes]:
    """Yield the JSON of each of the frames that is a chat."""
    for payload in payloads(frames):
        if _CHAT in payload[:_WITHIN]:
            yield payload
