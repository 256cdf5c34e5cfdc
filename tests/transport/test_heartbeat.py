from __future__ import annotations

import pytest

from chat.transport import heartbeat
from chat.transport.heartbeat import PING_SECONDS, TICK_SECONDS, Heartbeat
from tests.transport.timers import Timers


class Counting:
    """A member's socket that counts its pings; it may close or fail when it is pinged."""

    def __init__(
        self, heartbeat: Heartbeat, *, closes: bool = False, is_faulty: bool = False
    ) -> None:
        self.pings = 0
        self.looks: list[int] = []  # how many pings there had been
        self.aborts = 0
        self._closes = closes
        self._is_faulty = is_faulty
        self._heartbeat = heartbeat
        self._slot = heartbeat.add(self)

    def close(self) -> None:
        """Be pinged no longer."""
        self._heartbeat.remove(self, self._slot)

    def ping(self) -> None:
        """Count it."""
        self.pings += 1
        if self._closes:
            self.close()
        if self._is_faulty:
            raise RuntimeError("a fault")

    def end_if_silent(self) -> None:
        """Note it."""
        self.looks.append(self.pings)

    def end(self) -> None:
        """Count it, and close as a socket does."""
        self.aborts += 1
        self.close()


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """Return the timers of the loop that the heartbeat sees."""
    return Timers.of(heartbeat, monkeypatch)


def test_each_socket_is_pinged_once_in_an_interval(timers: Timers) -> None:
    """Idle members would lose their connection to a proxy, or be woken up for nothing."""
    beat = Heartbeat()
    sockets = []
    for _ in range(PING_SECONDS + 5):
        sockets += [Counting(beat), Counting(beat)]
        timers.fire()
    before = [socket.pings for socket in sockets]
    for number in range(1, 4):
        for _ in range(PING_SECONDS):
            timers.fire()
        assert [socket.pings for socket in sockets] == [count + number for count in before]


def test_a_socket_has_a_whole_interval_before_its_first_ping(timers: Timers) -> None:
    """A member would be given up a second after it came: the answer to its ping is a way off."""
    beat = Heartbeat()
    Counting(beat)
    timers.fire()
    socket = Counting(beat)
    for _ in range(PING_SECONDS - 1):
        timers.fire()
    assert socket.pings == 0
    timers.fire()
    assert socket.pings == 1


def test_there_is_one_timer_for_all(timers: Timers) -> None:
    """Five thousand members would cost five thousand timers."""
    beat = Heartbeat()
    for _ in range(100):
        Counting(beat)
    assert timers.delays == [TICK_SECONDS]
    for _ in range(3 * PING_SECONDS):
        timers.fire()
        Counting(beat)
        assert timers.delays == [TICK_SECONDS]


def test_pings_are_spread_over_the_interval(timers: Timers) -> None:
    """The pings of everyone at once would hold up the messages of that moment."""
    beat = Heartbeat()
    sockets = []
    for _ in range(PING_SECONDS):
        sockets += [Counting(beat) for _ in range(10)]
        timers.fire()
    for _ in range(PING_SECONDS):
        before = sum(socket.pings for socket in sockets)
        timers.fire()
        assert sum(socket.pings for socket in sockets) - before == 10


def test_a_socket_that_closed_is_pinged_no_more(timers: Timers) -> None:
    """Closed sockets would stay in memory for as long as the server runs."""
    beat = Heartbeat()
    stays, closed = Counting(beat), Counting(beat)
    closes_when_pinged = Counting(beat, closes=True)
    assert len(beat) == 3
    closed.close()
    assert len(beat) == 2
    for _ in range(3 * PING_SECONDS):
        timers.fire()
    assert (stays.pings, closed.pings, closes_when_pinged.pings) == (3, 0, 1)
    assert len(beat) == 1


def test_a_socket_that_fails_does_not_end_the_heartbeat(timers: Timers) -> None:
    """One fault would leave every member without pings until the server restarts."""
    beat = Heartbeat()
    beat.set_seconds(1, 1)
    socket = Counting(beat, is_faulty=True)
    for number in range(1, 3):
        with pytest.raises(RuntimeError):
            timers.fire()
        assert (socket.pings, timers.delays) == (number, [TICK_SECONDS])


@pytest.mark.parametrize(("seconds", "expected"), [(5, 5), (1, 1), (0, 1), (60, 60)])
def test_the_interval_can_be_set(timers: Timers, seconds: int, expected: int) -> None:
    """`--ping-interval` would be ignored, and proxies drop idle members."""
    beat = Heartbeat()
    beat.set_seconds(seconds, 1)
    socket = Counting(beat)
    for _ in range(expected - 1):
        timers.fire()
    assert socket.pings == 0
    for _ in range(2 * expected + 1):
        timers.fire()
    assert socket.pings == 3


@pytest.mark.parametrize(
    ("interval", "answer", "expected"),
    [(10, 3, 13), (10, 1, 11), (10, 0, 11), (10, 10, 20), (10, 30, 20), (1, 30, 2)],
)
def test_an_answer_is_looked_for_in_its_time(
    timers: Timers, interval: int, answer: int, expected: int
) -> None:
    """A member on a slow line would be given up, or a ghost stay for an interval more."""
    beat = Heartbeat()
    beat.set_seconds(interval, answer)
    socket = Counting(beat)
    seconds = 0
    while 1 not in socket.looks:
        timers.fire()
        seconds += 1
    assert seconds == expected


def test_all_sockets_are_aborted_at_the_end(timers: Timers) -> None:
    """A stop would leave connections open that nobody serves."""
    beat = Heartbeat()
    sockets = []
    for _ in range(5):
        sockets += [Counting(beat), Counting(beat)]
        timers.fire()
    beat.end_all()
    assert [socket.aborts for socket in sockets] == [1] * 10
    assert not beat
