from __future__ import annotations

import pytest

from chat.transport.frame_reader import FRAMES_AT_ONCE, FRAMES_PER_SECOND, LEAST_PAUSE
from tests.transport.reading import CLOSE, MESSAGE, PING, VIOLATION, Clock, Reading
from wschat_tools.conformance import frames
from wschat_tools.conformance.frames import CONTINUATION, PONG, client_frame, close_frame


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the time that the rate limit sees; it stands still until a test moves it."""
    clock = Clock()
    clock.install(monkeypatch)
    return clock


def pings(count: int, start: int = 0) -> bytes:
    """Return pings, each with its number as the payload."""
    numbers = range(start, start + count)
    return b"".join(client_frame(str(number).encode(), frames.PING) for number in numbers)


def numbered(count: int) -> list[tuple[str, bytes]]:
    """Return what a reader reports of so many pings."""
    return [(PING, str(number).encode()) for number in range(count)]


def test_texts_are_outside_of_the_limit(clock: Clock) -> None:
    """A member that chats fast would be slowed down by a limit that is not for chats."""
    reading = Reading()
    reading.take(client_frame(b"x") * (4 * FRAMES_AT_ONCE))
    assert clock.now == 1000.0
    assert (len(reading.messages), reading.pauses) == (4 * FRAMES_AT_ONCE, [])


@pytest.mark.parametrize(
    "data",
    [
        client_frame(b"", frames.PING),
        client_frame(b"", PONG),
        client_frame(b"y" * 70_000),
        client_frame(b"a", fin=False) + client_frame(b"b", CONTINUATION),
    ],
    ids=["ping", "pong", "long text", "fragments"],
)
@pytest.mark.usefixtures("clock")
def test_every_other_frame_counts(data: bytes) -> None:
    """Thirty connections that send such frames without a pause would fill a processor core."""
    reading = Reading()
    frames_of_each = 2 if len(data) == 14 else 1
    for _ in range(FRAMES_AT_ONCE // frames_of_each):
        reading.take(data)
    assert reading.pauses == []
    reading.take(data)
    assert reading.reader.is_rate_limited
    assert reading.pauses == [LEAST_PAUSE]


def test_nothing_is_lost_or_reordered_by_pauses(clock: Clock) -> None:
    """Messages behind a flood of pings would be lost, or overtake those before it."""
    reading = Reading()
    data, expected = b"", []
    for number in range(4 * FRAMES_AT_ONCE):
        data += pings(1, number) + client_frame(b"%d" % number)
        expected += [(PING, b"%d" % number), (MESSAGE, str(number))]
    reading.take(data + close_frame())
    assert reading.calls == expected[: 2 * FRAMES_AT_ONCE]
    reading.wait_out_pauses(clock)
    assert reading.calls == [*expected, (CLOSE, 1000)]


def test_what_is_read_during_a_pause_waits_behind_it(clock: Clock) -> None:
    """A message that the kernel had handed over already would overtake, or be lost."""
    reading = Reading()
    reading.take(pings(FRAMES_AT_ONCE + 2))
    assert not reading.take(client_frame(b"behind")[:3])
    assert not reading.take(client_frame(b"behind")[3:])
    assert reading.calls == numbered(FRAMES_AT_ONCE)
    assert len(reading.pauses) == 1
    reading.wait_out_pauses(clock)
    assert reading.calls == [*numbered(FRAMES_AT_ONCE + 2), (MESSAGE, "behind")]


def test_the_limit_is_so_many_frames_a_second(clock: Clock) -> None:
    """Frames of one connection would take more of the processor than others are left."""
    reading = Reading()
    reading.take(pings(FRAMES_AT_ONCE * 3))
    started = clock.now
    reading.wait_out_pauses(clock)
    seconds = clock.now - started
    assert seconds == pytest.approx(2 * FRAMES_AT_ONCE / FRAMES_PER_SECOND, abs=2 * LEAST_PAUSE)
    assert len(reading.pauses) <= seconds / LEAST_PAUSE + 1


def test_resuming_too_early_pauses_again(clock: Clock) -> None:
    """A timer that fires a little early would let a flood through."""
    reading = Reading()
    reading.take(pings(FRAMES_AT_ONCE + 1))
    reading.reader.resume()
    assert reading.reader.is_rate_limited
    assert (reading.calls, len(reading.pauses)) == (numbered(FRAMES_AT_ONCE), 2)
    reading.wait_out_pauses(clock)
    assert reading.calls == numbered(FRAMES_AT_ONCE + 1)


def test_the_burst_is_free_again_after_a_while(clock: Clock) -> None:
    """A client that was slowed down once would stay slow for as long as it is connected."""
    reading = Reading()
    reading.take(pings(FRAMES_AT_ONCE))
    clock.now += FRAMES_AT_ONCE / FRAMES_PER_SECOND
    reading.take(pings(FRAMES_AT_ONCE, FRAMES_AT_ONCE))
    assert (reading.calls, reading.pauses) == (numbered(2 * FRAMES_AT_ONCE), [])


@pytest.mark.usefixtures("clock")
def test_a_frame_counts_once_however_it_comes() -> None:
    """A member behind a slow line would be slowed down for frames that it did not send."""
    reading = Reading()
    for _ in range(FRAMES_AT_ONCE // 4):
        reading.take_bytewise(pings(1) + client_frame(b"", PONG))
        reading.take_bytewise(client_frame(b"abc", fin=False) + client_frame(b"", CONTINUATION))
    assert reading.pauses == []


@pytest.mark.usefixtures("clock")
def test_a_violation_behind_the_limit_waits_and_is_reported(clock: Clock) -> None:
    """A flood would hide that its sender breaks the protocol."""
    reading = Reading()
    reading.take(pings(FRAMES_AT_ONCE) + client_frame(b"", 3) + client_frame(b"late"))
    assert reading.calls == numbered(FRAMES_AT_ONCE)
    reading.wait_out_pauses(clock)
    assert reading.calls == [*numbered(FRAMES_AT_ONCE), (VIOLATION, 1002)]
