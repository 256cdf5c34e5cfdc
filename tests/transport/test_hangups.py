from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from chat.transport import hangups
from chat.transport.hangups import LOOK_EVERY, Hangups
from tests.transport.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Paused:
    """A paused connection: it counts its probes, and forgets itself when it is aborted."""

    def __init__(self, watching: Hangups) -> None:
        self.socket, self.peer = socket.socketpair()
        self.number = self.socket.fileno()
        self.probes = 0
        self.is_aborted = False
        self._watching = watching
        watching.watch(self.number, self)

    def probe(self) -> None:
        """Count it."""
        self.probes += 1

    def abort(self) -> None:
        """Close, as a member's socket does."""
        self.is_aborted = True
        self._watching.forget(self.number)
        self.socket.close()

    def let_go(self) -> None:
        """Close both ends."""
        self._watching.forget(self.number)
        self.socket.close()
        self.peer.close()


class Scene:
    """Paused connections, and the timer that looks after them."""

    def __init__(self, timers: Timers) -> None:
        self.timers = timers
        self.watching = Hangups()
        self._paused: list[Paused] = []

    def pause(self) -> Paused:
        """Return one more paused connection."""
        paused = Paused(self.watching)
        self._paused.append(paused)
        return paused

    def look(self, count: int = 1) -> None:
        """Let that many looks pass."""
        for _ in range(count):
            assert self.timers.delays == [LOOK_EVERY]
            self.timers.fire()

    def let_go(self) -> None:
        """Close all of them."""
        for paused in self._paused:
            paused.let_go()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Return a scene without connections."""
    scene = Scene(Timers.of(hangups, monkeypatch))
    yield scene
    scene.let_go()


def test_a_client_that_left_is_believed_at_the_second_look(scene: Scene) -> None:
    """A member that closed its tab while it was paused would stay in the room."""
    paused, other = scene.pause(), scene.pause()
    paused.peer.close()
    scene.look()
    assert not paused.is_aborted
    scene.look()
    assert (paused.is_aborted, other.is_aborted) == (True, False)


def test_a_member_that_is_read_again_tells_its_end_itself(scene: Scene) -> None:
    """Last words that were sent before the end would be thrown away."""
    paused = scene.pause()
    paused.peer.close()
    scene.look()
    scene.watching.unwatch(paused.number)
    scene.look()
    assert not paused.is_aborted
    assert scene.timers.delays == []


def test_a_member_that_stays_paused_is_probed(scene: Scene) -> None:
    """A client whose socket is closed, but whose last words are unread, would stay for ever."""
    paused = scene.pause()
    scene.look()
    assert paused.probes == 0
    scene.look(3)
    assert paused.probes == 3


def test_there_is_no_timer_while_nobody_is_paused(scene: Scene) -> None:
    """An idle server would wake up twice a second."""
    assert scene.timers.delays == []
    paused = scene.pause()
    scene.pause()
    assert scene.timers.delays == [LOOK_EVERY]
    paused.let_go()
    scene.let_go()
    scene.look()
    assert scene.timers.delays == []
    scene.pause()
    assert scene.timers.delays == [LOOK_EVERY]


def test_a_descriptor_that_is_used_again_starts_anew(scene: Scene) -> None:
    """A member would be aborted at the first look, for the end of the one before it."""
    first = scene.pause()
    first.peer.close()
    scene.look(2)
    assert first.is_aborted
    second = scene.pause()
    assert second.number == first.number
    second.peer.close()
    scene.look()
    assert not second.is_aborted
    scene.look()
    assert second.is_aborted
