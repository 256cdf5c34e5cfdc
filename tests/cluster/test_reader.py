"""What a process takes of what it receives, and what it reads again."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.cluster import reader as module
from chat.cluster.answers import START, Appended, Page, Place, Snapshot, Standing
from chat.cluster.layer import ClusterLayer
from chat.cluster.reader import HOLD_SECONDS, LAST_NUMBER, LATELY_SECONDS, MOST_TAKEN, Reader
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = "run:1000"


def at(number: int) -> Place:
    return (1, number) if number else START


def batch(place: int, process: str = "p", **fields: Any) -> dict[str, Any]:
    """Return the batch at this place, which has the same number."""
    log = (EPOCH, at(place - 1), at(place))
    return {
        "type": "room.batch", "process": process, "number": place, "joins": [], "leaves": [],
        "log": log, **fields,
    }  # fmt: skip


class Scene:
    """A reader between a layer, a ledger and a relay that only note what they are asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.taken: list[list[int]] = []
        self.skipped = self.lost = self.resubscribed = 0
        self.before: list[int] = []
        self.errors: list[str] = []
        self.is_behind = False
        self.asked: list[tuple[str, Place]] = []
        self.answers: list[Page | Exception | None] = []
        self.at_end: Snapshot | Exception = Snapshot(START, {}, {})
        self.meanwhile: Callable[[], None] = lambda: None
        self.running: asyncio.Task[None] | None = None
        layer = ClusterLayer(hosts=["redis://127.0.0.1:1"], replay_bytes=1024, timeout=1)
        layer._get_layer().channels["here"] = asyncio.Queue()
        patch.setattr(layer, "resubscribe", self._resubscribe)
        ledger: Any = self
        self.reader = Reader(layer, ledger, "here", self)
        self.reader.begin(EPOCH)

    def take(self, batches: list[dict[str, Any]]) -> None:
        """Note the numbers."""
        self.taken.append([batch["number"] for batch in batches])

    def pass_on(self, _event: dict[str, Any]) -> None:
        """Count it."""
        self.skipped += 1

    def lose(self) -> None:
        """Count it, and note what was handed on before."""
        self.lost += 1
        self.before = self.numbers

    def cut(self, error: Exception) -> None:
        """Note why."""
        self.errors.append(str(error))

    async def since(self, epoch: str, place: Place) -> Page | None:
        """Return the next of the answers."""
        self.asked.append((epoch, place))
        await asyncio.sleep(0)
        self.meanwhile()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def snapshot(self) -> Snapshot:
        """Return what is at the end."""
        self.meanwhile()
        if isinstance(self.at_end, Exception):
            raise self.at_end
        return self.at_end

    async def _resubscribe(self) -> None:
        self.resubscribed += 1

    async def hear(self, *batches: dict[str, Any]) -> list[int]:
        """Have it receive these; return what was handed on, in all."""
        for each in batches:
            self.reader._inbox.put(each)
        running = self.run()
        await asyncio.sleep(0.001)
        await until(lambda: running.done() or self._is_idle)
        if running.done():
            await running
        return self.numbers

    def run(self) -> asyncio.Task[None]:
        """Have it receive; a task that is cancelled would take the channel with it."""
        self.running = self.running or asyncio.create_task(self.reader.run())
        return self.running

    @property
    def _is_idle(self) -> bool:
        reader = self.reader
        return not (reader._inbox or reader._taken or reader._ordering.locked())

    @property
    def numbers(self) -> list[int]:
        """What was handed on, in all."""
        return [number for numbers in self.taken for number in numbers]


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def page(*numbers: int, forgotten: Place = START) -> Page:
    batches: Any = [(at(number), batch(number)) for number in numbers]
    return Page(forgotten, batches)


async def test_takes_each_batch_once(scene: Scene) -> None:
    """What is said would be heard twice, or what another order says be taken into this one."""
    elsewhere = batch(7, "q", log=("other:1", at(1), at(2)))
    first = batch(1, joins=[(0, "anna")])
    heard = await scene.hear(first, batch(1), elsewhere, batch(2), batch(1), batch(3))
    assert heard == [1, 2, 3]
    assert scene.reader.rosters.known() == {"p": {"anna"}}
    assert scene.reader.place == at(3)
    assert scene.reader.last_number("p") == 3
    assert scene.reader.last_number("q") == 0
    assert scene.asked == []


async def test_what_cannot_be_read_is_skipped(scene: Scene) -> None:
    """An event of a later release would end the room, or leave no trace."""
    strange = {"type": "strange", "log": (EPOCH, at(1), at(2))}
    assert await scene.hear({"type": "lost"}, batch(1), strange, batch(3)) == [1, 3]
    assert scene.skipped == 2
    assert scene.asked == []


async def test_what_was_known_in_another_order_is_no_news(scene: Scene) -> None:
    """After a restart of Redis all would be told again, or what was missed be left out."""
    reader = scene.reader
    await scene.hear(batch(1), batch(2))
    reader.begin("run:2000")
    assert reader.place == START

    def again(place: int, **fields: Any) -> dict[str, Any]:
        return batch(place, **{"log": ("run:2000", at(place - 1), at(place)), **fields})

    before = again(3, process="old", epoch="run:999")
    heard = await scene.hear(
        again(1, number=2), again(2, number=3), before,
        again(4, process="late", epoch="run:1001"), again(5, process="own", epoch=EPOCH),
        again(6, process="same", epoch="other:1000"),
    )  # fmt: skip
    assert heard == [1, 2, 3, 4, 5]
    assert reader.last_number("old") == 3
    reader.begin("run:3000")
    assert reader._since == 1000


async def test_nobody_is_buried_twice(scene: Scene) -> None:
    """Members of a dead process would leave twice, or come back with what it published late."""
    heard = await scene.hear(
        batch(1, process="a", joins=[(0, "anna")]), batch(2, process="b", buried="a"),
        batch(3, process="c", buried="a"), batch(4, process="a"), batch(5, process="c"),
    )  # fmt: skip
    assert heard == [1, 2, 5]
    assert scene.reader.last_number("a") == LAST_NUMBER
    assert scene.reader.rosters.known() == {}
    scene.reader.begin("run:2000", Snapshot(at(9), {"a": 1, "d": 4}, {"d": {"dora"}}))
    assert scene.reader.last_number("a") == LAST_NUMBER
    assert scene.reader.last_number("d") == 4
    assert scene.reader.last_number("b") == 0
    assert scene.reader.place == at(9)
    assert scene.reader.rosters.known() == {"d": {"dora"}}


async def test_a_gap_is_read_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said while a subscription was cut would be missing."""
    sleeps: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        await real(0)

    monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=sleep))
    scene.answers = [ConnectionError("gone"), page(2, 3), page(4, 5)]
    assert await scene.hear(batch(1), batch(5), batch(6)) == [1, 2, 3, 4, 5, 6]
    assert scene.asked == [(EPOCH, at(1)), (EPOCH, at(1)), (EPOCH, at(3))]
    assert sleeps == [0.25], "a Redis that is gone would be asked all the time"
    assert (scene.errors, scene.lost) == (["gone"], 0)
    assert scene.taken[0] == [1, 2, 3], "all of a long gap would be held in memory"


@pytest.mark.parametrize("found", [page(), page(5, forgotten=at(4)), page(5, forgotten=at(3))])
async def test_a_gap_that_is_gone_is_told(scene: Scene, found: Page) -> None:
    """Members would believe to have heard all."""
    scene.answers = [found]
    scene.at_end = Snapshot(at(7), {"p": 7}, {"p": {"anna"}})
    await scene.hear(batch(1), batch(2), batch(5))
    assert scene.lost == 1
    assert scene.reader.place == at(7)
    assert scene.reader.rosters.known() == {"p": {"anna"}}
    assert scene.numbers == scene.before == [1, 2], "what came before is heard before the end"


async def test_the_last_that_is_forgotten_may_have_been_heard(scene: Scene) -> None:
    """Members would be sent away though nothing is missing."""
    scene.answers = [page(3, forgotten=at(2))]
    assert await scene.hear(batch(1), batch(2), batch(3, log=(EPOCH, at(1), at(3)))) == [1, 2, 3]
    assert scene.lost == 0


async def test_a_gap_in_an_order_that_has_ended_is_left(scene: Scene) -> None:
    """Places of two orders would be taken for each other, and members be sent away for nothing."""
    scene.answers = [None]
    assert await scene.hear(batch(1), batch(5)) == [1]
    assert scene.lost == 0
    scene.meanwhile = lambda: scene.reader.begin("run:2000")
    scene.answers = [page(2, 3, 4, 5)]
    await scene.hear(batch(5))
    assert (scene.numbers, scene.reader.place, scene.lost) == ([1], START, 0)


async def test_an_order_that_ends_while_its_end_is_looked_for(scene: Scene) -> None:
    """The end of one order would be taken for that of the next."""
    scene.at_end = ConnectionError("gone")
    scene.answers = [page(), page()]
    await scene.hear(batch(1), batch(5))
    assert (scene.errors, scene.lost, scene.reader.place) == (["gone"], 0, at(1))
    scene.at_end = Snapshot(at(7), {}, {})
    begun = iter([None, "run:2000"])

    def begin() -> None:
        if epoch := next(begun):
            scene.reader.begin(epoch)

    scene.meanwhile = begin
    await scene.hear(batch(5))
    assert (scene.reader.place, scene.lost) == (START, 0)


async def test_not_more_is_taken_than_can_be_handed_out(scene: Scene) -> None:
    """A slow machine would fill its memory with what Redis keeps anyway."""
    scene.is_behind = True
    for place in (1, 2, 6):
        scene.reader._inbox.put(batch(place))
    scene.run()
    await until(lambda: scene.reader.place == at(1))
    await asyncio.sleep(0.02)
    assert scene.reader.place == at(1)

    def fall_behind() -> None:
        scene.is_behind = True

    scene.meanwhile = fall_behind
    scene.answers = [page(3, 4), page(5, 6)]
    scene.is_behind = False
    await until(lambda: scene.reader.place == at(4))
    await asyncio.sleep(0.02)
    assert scene.reader.place == at(4)
    scene.is_behind = False
    await until(lambda: scene.reader.place == at(6))


async def test_many_that_come_together_go_on_together(scene: Scene) -> None:
    """Every batch would cost each member a system call, or all wait for the last of thousands."""
    await scene.hear(*(batch(number) for number in range(1, MOST_TAKEN + 3)))
    assert [len(numbers) for numbers in scene.taken] == [MOST_TAKEN, 2]


async def test_waits_a_moment_for_who_talked_a_moment_ago(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes would cost each member twice the system calls; or one alone be slower."""
    reader, now = scene.reader, 100.0
    waits: list[float] = []

    async def arrives(seconds: float) -> bool:
        waits.append(round(seconds, 6))
        return True

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(reader._inbox, "arrives", arrives)

    async def more_after(number: int, process: str) -> bool:
        reader._take(at(number), batch(number, process))
        more = await reader._more_comes()
        if not more:
            reader._hand_over()
        return more

    assert not await more_after(1, "a")
    assert not await more_after(2, "a"), "nobody else talks"
    assert await more_after(3, "b"), "a talked lately"
    now += HOLD_SECONDS / 2
    assert not await more_after(4, "a"), "both are here"
    assert waits == [HOLD_SECONDS]
    assert await more_after(5, "a")
    now += HOLD_SECONDS / 2
    assert await more_after(6, "a")
    assert waits[1:] == [HOLD_SECONDS, HOLD_SECONDS / 2], "from the first on"
    now += HOLD_SECONDS
    assert not await more_after(7, "a"), "it has waited long enough"
    now += 2 * LATELY_SECONDS
    assert not await more_after(8, "b"), "a talked long ago"


async def test_tells_when_a_batch_is_handed_over(scene: Scene) -> None:
    """Half batches would be under way all the time; or nothing be said any more."""
    reader = scene.reader
    waiting = asyncio.create_task(reader.handed_over(at(2), 60))
    await scene.hear(batch(1))
    assert not waiting.done()
    await scene.hear(batch(2))
    await asyncio.wait_for(waiting, 5)
    for place in (1, 2):
        await asyncio.wait_for(reader.handed_over(at(place), 60), 5)
    await asyncio.wait_for(reader.handed_over(at(9), 0.01), 5)
    await scene.hear(batch(3))
    assert reader._handed == at(3)
    waiting = asyncio.create_task(reader.handed_over(at(4), 0.05))
    await scene.hear(batch(4))
    await scene.hear(batch(5))
    await waiting
    await asyncio.sleep(0.06)
    assert reader._handed == at(5), "one that has come in time is not noted again"


async def test_hears_itself_without_the_way_through_redis(scene: Scene) -> None:
    """A process alone would wait for Redis to tell it what it said; or say it out of turn."""
    reader = scene.reader
    one = {key: value for key, value in batch(1).items() if key != "log"}

    def published(prev: int, *, is_told: bool) -> Appended:
        return Appended(Standing.OK, at(prev), at(prev + 1), is_told=is_told)

    reader.hear_own(EPOCH, one, published(0, is_told=True))
    assert await scene.hear() == [1]
    two = {**one, "number": 2}
    reader.hear_own(EPOCH, two, published(4, is_told=True))
    assert not reader._inbox, "the subscription brings it, behind what came between"
    reader._inbox.put(batch(2))
    reader.hear_own(EPOCH, two, published(1, is_told=True))
    assert len(reader._inbox) == 1
    scene.answers = [page(3, 4, 5)]
    reader.hear_own(EPOCH, {**one, "number": 5}, published(4, is_told=False))
    assert await scene.hear() == [1, 2, 3, 4, 5]


async def test_a_subscription_that_hangs_is_made_anew(scene: Scene) -> None:
    """A process would be deaf for good without knowing, or be taken for deaf while it is not."""
    reader = scene.reader
    await scene.hear(batch(1))
    for tip in (1, 3):
        assert await reader.catch_up(at(tip)), "what was due a beat ago is here"
    assert scene.resubscribed == 0
    scene.answers = [page(2, 3)]
    assert await reader.catch_up(at(4))
    assert (scene.numbers, scene.resubscribed) == ([1, 2, 3], 1)
    scene.answers = [None]
    assert not await reader.catch_up(at(4)), "it could not be read"
    assert scene.resubscribed == 2
    scene.is_behind = True
    assert await reader.catch_up(at(4))
    scene.is_behind = False
    async with reader._ordering:
        assert not await reader.catch_up(at(4)), "it has stood still for a beat"
        reader.place = at(3)
        reader._seen = at(2)
        assert await reader.catch_up(at(4)), "it gets on"
    reader._inbox.put(batch(5))
    assert not await reader.catch_up(at(4))
    assert (scene.resubscribed, scene.asked[1:]) == (2, [(EPOCH, at(3))])


def test_an_epoch_tells_when_it_began() -> None:
    """What was said in an order before would be told again to all."""
    assert module._began("run:1000") == 1000
    assert module._began("run") == module._began("run:x") == module._began("") == 0
