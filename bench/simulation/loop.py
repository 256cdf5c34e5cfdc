"""An event loop whose time jumps to the next timer, and that can hold what one owner would run."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Coroutine

# What one turn of the loop takes, in seconds: who waits for a moment to pass would wait for ever.
TURN: float = 2e-5


class StuckError(Exception):
    """Nothing is left that could ever happen, or far too much has."""


class Owner:
    """A process or a server: whatever is scheduled in its context runs only while it does.

    `skew` is by how many seconds its clock is wrong.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.skew = 0.0
        self.is_frozen = False
        self.held: list[asyncio.Handle] = []
        self.context: Context = copy_context()
        self.context.run(OWNER.set, self)


OWNER: ContextVar[Owner | None] = ContextVar("owner", default=None)


class NumberedTask(asyncio.Task[Any]):
    """A task with an owner, that is hashed by its number: addresses would shuffle sets of them."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, Any], **options: Any) -> None:
        self.number = number
        context = options.get("context")
        self.owner = OWNER.get() if context is None else context.get(OWNER)
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready in the order in which it became so; no socket, no thread, no wall clock.

    `most_turns` bounds how long a run may go on; `failures` are what callbacks raised.
    """

    _ready: deque[asyncio.Handle]
    _scheduled: list[Any]

    def __init__(self, most_turns: int = 3_000_000) -> None:
        super().__init__()
        self.set_debug(False)  # which tests switch on: it costs as much as all else
        self.turns = 0
        self._now = 0.0
        self._most_turns = most_turns
        numbers = itertools.count()
        self.set_task_factory(
            lambda loop, coro, **options: NumberedTask(next(numbers), coro, loop=loop, **options)
        )
        self.failures: list[BaseException] = []
        self.set_exception_handler(self._note_failure)
        self.connect: Callable[..., Coroutine[Any, Any, Any]] | None = None

    def time(self) -> float:
        """Return the seconds since the run began."""
        return self._now

    async def create_connection(self, protocol_factory: Any, *where: Any, **options: Any) -> Any:
        """Connect through the network that the run has set."""
        if self.connect is None:
            raise OSError("there is no network")
        return await self.connect(protocol_factory, *where, **options)

    def thaw(self, owner: Owner) -> None:
        """Let an owner run on, with all that has become due meanwhile."""
        owner.is_frozen = False
        held, owner.held = owner.held, []
        self._ready.extend(held)

    def _note_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "handle" in context:  # of a callback; what becomes of tasks is not the loop's business
            self.failures.append(context["exception"])

    def _run_once(self) -> None:
        self.turns += 1
        if self.turns > self._most_turns:
            raise StuckError(f"more than {self._most_turns} turns of the loop")
        self._now += TURN
        scheduled, ready = self._scheduled, self._ready
        while scheduled and (scheduled[0]._cancelled or scheduled[0]._when <= self._now):
            self._make_ready()
        if not ready:
            if not scheduled:
                raise StuckError("nothing is left to wait for")
            self._now = max(self._now, scheduled[0]._when)
            self._make_ready()
        for _ in range(len(ready)):
            handle: Any = ready.popleft()
            if handle._cancelled:
                continue
            owner = handle._context.get(OWNER)
            if owner is not None and owner.is_frozen:
                owner.held.append(handle)
            else:
                handle._run()

    def _make_ready(self) -> None:
        handle = heapq.heappop(self._scheduled)
        handle._scheduled = False
        if not handle._cancelled:
            self._ready.append(handle)

    def _process_events(self, event_list: Any) -> None:
        """Know of no sockets."""

    def _write_to_self(self) -> None:
        """Wake up nobody: there are no threads."""
