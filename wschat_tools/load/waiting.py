"""A member whose own connect the reference has not got yet, and may never get."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wschat_tools.load.frames import read_control
from wschat_tools.load.stream import Stream

if TYPE_CHECKING:
    from wschat_tools.load.member import Member
    from wschat_tools.load.speakers import Speakers


class Waiting:
    """Reads ahead what a member holds, so that its own chats have come when they come.

    `echoes` are the places of its own chats in the reference, for when it finds its place there.
    """

    def __init__(self, member: Member, speakers: Speakers) -> None:
        self.member = member
        self.echoes: deque[int] = deque()
        self._stream = Stream(speakers)
        self._own: deque[int] = deque()
        self._stream.echoes[member.uuid] = self._own
        self._read = self._told = 0

    def read_ahead(self) -> None:
        """Tell whoever listens to the member of its own chats that have come."""
        listener, held = self.member.listener, self.member.held
        if listener is None:
            return
        while self._read < len(held):
            rest = memoryview(held)[self._read :]
            self._read += self._stream.extend(rest)
            self._stream.forget(self._stream.end)
            if self._read < len(held):
                control = read_control(held[self._read :])
                if control is None:
                    break
                self._read += control.size
        fresh = len(self._own) - self._told
        self._told = len(self._own)
        self.member.own.extend([0] * fresh)
        if fresh:
            listener.heard(self.member)

    def untold(self, echoes: deque[int]) -> None:
        """Drop of its own chats those that are told already."""
        for _ in range(min(self._told, len(echoes))):
            echoes.popleft()
