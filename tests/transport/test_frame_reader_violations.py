from __future__ import annotations

import struct

import pytest

from chat.protocol.messages import close_code
from tests.transport.reading import MASK, MESSAGE, VIOLATION, Reading, header
from wschat_tools.conformance import frames
from wschat_tools.conformance.frames import CONTINUATION, PING, PONG, client_frame, close_frame

FIRST = client_frame(b"first", fin=False)
PROTOCOL = (VIOLATION, 1002)
NOT_UTF_8 = (VIOLATION, 1007)
TOO_BIG = (VIOLATION, 1009)


WHOLE = {
    "unmasked text": client_frame(b"hi", masked=False),
    "unmasked ping": client_frame(b"hi", PING, masked=False),
    "unmasked pong": client_frame(b"hi", PONG, masked=False),
    "unmasked close": client_frame(b"\x03\xe8", frames.CLOSE, masked=False),
    **{f"reserved bit {bit}": client_frame(b"hi", reserved=bit) for bit in (1, 2, 4)},
    "reserved bit, ping": client_frame(b"hi", PING, reserved=4),
    "reserved bit, close": client_frame(b"\x03\xe8", frames.CLOSE, reserved=1),
    **{f"opcode {code}": client_frame(b"hi", code) for code in (*range(3, 8), *range(0xB, 0x10))},
    **{f"fragmented {code}": client_frame(b"", code, fin=False) for code in (PING, PONG, 8)},
    "ping of 126 bytes": client_frame(bytes(126), PING),
    "pong of 126 bytes": client_frame(bytes(126), PONG),
    "pong of 70 kB": client_frame(bytes(70_000), PONG),
    "close of 126 bytes": client_frame(b"\x03\xe8" + bytes(124), frames.CLOSE),
    "continuation of nothing": client_frame(b"hi", CONTINUATION),
    "text in a text": FIRST + client_frame(b"hi"),
    "binary in a text": FIRST + client_frame(b"hi", frames.BINARY),
    "close of one byte": client_frame(b"\x03", frames.CLOSE),
    **{f"5 in {n} bytes": header(0x81, 5, bytes_of_length=n) + b"hello" for n in (2, 8)},
    "0 in 2 bytes": header(0x81, 0, bytes_of_length=2),
    "125 in 2 bytes": header(0x81, 125, bytes_of_length=2) + bytes(125),
    "65535 in 8 bytes": header(0x81, 65535, bytes_of_length=8) + bytes(65535),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_violations_of_the_protocol_are_reported_as_1002(data: bytes) -> None:
    """A broken client would be let through, or closed without the reason its author needs."""
    for pieces in ([data], [data[:1], data[1:2], data[2:]]):
        reading = Reading()
        reading.take(*pieces)
        reading.take(client_frame(b"late") + close_frame() + client_frame(b"", PING))
        assert reading.calls == [PROTOCOL]
        assert reading.reasons[0]
        assert reading.reader.is_done


BY_HEADER = {
    "reserved bit": header(0xC1, 5, bytes_of_length=1),
    "opcode 3": header(0x83, 5, bytes_of_length=1),
    "unmasked": header(0x81, 5, bytes_of_length=1, is_masked=False),
    "length in 2 bytes": header(0x81, 5, bytes_of_length=2),
    "length in 8 bytes": header(0x81, 5, bytes_of_length=8),
    "long ping": header(0x89, 126, bytes_of_length=2),
    "long close": header(0x88, 50_000, bytes_of_length=2),
    "long pong": header(0x8A, 70_000, bytes_of_length=8),
}


@pytest.mark.parametrize("data", BY_HEADER.values(), ids=BY_HEADER)
def test_a_bad_header_is_reported_before_its_payload_comes(data: bytes) -> None:
    """A broken client that waits for an answer would never get one."""
    reading = Reading()
    reading.take(data)
    assert reading.calls == [PROTOCOL]


def test_close_codes_that_nobody_may_send() -> None:
    """A client could have the log and the admin show `connection lost` where it closed."""
    for code in (0, 999, 1004, 1005, 1006, 1015, *range(1016, 3000), 5000, 65535):
        reading = Reading()
        reading.take(close_frame(code))
        assert reading.calls == [PROTOCOL], code


@pytest.mark.parametrize("code", [1000, 1014, 4000])
def test_a_close_reason_that_is_not_utf_8(code: int) -> None:
    """A client that garbles text would never be told."""
    reading = Reading()
    reading.take(close_frame(code, b"\xff"))
    assert reading.calls == [NOT_UTF_8]


@pytest.mark.parametrize(
    "bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80"]
)
@pytest.mark.parametrize("way", ["fragment", "long frame"])
def test_text_that_is_not_utf_8_is_reported_before_the_message_is_complete(
    bad: bytes, way: str
) -> None:
    """A megabyte that is refused anyway would have to be sent and kept first."""
    reading = Reading()
    if way == "fragment":
        reading.take(client_frame("é".encode() + bad, fin=False))
    else:
        reading.take(header(0x81, 100_000, bytes_of_length=8), b"good", bad)
    assert reading.calls == [NOT_UTF_8]


def test_a_character_that_is_cut_off_at_the_end_of_a_message() -> None:
    """Half a character would reach everyone in the room."""
    reading = Reading()
    reading.take(client_frame(b"a", fin=False), client_frame(b"\xe2\x82", CONTINUATION))
    assert reading.calls == [NOT_UTF_8]


def test_a_text_that_looks_like_a_close_frame_is_none() -> None:
    """A message that is not UTF-8 would be logged as a close with code 1014."""
    reading = Reading()
    like_close = b"\x88\x82" + MASK + struct.pack("!H", 1014)
    reading.take(header(0x81, 70_000, bytes_of_length=8), like_close)
    assert reading.calls == [NOT_UTF_8]


@pytest.mark.parametrize("size", [2**63, 2**64 - 1, 2**63 + 5])
def test_a_length_with_its_highest_bit_is_a_violation(size: int) -> None:
    """A client that writes lengths wrong would be told that its message is too big."""
    reading = Reading()
    reading.take_bytewise(header(0x81, size, bytes_of_length=8))
    assert reading.calls == [PROTOCOL]


@pytest.mark.parametrize(
    "data",
    [
        header(0x81, 2**40, bytes_of_length=8, is_masked=False),
        header(0xC1, 2**40, bytes_of_length=8),
        header(0x83, 2**40, bytes_of_length=8),
        header(0x89, 2**40, bytes_of_length=8),
        header(0x8A, 2**40, bytes_of_length=8),
        header(0x88, 2**40, bytes_of_length=8),
    ],
    ids=["unmasked", "reserved bit", "opcode 3", "ping", "pong", "close"],
)
def test_a_bad_header_is_reported_before_the_size(data: bytes) -> None:
    """The author of a broken client would look for a long message that it never sent."""
    reading = Reading()
    reading.take(data)
    assert reading.calls == [PROTOCOL]


def test_a_violation_does_not_hide_what_came_before_it() -> None:
    """The last message before a fault would be lost."""
    reading = Reading()
    reading.take(client_frame(b"one") + client_frame(b"", 3) + client_frame(b"two"))
    assert reading.calls == [(MESSAGE, "one"), PROTOCOL]


def test_the_table_of_close_codes_has_those_of_violations() -> None:
    """The server would fail with an exception where it should say what a client did wrong."""
    for _, code in (PROTOCOL, NOT_UTF_8, TOO_BIG):
        assert close_code(code).meaning
