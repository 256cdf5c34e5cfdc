from __future__ import annotations

import asyncio
import os
import socket
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.transport.send_buffer import PIECE_BYTES, SendBuffer
from tests.fakes import until
from tests.transport.links import KIB

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAINED: Final = "drained"
BROKEN: Final = "broken"


class Scripted(socket.socket):
    """A socket that takes as many bytes as the test says, or fails; it keeps what it took.

    Attributes:
        space: bytes that it takes; None for any number.
        error: what `send` raises, if anything.
        calls: the sizes of what was given to `send`.

    """

    def __init__(self) -> None:
        here, self._there = socket.socketpair()
        super().__init__(fileno=here.detach())
        self.space: int | None = None
        self.error: OSError | None = None
        self.calls: list[int] = []
        self.taken = b""

    def send(self, data: memoryview, flags: int = 0) -> int:  # type: ignore[override]
        """Take as much as there is space for."""
        del flags
        self.calls.append(len(data))
        if self.error is not None:
            raise self.error
        size = len(data) if self.space is None else min(self.space, len(data))
        if size < min(len(data), 1):
            raise BlockingIOError
        self.taken += data[:size]
        if self.space is not None:
            self.space -= size
        return size

    def close(self) -> None:
        """Close both ends of the pair below."""
        self._there.close()
        super().close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Return a socket that does what the test says."""
    with Scripted() as scripted:
        yield scripted


class Buffered:
    """A buffer before a socket; `reports` is what it reported: that it is drained, or broken."""

    def __init__(self, connection: socket.socket) -> None:
        self.reports: list[str] = []
        self.buffer = SendBuffer(
            connection, partial(self.reports.append, DRAINED), partial(self.reports.append, BROKEN)
        )
        self.number = connection.fileno()

    def put(self, *pieces: bytes) -> None:
        """Queue pieces."""
        for piece in pieces:
            self.buffer.put(piece)

    async def sent(self) -> None:
        """Wait until all is sent, or the socket broke."""
        await until(lambda: self.reports)

    @property
    def is_watching(self) -> bool:
        """Whether the loop still calls when the socket takes more; it no longer does from now."""
        return asyncio.get_running_loop().remove_writer(self.number)


async def test_everything_goes_out_in_order(scripted: Scripted) -> None:
    """Messages would change places, or be lost, for members on a slow line."""
    scripted.space = 0
    buffered = Buffered(scripted)
    pieces = [os.urandom(size) for size in (1, 70_000, 5, 3 * PIECE_BYTES, 0, 9)]
    buffered.put(*pieces)
    for space in (3, 30_000, 100_000):
        scripted.space = space
        await until(lambda: scripted.space == 0)
        assert buffered.buffer.size == len(b"".join(pieces)) - len(scripted.taken)
        assert not buffered.reports
    buffered.put(b"last")
    scripted.space = None
    await buffered.sent()
    assert scripted.taken == b"".join(pieces) + b"last"
    assert (buffered.buffer.size, buffered.reports) == (0, [DRAINED])
    assert not buffered.is_watching


async def test_nothing_is_given_to_the_socket_at_once(scripted: Scripted) -> None:
    """A piece would overtake what the socket did not take before."""
    buffered = Buffered(scripted)
    buffered.put(b"one", b"two")
    assert (scripted.calls, buffered.buffer.size) == ([], 6)
    await buffered.sent()


async def test_small_pieces_are_joined(scripted: Scripted) -> None:
    """Thousands of short messages to a slow member would cost a system call each."""
    buffered = Buffered(scripted)
    pieces = [bytes([number % 256]) * KIB for number in range(200)]
    buffered.put(*pieces)
    await buffered.sent()
    assert scripted.calls == [64 * KIB, 64 * KIB, 64 * KIB, 8 * KIB]
    assert scripted.taken == b"".join(pieces)


async def test_large_pieces_are_not_copied(scripted: Scripted) -> None:
    """Each large batch would be copied once more for every slow member."""
    buffered = Buffered(scripted)
    sizes = [3 * PIECE_BYTES, 40 * KIB, 40 * KIB, PIECE_BYTES]
    buffered.put(*map(bytes, sizes))
    await buffered.sent()
    assert scripted.calls == sizes


async def test_dropping_keeps_the_piece_that_has_begun(scripted: Scripted) -> None:
    """A slow member would get half a message, and its client report a violation."""
    scripted.space = 0
    buffered = Buffered(scripted)
    begun = os.urandom(2 * PIECE_BYTES)
    buffered.put(begun, b"dropped", b"dropped, too")
    scripted.space = 1000
    await until(lambda: scripted.space == 0)
    buffered.buffer.drop_unsent()
    assert buffered.buffer.size == len(begun) - 1000
    buffered.put(b"close frame")
    scripted.space = None
    await buffered.sent()
    assert scripted.taken == begun + b"close frame"


async def test_dropping_keeps_the_only_piece(scripted: Scripted) -> None:
    """The rest of a message whose beginning is out already would be dropped."""
    buffered = Buffered(scripted)
    buffered.put(b"the rest")
    buffered.buffer.drop_unsent()
    await buffered.sent()
    assert scripted.taken == b"the rest"


@pytest.mark.parametrize("error", [BrokenPipeError(), ConnectionResetError()])
async def test_a_broken_socket_is_not_tried_again(scripted: Scripted, error: OSError) -> None:
    """The loop would turn without a pause for a member that is gone, and keep its messages."""
    scripted.error = error
    buffered = Buffered(scripted)
    buffered.put(b"one", bytes(PIECE_BYTES))
    await buffered.sent()
    assert (buffered.reports, buffered.buffer.size, len(scripted.calls)) == ([BROKEN], 0, 1)
    assert not buffered.is_watching


async def test_a_socket_that_takes_nothing_yet_is_tried_again(scripted: Scripted) -> None:
    """A TLS record that is under way would end the connection."""
    scripted.space = 0
    buffered = Buffered(scripted)
    buffered.put(b"one")
    await until(lambda: scripted.calls)
    assert (buffered.reports, buffered.buffer.size) == ([], 3)
    scripted.space = None
    await buffered.sent()
    assert scripted.taken == b"one"


async def test_nothing_is_sent_after_a_close(scripted: Scripted) -> None:
    """Messages would go out on a descriptor that belongs to somebody else by then."""
    scripted.space = 2
    buffered = Buffered(scripted)
    buffered.put(b"one", b"two")
    await until(lambda: scripted.space == 0)
    buffered.buffer.close()
    scripted.space = None
    assert not buffered.is_watching
    assert (scripted.taken, buffered.buffer.size, buffered.reports) == (b"on", 0, [])


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 3 * PIECE_BYTES) | st.integers(0, 100), min_size=1, max_size=12),
    st.lists(st.integers(1, 2 * PIECE_BYTES) | st.integers(1, 50), max_size=12),
)
def test_no_byte_is_lost_or_doubled(sizes: list[int], spaces: list[int]) -> None:
    """Frames of slow members would be garbled now and then."""
    whole = os.urandom(sum(sizes))

    async def send() -> None:
        with Scripted() as scripted:
            scripted.space = 0
            buffered, position = Buffered(scripted), 0
            for size in sizes:
                buffered.put(whole[position : position + size])
                position += size
            for space in spaces:
                scripted.space = space
                await until(lambda: scripted.space == 0 or buffered.reports)
                if buffered.reports:
                    break
                assert buffered.buffer.size == len(whole) - len(scripted.taken)
            scripted.space = None
            await buffered.sent()
            assert scripted.taken == whole

    asyncio.run(send())
