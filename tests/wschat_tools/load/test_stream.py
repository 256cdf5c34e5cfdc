from __future__ import annotations

import json
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wschat_tools.load.errors import ChatError
from wschat_tools.load.speakers import UNICODE, Speakers
from wschat_tools.load.stream import Stream

ANN, BEN, EVE = b"ann", b"ben", b"eve"


def frame(sender: bytes, action: str, contents: str) -> bytes:
    message = {"sender": sender.decode(), "action": action, "contents": contents, "timestamp": 1}
    payload = json.dumps(message).encode()
    if len(payload) < 126:
        return struct.pack("!BB", 0x81, len(payload)) + payload
    if len(payload) < 65536:
        return struct.pack("!BBH", 0x81, 126, len(payload)) + payload
    return struct.pack("!BBQ", 0x81, 127, len(payload)) + payload


def speakers() -> Speakers:
    known = Speakers()
    known.add(ANN, 64, UNICODE)
    known.add(BEN, 300)
    return known


def recording(known: Speakers) -> bytes:
    ann, ben = known.all
    return b"".join([
        frame(b"system", "connect", "ann"),
        frame(ANN, "chat", ann.text(0)),
        frame(ANN, "chat", ann.text(1)),
        frame(b"system", "connect", "ben"),
        frame(BEN, "chat", ben.text(0)),
        frame(EVE, "chat", 'a stranger says "action":"chat" and "sender":"ann"'),
        frame(ANN, "chat", "something else"),
        frame(ANN, "chat", ann.text(3)),
        frame(EVE, "chat", "x" * 70_000),
        frame(b"system", "disconnect", "ann"),
        frame(b"system", "error", "no"),
    ])  # fmt: skip


@given(st.lists(st.integers(min_value=1, max_value=72_000), max_size=20))
def test_however_the_bytes_are_cut(cuts: list[int]) -> None:
    """Without it counts would depend on how the network cuts what it carries."""
    known = speakers()
    data = recording(known)
    stream = Stream(known)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(places):
        assert stream.extend(memoryview(data)[start:end]) == end - start
    assert stream.counts_before(stream.end) == (5, 0, 1)
    assert list(stream.joined) == [b"ann", b"ben"]
    assert stream.left == {b"ann"}
    assert stream.errors == ["no"]
    assert stream.next == stream.end == len(data)


def test_forgetting_keeps_the_counts() -> None:
    """Without it recycling memory would change what was counted."""
    known = speakers()
    data = recording(known)
    stream = Stream(known)
    stream.extend(memoryview(data))
    halfway = stream.chat_ends[1] + 5
    before = stream.chats_before(halfway)
    stream.forget(halfway)
    assert stream.base == halfway - 5
    assert stream.chats_before(halfway) == before == 2
    assert stream.counts_before(stream.end) == (5, 0, 1)
    assert stream.data == data[stream.base :]


def test_place_of_a_difference() -> None:
    """Without it a member that differs would be counted from a wrong frame on."""
    known = speakers()
    data = recording(known)
    stream = Stream(known)
    stream.extend(memoryview(data))
    for same in (0, 1, 77, 500, len(data) - 1):
        other = bytearray(data)
        other[same] ^= 0xFF
        assert stream.common(0, memoryview(other)) == same
        assert stream.last_boundary(same) <= same
    assert stream.common(0, memoryview(data + b"more")) == len(data)


@pytest.mark.parametrize("control", [b"\x89\x00", b"\x88\x02\x03\xe8", b"\x8a\x01x"])
def test_control_frames_are_left(control: bytes) -> None:
    """Without it a ping would become part of what everyone must have received."""
    known = speakers()
    first = frame(b"system", "connect", "ann")
    stream = Stream(known)
    assert stream.extend(memoryview(first + control + first)) == len(first)
    assert stream.end == len(first)
    assert stream.extend(memoryview(control)) == 0
    assert stream.extend(memoryview(first)) == len(first)


@pytest.mark.parametrize("junk", [b"\xf1\x05hello", b"\x81\x85hello-"])
def test_frames_that_no_server_sends(junk: bytes) -> None:
    """Without it compressed or masked frames would be counted as something."""
    with pytest.raises(ChatError, match="got a frame that starts"):
        Stream(speakers()).extend(memoryview(junk))
