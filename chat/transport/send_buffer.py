from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

# What is given to the system at once, joined of smaller pieces.
PIECE_BYTES: Final = 64 * 1024


class SendBuffer:
    """What one socket has not taken yet, in order; it goes out when the socket takes more.

    `size` is in bytes. `on_drained` is called when the socket has taken all, `on_error` when it
    takes nothing any more.
    """

    __slots__ = ("_number", "_offset", "_on_drained", "_on_error", "_pieces", "_socket", "size")

    def __init__(
        self,
        connection: socket.socket,
        on_drained: Callable[[], None],
        on_error: Callable[[], None],
    ) -> None:
        self.size = 0
        self._socket = connection
        self._number = connection.fileno()
        self._on_drained = on_drained
        self._on_error = on_error
        self._pieces: deque[bytes] = deque()
        self._offset = 0  # bytes of the first piece that are out
        asyncio.get_running_loop().add_writer(self._number, self.send)

    def put(self, data: bytes) -> None:
        """Queue data behind what waits."""
        self._pieces.append(data)
        self.size += len(data)

    def send(self) -> None:
        """Send as much as the socket takes now."""
        try:
            while self._pieces:
                self._join_small()
                view = memoryview(self._pieces[0])[self._offset :]
                sent = self._socket.send(view)
                self.size -= sent
                self._offset += sent
                if sent < len(view):
                    return
                self._pieces.popleft()
                self._offset = 0
        except BlockingIOError:
            return
        except OSError:
            self.close()
            self._on_error()
            return
        self.close()
        self._on_drained()

    def drop_unsent(self) -> None:
        """Drop what was queued whole and has not begun to be sent.

        The first piece stays: it may begin in the middle of a frame, or of a TLS record.
        """
        while len(self._pieces) > 1:
            self.size -= len(self._pieces.pop())

    def close(self) -> None:
        """Send nothing more."""
        asyncio.get_running_loop().remove_writer(self._number)
        self._pieces.clear()
        self.size = 0

    def _join_small(self) -> None:
        """Make one piece of several small ones: each costs a system call."""
        first = self._pieces[0]
        if len(self._pieces) == 1 or len(first) - self._offset + len(self._pieces[1]) > PIECE_BYTES:
            return
        joined = [first[self._offset :]]
        size = len(joined[0])
        self._pieces.popleft()
        while self._pieces and size + len(self._pieces[0]) <= PIECE_BYTES:
            size += len(self._pieces[0])
            joined.append(self._pieces.popleft())
        self._pieces.appendleft(b"".join(joined))
        self._offset = 0
