from __future__ import annotations

import pytest

from chat.transport.frame_reader import MOST_ASSEMBLED, MOST_FRAMES
from tests.transport.reading import MESSAGE, VIOLATION, Clock, Reading, header
from wschat_tools.conformance.frames import CONTINUATION, PONG, client_frame

TOO_BIG = (VIOLATION, 1009)


@pytest.mark.parametrize("size", [MOST_ASSEMBLED + 1, 2**40, 2**63 - 1])
@pytest.mark.parametrize("first", [0x81, 0x82, 0x01])
def test_a_message_too_big_is_refused_by_its_header(first: int, size: int) -> None:
    """A client could make the server keep gigabytes, until it is out of memory."""
    reading = Reading()
    reading.take(header(first, size, bytes_of_length=8))
    reading.take(client_frame(b"late"))
    assert reading.calls == [TOO_BIG]
    assert str(MOST_ASSEMBLED) in reading.reasons[0]


def test_fragments_that_add_up_to_too_much_are_refused_by_the_last_header() -> None:
    """A client could send without an end, a fragment at a time, until memory is full."""
    reading = Reading()
    reading.take(client_frame(b"x" * (MOST_ASSEMBLED - 10), fin=False))
    assert reading.calls == []
    reading.take(header(0x00, 11, bytes_of_length=1))
    assert reading.calls == [TOO_BIG]


def test_fragments_that_add_up_to_too_much_in_one_read_are_not_delivered() -> None:
    """A message longer than the limit would be read as JSON, past the bound on memory."""
    reading = Reading()
    reading.take(client_frame(b"x" * (MOST_ASSEMBLED - 10), fin=False))
    reading.take(client_frame(b"x" * 11, CONTINUATION))
    assert reading.calls == [TOO_BIG]


def test_the_limit_on_a_message_is_exact_and_starts_anew_with_each() -> None:
    """A member would be disconnected for a message that is allowed, or for several short ones."""
    reading = Reading()
    for _ in range(3):
        reading.take(client_frame(b"x" * (MOST_ASSEMBLED - 10), fin=False))
        reading.take(client_frame(b"x" * 10, CONTINUATION, fin=False))
        reading.take(client_frame(b"", CONTINUATION))
    assert reading.messages == ["x" * MOST_ASSEMBLED] * 3
    for size in (MOST_ASSEMBLED - 10, 10):
        reading.take(client_frame(b"x" * size, CONTINUATION if size == 10 else 1, fin=False))
    assert len(reading.calls) == 3
    reading.take(client_frame(b"x", CONTINUATION, fin=False))
    assert reading.calls[3:] == [TOO_BIG]


def test_the_size_of_a_message_is_counted_in_bytes() -> None:
    """Emoji would let a message be four times as large as the limit."""
    reading = Reading()
    half = "😀".encode() * (MOST_ASSEMBLED // 8)
    reading.take(client_frame(half, fin=False))
    reading.take(client_frame(half, CONTINUATION, fin=False))
    assert reading.calls == []
    reading.take(client_frame(b"x", CONTINUATION, fin=False))
    assert reading.calls == [TOO_BIG]


@pytest.mark.parametrize("is_last", [False, True], ids=["goes on", "ends there"])
def test_a_message_in_too_many_frames(is_last: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of empty frames would grow for ever without ever being too long."""
    clock, reading = Clock(), Reading()
    clock.install(monkeypatch)
    reading.take(client_frame(b"", fin=False))
    for _ in range(MOST_FRAMES - 1):
        reading.take(client_frame(b"", CONTINUATION, fin=False))
    assert reading.calls == []
    reading.take(client_frame(b"", CONTINUATION, fin=is_last))
    reading.wait_out_pauses(clock)
    assert reading.calls == [TOO_BIG]
    assert f"more than {MOST_FRAMES} frames" in reading.reasons[0]


def test_control_frames_are_not_frames_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that pings during a long message would be disconnected for it."""
    clock, reading = Clock(), Reading()
    clock.install(monkeypatch)
    reading.take(client_frame(b"a", fin=False) + client_frame(b"", PONG) * (MOST_FRAMES + 5))
    reading.wait_out_pauses(clock)
    reading.take(client_frame(b"b", CONTINUATION))
    reading.wait_out_pauses(clock)
    assert reading.calls == [(MESSAGE, "ab")]
