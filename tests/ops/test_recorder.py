"""What is written down of the room, and what becomes of it while the database takes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.models import Connection, LoggedMessage
from chat.ops import recorder as module
from chat.ops.recorder import CONNECTION_BYTES, Recorder
from chat.ops.retention import ROW_BYTES
from chat.ops.said import OVERHEAD
from chat.protocol.frames import frame
from chat.protocol.messages import Action, encode
from tests.fakes import fake_member, until

if TYPE_CHECKING:
    from chat.room.member import Member


class Scene:
    """A clock that only `sleep` sets forward, and how often the database was let go of."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.closed = self.checked = 0
        self.members: dict[str, Member] = {}
        clock = SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)
        patch.setattr(module, "time", clock)
        patch.setattr(module, "database", SimpleNamespace(close=self._close))

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _close(self) -> None:
        self.closed += 1

    def _check(self) -> None:
        self.checked += 1

    def recorder(self, most_bytes: int = 10**6, *, keeps_messages: bool = True) -> Recorder:
        """Return one that is not started."""
        room: Any = SimpleNamespace(members=self.members)
        tally: Any = SimpleNamespace(messages=0, refused=0)
        made = Recorder(room, tally, most_bytes, keeps_messages=keeps_messages, problems=dict)
        made._file.check = self._check  # type: ignore[method-assign]
        return made


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def chats(*texts: str) -> bytes:
    return b"".join(frame(encode("m", Action.CHAT, text)) for text in texts)


def write(recorder: Recorder) -> bool:
    return recorder._turn(recorder._write)


def logged() -> list[str]:
    return list(LoggedMessage.objects.order_by("id").values_list("contents", flat=True))


def fail(text: str) -> Any:
    def step(*_: object) -> None:
        raise ZeroDivisionError(text)

    return step


@pytest.mark.django_db
def test_a_turn_writes_all_that_was_noted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """People, or what they said, would be missing from the log, or be written twice."""
    monkeypatch.setattr(module, "BATCH", 2)
    recorder = scene.recorder()
    people = [fake_member()[0] for _ in range(3)]
    for member in people:
        recorder.joined(member)
    frames = chats("a", "b", "c", "dd", "e")
    recorder.said(frames, 5)
    assert recorder.waiting == 3 + 5
    assert recorder.waiting_bytes == 3 * CONNECTION_BYTES + len(frames) + OVERHEAD
    assert write(recorder)
    assert (recorder.waiting, recorder.waiting_bytes, recorder.dropped) == (0, 0, 0)
    assert logged() == ["a", "b", "c", "dd", "e"]
    assert recorder._retention._written == 5 * ROW_BYTES + 6
    assert Connection.objects.filter(left=None).count() == 3
    recorder.left(people[0], 4001, "spam")
    assert write(recorder)
    [gone] = Connection.objects.exclude(left=None)
    assert (gone.member, gone.code, gone.reason) == (people[0].id, 4001, "spam")


@pytest.mark.django_db
def test_what_the_database_will_never_take_is_counted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row that is refused would stop the log for ever, or be missing without a trace."""
    recorder = scene.recorder()
    odd, _ = fake_member()
    odd.messages = -1
    recorder.joined(odd)
    recorder.joined(fake_member()[0])
    assert write(recorder)
    assert (recorder.dropped, recorder.waiting, Connection.objects.count()) == (1, 0, 1)
    monkeypatch.setattr(module, "write_messages", len)
    recorder.said(chats("a", "b"), 2)
    assert write(recorder)
    recorder.left(odd, 1000, "")
    assert write(recorder)
    assert (recorder.dropped, recorder.waiting) == (4, 0)


def test_no_more_waits_than_may(scene: Scene) -> None:
    """A database that hangs would fill the memory, or less be kept than there is room for."""
    recorder = scene.recorder(3 * CONNECTION_BYTES)
    for _ in range(5):
        recorder.joined(fake_member()[0])
    assert (recorder.waiting, recorder.dropped) == (3, 2)
    frames = chats("a", "b")
    recorder = scene.recorder(len(frames))
    for _ in range(3):
        recorder.said(frames, 2)
    assert (recorder.waiting, recorder.dropped) == (2, 4)


def test_what_is_said_is_kept_only_where_it_is_wanted(scene: Scene) -> None:
    """An operator who promises to log nothing would."""
    recorder = scene.recorder(keeps_messages=False)
    recorder.said(chats("a"), 1)
    assert (recorder.waiting, recorder.dropped) == (0, 0)
    assert (recorder.failures, recorder.problem) == (0, "")
    assert recorder._thread.daemon, "a process that is not told to stop would never end"


def test_what_could_not_be_written_waits_with_what_came_since(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked database would cost what it did not take, or let more wait than may."""
    recorder = scene.recorder()
    monkeypatch.setattr(module, "write_connections", fail("locked"))
    for waiting in (1, 2):
        recorder.joined(fake_member()[0])
        assert recorder.waiting == waiting
        assert recorder.waiting_bytes == waiting * CONNECTION_BYTES
        assert not write(recorder)
    assert (recorder.waiting, recorder.dropped) == (2, 0)


@pytest.mark.django_db
def test_counts_of_those_in_the_room_are_brought_up_to_date(scene: Scene) -> None:
    """The list of who is here would show what they had said when they came; or each turn cost."""
    anna, socket = fake_member()
    scene.members[anna.id] = anna
    recorder = scene.recorder()

    def shown() -> list[tuple[int, int]]:
        assert write(recorder)
        rows = list(Connection.objects.values_list("messages", "backlog"))
        Connection.objects.all().delete()
        return rows

    assert shown() == [], "nothing to tell of"
    anna.messages = 5
    scene.now += module.LOOK_EVERY - 0.1
    assert shown() == [], "not yet"
    scene.now += 0.2
    assert shown() == [(5, 0)]
    scene.now += module.LOOK_EVERY
    assert shown() == [], "as it was"
    socket.backlog = 7
    scene.now += module.LOOK_EVERY
    assert shown() == [(5, 7)]
    recorder.left(anna, 1000, "")
    assert shown() == [(5, 0)]
    assert recorder._counted == {}, "a process would keep something of everybody who was there"
    recorder._stopping.set()
    scene.now += 2
    assert shown() == [], "who is in a room that ends has left"


def test_a_fault_ends_the_turn_and_is_told_once_a_minute(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The first fault would end the recorder, or each turn fill the log with it."""
    scene.now = 0.0  # a machine that has just started
    recorder = scene.recorder(CONNECTION_BYTES)
    recorder.joined(fake_member()[0])
    for scene.now, text in [(0.0, "disk\n  full"), (59.9, "disk full"), (60.0, "")]:
        assert not recorder._turn(fail(text), recorder._write)
    assert (recorder.failures, scene.closed, recorder.problem) == (3, 3, "ZeroDivisionError")
    assert caplog.messages == [
        "cannot record: disk full; 1 rows wait, 0 dropped",
        "cannot record: ZeroDivisionError; 1 rows wait, 0 dropped",
    ]
    scene.now += 60
    assert recorder._turn()
    assert recorder.problem == ""
    recorder.joined(fake_member()[0])
    assert recorder._turn()
    assert caplog.messages[2:] == [
        "cannot record: the database is too slow; 1 rows wait, 1 dropped"
    ]
    scene.now += 60
    assert recorder._turn()
    assert len(caplog.messages) == 3
    assert scene.checked == 6, "a file that was put in another's place would not be seen"


def watched(recorder: Recorder, patch: pytest.MonkeyPatch, *, can_end: bool) -> list[str]:
    """Have the recorder note its steps instead of taking them."""
    steps: list[str] = []

    def end() -> None:
        steps.append("end")
        if not can_end:
            raise ZeroDivisionError

    pulse = SimpleNamespace(beat=lambda: steps.append("beat"), end=end)
    patch.setattr(recorder, "_write", lambda: steps.append("write"))
    patch.setattr(recorder, "_pulse", pulse)
    patch.setattr(recorder, "_retention", SimpleNamespace(step=lambda: steps.append("prune")))
    patch.setattr(module, "WRITE_EVERY", 0.001)
    return steps


async def test_the_thread_ends_with_what_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was said last would be lost with every restart, or the process not end."""
    recorder = scene.recorder()
    recorder.stop()
    steps = watched(recorder, monkeypatch, can_end=True)
    recorder.start()
    await until(lambda: len(steps) > 6)
    assert steps[:6] == ["write", "beat", "prune"] * 2
    recorder.stop()
    assert not recorder._thread.is_alive()
    assert steps[-2:] == ["write", "end"]
    assert steps.count("end") == scene.closed == 1
    recorder.stop()
    assert caplog.messages == []


def test_a_stop_gives_a_dead_database_some_seconds(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A deploy would wait for a database that is gone, or not give one that is locked a chance."""
    recorder = scene.recorder()
    steps = watched(recorder, monkeypatch, can_end=False)
    recorder.joined(fake_member()[0])
    recorder.start()
    recorder.stop()
    assert not recorder._thread.is_alive()
    assert 5.0 <= scene.now - 100 < 5.3
    assert steps.count("end") > 20
    assert caplog.messages[-1] == "1 rows were not written: ZeroDivisionError"
