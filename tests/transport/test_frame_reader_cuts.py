"""A stream of frames says the same however the network cuts it.

The frames are written by the `websockets` library, which shares no code with the reader.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.transport.reading import CLOSE, MESSAGE, PING, Clock, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.transport.reading import Call

SIZES = [0, 1, 125, 126, 65535, 65536, 70_000]
CODES = [1000, 1001, 1014, 3000, 4999]
Part = tuple[bytes, list["Call"]]


def client_bytes(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


@st.composite
def controls(draw: st.DrawFn) -> Part:
    """Draw a ping or a pong."""
    payload = draw(st.binary(max_size=125))
    if draw(st.booleans()):
        return client_bytes(Opcode.PING, payload), [(PING, payload)]
    return client_bytes(Opcode.PONG, payload), []


@st.composite
def texts(draw: st.DrawFn) -> Part:
    """Draw a message in one frame or several, cut anywhere, with control frames between them."""
    text = draw(st.text(max_size=40) | st.sampled_from(SIZES).map("y".__mul__))
    payload = text.encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    edges = list(pairwise([0, *cuts, len(payload)]))
    data = b""
    calls: list[Call] = []
    for number, (start, end) in enumerate(edges):
        opcode = Opcode.CONT if number else Opcode.TEXT
        data += client_bytes(opcode, payload[start:end], fin=number == len(edges) - 1)
        if number < len(edges) - 1 and draw(st.integers(0, 3)) == 0:
            between, called = draw(controls())
            data, calls = data + between, calls + called
    return data, [*calls, (MESSAGE, text)]


@st.composite
def closes(draw: st.DrawFn) -> Part:
    """Draw a close frame with a code, or nothing."""
    code = draw(st.none() | st.sampled_from(CODES))
    if code is None:
        return b"", []
    reason = draw(st.text(max_size=30)).encode()
    return client_bytes(Opcode.CLOSE, struct.pack("!H", code) + reason), [(CLOSE, code)]


def calls_of(pieces: Sequence[bytes]) -> list[Call]:
    """Return what a reader reports of a stream in these pieces, when all pauses are over."""
    with pytest.MonkeyPatch.context() as patch:
        clock, reading = Clock(), Reading()
        clock.install(patch)
        for piece in pieces:
            reading.take(piece)
            reading.wait_out_pauses(clock)
    return reading.calls


def cut(data: st.DataObject, stream: bytes) -> list[bytes]:
    """Cut a stream where Hypothesis says, sometimes into single bytes."""
    if len(stream) < 500 and data.draw(st.integers(0, 4)) == 0:
        return [stream[index : index + 1] for index in range(len(stream))]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]


@settings(max_examples=200)
@given(st.lists(texts() | controls(), max_size=8), closes(), st.data())
def test_valid_frames_are_read_as_they_were_sent(
    parts: list[Part], end: Part, data: st.DataObject
) -> None:
    """What the network does to a stream would change what members say."""
    parts = [*parts, end]
    stream = b"".join(frames for frames, _ in parts)
    expected = [call for _, calls in parts for call in calls]
    assert calls_of([stream]) == expected
    assert calls_of(cut(data, stream)) == expected


@settings(max_examples=200)
@given(st.lists(texts() | controls(), max_size=3), st.data())
def test_broken_frames_are_reported_alike_however_they_are_cut(
    parts: list[Part], data: st.DataObject
) -> None:
    """A fault would be found or not by chance, or end the connection with an exception."""
    broken = bytearray(b"".join(frames for frames, _ in parts)[:3000] + bytes(6))
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    whole, pieces = calls_of([bytes(broken)]), calls_of(cut(data, bytes(broken)))
    assert without_repeated_binary(pieces) == without_repeated_binary(whole)


def without_repeated_binary(calls: list[Call]) -> list[Call]:
    """Return the calls, with one for each run of reports of a binary message."""
    kept: list[Call] = []
    for call in calls:
        if call != (MESSAGE, None) or kept[-1:] != [call]:
            kept.append(call)
    return kept


@settings(max_examples=200)
@given(st.binary(max_size=300), st.data())
def test_junk_never_raises(stream: bytes, data: st.DataObject) -> None:
    """A client that sends junk would see a server error, and fill the log."""
    calls = calls_of(cut(data, stream))
    ends = [index for index, (kind, _) in enumerate(calls) if kind not in {MESSAGE, PING}]
    assert ends in ([], [len(calls) - 1])
