from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from autobahn.websocket.protocol import WebSocketProtocol
from chat.transport.allowance import FRAMES_AT_ONCE
from chat.transport.reader import MOST_FRAMES, FrameReader
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode

from wschat_tools.conformance.frames import CONTINUATION, PING, client_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Autobahn:
    """A parser in Autobahn's place: wsproto's, with the attributes that the reader looks at."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self.state = WebSocketProtocol.STATE_OPEN
        self._hear = hear
        self.data = b""
        self.current_frame: object | None = None
        self.inside_message = False
        self.lost: list[object] = []
        self.received = 0
        self.pings: list[bytes] = []
        self.failures: list[tuple[int, str]] = []
        self._parser = FrameProtocol(client=False, extensions=[])
        self._text = ""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Parse frames, and hand on whole texts."""
        self.received += len(data)
        self.data += data
        while (size := self._whole_frame()) is not None:
            frame, self.data = self.data[:size], self.data[size:]
            self._parser.receive_bytes(frame)
            for part in self._parser.received_frames():
                if part.opcode in {Opcode.TEXT, Opcode.CONTINUATION}:
                    self._text += str(part.payload)
                    self.inside_message = not part.message_finished
                    if part.message_finished:
                        self._hear(self._text)
                        self._text = ""
                elif part.opcode == Opcode.PING:
                    assert isinstance(part.payload, bytes | bytearray)
                    self.pings.append(bytes(part.payload))

    def _whole_frame(self) -> int | None:
        if len(self.data) < 2:
            return None
        length, size = self.data[1] & 0x7F, 6
        if length == 126:
            length, size = int.from_bytes(self.data[2:4], "big"), 8
        elif length == 127:
            length, size = int.from_bytes(self.data[2:10], "big"), 14
        return size + length if size + length <= len(self.data) else None

    def _fail_connection(self, code: int, reason: str) -> None:
        """Remember what was wrong."""
        self.failures.append((code, reason))

    def connectionLost(self, reason: object) -> None:  # noqa: N802 - Twisted's name
        """Remember the reason."""
        self.lost.append(reason)


class Reading:
    """A reader between two fakes, and what was heard by either way, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fast = 0
        self.pauses: list[float] = []
        self.autobahn = Autobahn(self.heard.append)
        self.reader = FrameReader(self.autobahn, self._hear, self.pauses.append, lambda: None)

    def _hear(self, text: bytes) -> None:
        self.heard.append(text.decode())
        self.fast += 1

    def wait_for_allowance(self) -> None:
        """Resume the reader when it said, until everything is paid for."""
        while self.reader.is_pausing:
            time.sleep(self.pauses[-1])
            self.reader.resume()


_texts = st.text(max_size=30) | st.sampled_from(["", "y" * 125, "y" * 126, "y" * 70000])


@st.composite
def _messages(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a text message and its frames: one or more, maybe with pings around."""
    text = draw(_texts)
    data = text.encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=2)))
    if len(data) > 1000:
        cuts = []
    edges = [0, *cuts, len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    mask = draw(st.binary(min_size=4, max_size=4))
    frames = b""
    for number, piece in enumerate(pieces):
        if draw(st.integers(0, 5)) == 0:
            frames += client_frame(b"p", PING)
        frames += client_frame(
            piece, CONTINUATION if number else 1, fin=number == len(pieces) - 1, mask=mask
        )
    return text, frames


@settings(max_examples=150)
@given(st.lists(_messages(), max_size=6), st.data())
def test_hears_every_message_in_order_however_the_bytes_are_cut(
    messages: Sequence[tuple[str, bytes]], data: st.DataObject
) -> None:
    """What the network does to a stream, or fragments, would change what is said."""
    reading = Reading()
    stream = b"".join(frames for _, frames in messages)
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        reading.reader.dataReceived(stream[:cut])
        stream = stream[cut:]
    assert reading.heard == [text for text, _ in messages]


def test_small_texts_do_not_touch_autobahn() -> None:
    """Every message would take the slow way, ten times as long."""
    reading = Reading()
    stream = client_frame(b"one") + client_frame("é".encode() * 1000)
    for start in range(0, len(stream), 100):
        reading.reader.dataReceived(stream[start : start + 100])
    assert reading.heard == ["one", "é" * 1000]
    assert reading.autobahn.received == 0


def test_the_fast_way_is_found_again_after_the_slow_one() -> None:
    """One ping or one long message would slow a member down for good."""
    reading = Reading()
    reading.reader.dataReceived(client_frame(b"p", PING) + client_frame(b"y" * 70000))
    reading.reader.dataReceived(client_frame(b"fast"))
    assert reading.heard == ["y" * 70000, "fast"]
    assert reading.fast == 1
    assert reading.autobahn.pings == [b"p"]


def test_nothing_overtakes_half_a_message_of_autobahn_s() -> None:
    """A small message would come before the long one that was sent first."""
    reading = Reading()
    long = client_frame(b"x" * 70000)
    reading.reader.dataReceived(long[:100])
    reading.reader.dataReceived(long[100:] + client_frame(b"small"))
    assert reading.heard == ["x" * 70000, "small"]


def test_nothing_is_heard_the_fast_way_once_closing() -> None:
    """A frame after the close would be read on the fast way, past Autobahn's own order."""
    reading = Reading()
    reading.autobahn.state = WebSocketProtocol.STATE_CLOSING
    reading.reader.dataReceived(client_frame(b"late"))
    assert reading.fast == 0
    assert reading.autobahn.received > 0


def test_a_close_in_between_leaves_the_rest_to_autobahn() -> None:
    """The answer to our close frame would be kept back for ever."""
    reading = Reading()

    def close(_text: bytes) -> None:
        reading.autobahn.state = WebSocketProtocol.STATE_CLOSING

    reader = FrameReader(reading.autobahn, close, reading.pauses.append, lambda: None)
    reader.dataReceived(client_frame(b"bad") + client_frame(b"half")[:-1])
    assert reading.autobahn.received == len(client_frame(b"half")) - 1


def test_frames_that_are_no_message_are_paid_for() -> None:
    """Pings, which cost more than chats, would be outside of every limit."""
    reading = Reading()
    stream = client_frame(b"p", PING) * (FRAMES_AT_ONCE + 10) + client_frame(b"after")
    reading.reader.dataReceived(stream)
    assert FRAMES_AT_ONCE <= len(reading.autobahn.pings) < FRAMES_AT_ONCE + 10
    (seconds,) = reading.pauses
    assert 0 < seconds < 1
    reading.reader.dataReceived(b"")  # not even where something more had been read
    assert len(reading.pauses) == 1
    reading.wait_for_allowance()
    assert len(reading.autobahn.pings) == FRAMES_AT_ONCE + 10
    assert reading.heard == ["after"]


def test_a_message_in_too_many_frames_is_told_so() -> None:
    """A message of empty frames would grow for ever, and never be longer than it may be."""
    reading = Reading()
    reading.reader.dataReceived(client_frame(b"", fin=False))
    for _ in range(MOST_FRAMES + 5):
        reading.reader.dataReceived(client_frame(b"", CONTINUATION, fin=False))
        reading.wait_for_allowance()
    assert reading.autobahn.failures == [(1009, f"message in more than {MOST_FRAMES} frames")]


def test_passes_on_that_the_connection_is_lost() -> None:
    """A member whose connection broke would stay in the room."""
    reading = Reading()
    reading.reader.connectionLost("reason")
    assert reading.autobahn.lost == ["reason"]


def test_has_a_name_for_twisted_s_log() -> None:
    """Twisted would fail where it logs a fault of this connection."""
    assert Reading().reader.logPrefix() == "wschat"
