"""What a process publishes under its id, however often it takes, and what its beats make it do."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.cluster import session as module
from chat.cluster.answers import START, Appended, Beat, Snapshot, Standing
from chat.cluster.session import Session
from chat.room.fanout import LEAST_WAIT
from chat.room.life import PartedError
from chat.room.outbox import Outbox
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = "run:1000"
DEAD = "^the other processes declared this one dead$"
OK = Appended(Standing.OK, START, (1, 1))


class Scene:
    """A session whose reader, ledger and contact note what they are told.

    Attributes:
        answers: what the ledger answers to the next batches; OK when there are none left.
        epochs: what it answers to the next registrations.

    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.told: list[Any] = []
        self.answers: list[Any] = []
        self.epochs = [EPOCH]
        self.beats: list[Any] = []
        self.epoch = ""
        self.rosters = SimpleNamespace(known=lambda: {"p": {"anna"}})
        self.hears = True
        self.rest = 0.0
        self.now = 100.0
        self.sleeps: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None
        own: Any = self
        self.session = Session(own, own, own, own, own)
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        slept = SimpleNamespace(sleep=self._sleep)
        patch.setattr(module, "asyncio", slept)

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)
        self.meanwhile()

    # As the layer

    def serialize(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return what would be sent, as it stands now."""
        return dict(batch)

    # As the ledger

    async def register(self, *given: Any) -> str:
        """Note it, and return the next epoch."""
        self.told.append(("register", *given[1:]))
        return self.epochs.pop(0)

    async def snapshot(self) -> Snapshot:
        """Return one."""
        return Snapshot((1, 0), {}, {})

    async def append(self, epoch: str, batch: dict[str, Any], payload: dict[str, Any]) -> Any:
        """Note what was sent, and answer."""
        assert batch == payload
        self.told.append(("append", epoch, payload["number"], payload.get("epoch")))
        return self._answer()

    async def bury(self, epoch: str, batch: dict[str, Any], payload: dict[str, Any]) -> Any:
        """Note what was sent, and answer."""
        assert batch == payload
        assert (payload["process"], payload["version"]) == (self.session.process, 1)
        self.told.append(("bury", epoch, payload["buried"], payload["leaves"], payload["number"]))
        return self._answer()

    def _answer(self) -> Any:
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def members(self, process: str) -> list[str]:
        """Return those of any process."""
        return [f"anna of {process}"]

    async def beat(self, epoch: str, process: str) -> Beat:
        """Return the next beat, the last one for ever."""
        assert (epoch, process) == (self.epoch, self.session.process)
        beat = self.beats.pop(0)
        if not self.beats:
            self.beats.append(beat)
        if isinstance(beat, Exception):
            raise beat
        return beat  # type: ignore[no-any-return]

    # As the contact

    def refuse(self, since: float) -> None:
        """Note it."""
        self.told.append(("refuse", since))

    def cut(self, error: Exception) -> None:
        """Note it."""
        self.told.append(("cut", str(error)))

    def made(self, at: float) -> None:
        """Note it."""
        self.told.append(("made", at))

    # As contact, and as reader

    def take(self) -> None:
        """Note it."""
        self.told.append("take")

    def begin(self, epoch: str, snapshot: Snapshot | None = None) -> None:
        """Note it."""
        self.epoch = epoch
        self.told.append(("begin", epoch, snapshot and snapshot.tip))

    def last_number(self, process: str) -> int:
        """Return that of this process."""
        assert process == self.session.process
        return 41

    def hear_own(self, epoch: str, batch: dict[str, Any], appended: Appended) -> None:
        """Note it."""
        self.told.append(("hear", epoch, batch["number"], appended.place))

    async def handed_over(self, place: Any, seconds: float) -> None:
        """Note it."""
        self.told.append(("handed", place, seconds))

    async def catch_up(self, tip: Any) -> bool:
        """Note it."""
        self.told.append(("catch up", tip))
        return self.hears

    # Steps

    async def say(self, **fields: Any) -> list[Any]:
        """Send a batch; return what was told meanwhile."""
        self.told.clear()
        await self.session.send({**Outbox().take(0), **fields})
        return self.told

    def heard(self, standing: Standing = Standing.OK, **fields: Any) -> Beat:
        """Return what a beat learns."""
        values = {"tip": (1, 5), "online": 7, "reads": 1, "overdue": [], "epoch": EPOCH, **fields}
        return Beat(sent_at=99.0, process=self.session.process, standing=standing, **values)


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = Scene(monkeypatch)
    assert made.session.online == 0
    await made.session.begin()
    assert made.told == [("register", 8.0, 0, {}, 1), ("begin", EPOCH, (1, 0))]
    return made


async def test_says_each_thing_once(scene: Scene) -> None:
    """What members say would be lost, doubled, or taken for an old one."""
    for number in (1, 2):
        assert await scene.say() == [
            ("append", EPOCH, number, None), ("hear", EPOCH, number, (1, 1)), "take",
        ]  # fmt: skip
    kept = [(batch["number"], batch["epoch"], batch["version"]) for batch in scene.session._journal]
    assert kept == [(1, EPOCH, 1), (2, EPOCH, 1)]
    assert {batch["process"] for batch in scene.session._journal} == {scene.session.process}
    assert scene.sleeps == []


async def test_says_it_again_until_redis_takes_it(scene: Scene) -> None:
    """One call without an answer would cost what was said, or the room of this process."""
    scene.answers = [ConnectionError("gone"), TimeoutError("late"), OK]
    told = await scene.say()
    calls = [("append", EPOCH, 1, None)]
    assert told[:3] == [*calls, ("cut", "gone"), ("refuse", 100.0)]
    assert told[3:6] == [*calls, ("cut", "late"), ("refuse", 100.0)]
    assert told[6:] == [*calls, ("hear", EPOCH, 1, (1, 1)), "take"]
    assert scene.sleeps == [0.25, 0.25]
    assert len(scene.session._journal) == 1


async def test_who_is_dead_says_no_more(scene: Scene) -> None:
    """A process that is buried would go on, and its members believe to be heard."""
    scene.answers = [Appended(Standing.GONE)]
    with pytest.raises(PartedError, match=DEAD):
        await scene.say()
    with pytest.raises(PartedError, match=DEAD):
        await scene.session._act_on(scene.heard(Standing.GONE))


async def test_writes_what_all_can_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """During an update of the site the old processes would pass over what the new ones say."""
    monkeypatch.setattr(module, "VERSION", 3)
    scene.session._writes = 2
    scene.answers = [Appended(Standing.VERSION), OK]
    await scene.say()
    assert [batch["version"] for batch in scene.session._journal] == [1]
    for reads, writes in [(2, 2), (9, 3)]:
        scene.beats = [scene.heard(reads=reads)]
        beating = asyncio.create_task(scene.session.be_heard())
        await until(scene.session._beaten.is_set)
        beating.cancel()
        scene.session._beaten.clear()
        assert scene.session._writes == writes


async def test_a_redis_that_forgot_is_told_again(scene: Scene) -> None:
    """What was said just before a restart of Redis would be missing where it was not heard."""
    await scene.say()
    scene.epochs = ["run:2000"]
    scene.answers = [Appended(Standing.EPOCH), OK, OK]
    told = await scene.say()
    assert told == [
        ("append", EPOCH, 2, None),
        ("register", 8.0, 41, {"p": {"anna"}}, 1),
        ("begin", "run:2000", None),
        ("refuse", 100.0),
        ("append", "run:2000", 1, EPOCH), ("hear", "run:2000", 1, (1, 1)),
        ("append", "run:2000", 2, None), ("hear", "run:2000", 2, (1, 1)),
        ("append", "run:2000", 2, "run:2000"), ("hear", "run:2000", 2, (1, 1)),
        "take",
    ]  # fmt: skip
    told = await scene.say()
    assert told[0] == ("append", "run:2000", 3, None), "the journal is told once"


async def test_a_journal_that_is_cut_short_begins_anew(scene: Scene) -> None:
    """The rest of what Redis forgot would never be told."""
    await scene.say()
    await scene.say()
    scene.begin("run:2000")
    scene.epochs = ["run:3000"]
    scene.answers = [OK, Appended(Standing.EPOCH), Appended(Standing.EPOCH), OK, OK, OK, OK]
    told = await scene.say()
    numbers = [entry[1:3] for entry in told if entry[0] == "append"]
    assert numbers == [
        ("run:2000", 1), ("run:2000", 2), ("run:2000", 3),
        *[("run:3000", number) for number in (1, 2, 3, 3)],
    ]  # fmt: skip


async def test_who_registers_in_the_same_order_goes_on_in_it(scene: Scene) -> None:
    """A process would read again, and tell again, what everybody has heard."""
    scene.epochs = [EPOCH]
    scene.told.clear()
    await scene.session._register()
    assert [entry[0] for entry in scene.told] == ["register"]


async def test_a_beat_tells_that_all_is_well(scene: Scene) -> None:
    """A process that hears and is heard would say that it is not ready, or the other way round."""
    scene.beats = [ConnectionError("gone"), scene.heard()]
    scene.told.clear()
    tasks = [asyncio.create_task(each) for each in (scene.session.be_heard(), scene.session.tend())]
    await until(lambda: len(scene.told) > 6)
    for task in tasks:
        task.cancel()
    well = [("catch up", (1, 5)), ("made", 99.0)]
    assert scene.told[:7] == [("cut", "gone"), *well, *well, *well]
    assert scene.session.online == 7
    assert scene.sleeps[:3] == [0.25, 1.0, 1.0]
    scene.hears = False
    scene.told.clear()
    await scene.session._act_on(scene.heard())
    assert scene.told == [("catch up", (1, 5))]


async def test_a_beat_of_another_order_tells_nothing(scene: Scene) -> None:
    """What holds in one order would be done in the next: members that are here would leave."""
    scene.told.clear()
    tending = asyncio.create_task(scene.session.tend())
    for beat in (None, scene.heard(epoch="run:1")):
        scene.session._beat = beat
        scene.session._beaten.set()
        await until(lambda: not scene.session._beaten.is_set())
    assert scene.told == []
    scene.answers = [ConnectionError("gone")]
    scene.session._beat = scene.heard(overdue=["q"])
    scene.session._beaten.set()
    await until(lambda: ("cut", "gone") in scene.told)
    assert not tending.done()
    tending.cancel()


async def test_a_beat_finds_that_redis_was_restarted(scene: Scene) -> None:
    """In a quiet room nobody would notice, and the first word be lost."""
    await scene.say()
    scene.told.clear()
    scene.epochs = ["run:2000", "run:2000"]
    for _ in range(2):
        await scene.session._act_on(scene.heard(Standing.EPOCH))
    assert [entry[:3] for entry in scene.told] == [
        ("register", 8.0, 41), ("begin", "run:2000", None),
        ("append", "run:2000", 1), ("hear", "run:2000", 1), ("register", 8.0, 41),
    ]  # fmt: skip


async def test_buries_who_is_overdue(scene: Scene) -> None:
    """Members of a process that died would stay in everybody's list, or leave it twice."""
    await scene.say()
    scene.told.clear()
    scene.answers = [OK, Appended(Standing.LATE)]
    await scene.session._act_on(scene.heard(overdue=["q", "r"]))
    assert scene.told == [
        ("bury", EPOCH, "q", ["anna of q"], 2), ("hear", EPOCH, 2, (1, 1)),
        ("bury", EPOCH, "r", ["anna of r"], 3),
        ("catch up", (1, 5)), ("made", 99.0),
    ]  # fmt: skip
    assert [batch["number"] for batch in scene.session._journal] == [1, 2]
    assert [batch["epoch"] for batch in scene.session._journal] == [EPOCH, EPOCH]


async def test_lets_members_answer_before_the_next_batch(scene: Scene) -> None:
    """Two half batches would be under way all the time: a third of what can be carried."""
    await scene.say()
    scene.told.clear()
    outbox = Outbox()
    outbox.add(b"question")
    outbox.take()
    await scene.session.settle(outbox)
    assert scene.told == [("handed", (1, 1), 0.01)]
    assert scene.sleeps == []
    scene.rest = 1.0
    await scene.session.settle(outbox)
    assert scene.sleeps == [LEAST_WAIT] * 10, "no longer than that"
    rests = iter([LEAST_WAIT / 2, LEAST_WAIT, 0.0])

    def go_on() -> None:
        scene.rest = next(rests)

    go_on()
    scene.sleeps.clear()
    scene.meanwhile = go_on
    await scene.session.settle(outbox)
    assert scene.sleeps == [0, LEAST_WAIT]
    scene.rest = 1.0
    scene.sleeps.clear()
    scene.meanwhile = lambda: outbox.add(b"ans")
    await scene.session.settle(outbox)
    assert scene.sleeps == [LEAST_WAIT] * 3, "no longer than until as much waits as was asked"
