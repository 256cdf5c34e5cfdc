"""How each fault is done to a stage."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from bench.simulation import harm_process, harm_redis
from bench.simulation.fault import BEGINS_ORDER, OF_THE_DEAD, Fault
from bench.simulation.loop import TURN

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.model import Session
    from bench.simulation.server import Server
    from bench.simulation.stage import Stage


# Who is cut off for longer is dead to the others; and after a fault all are well in so long.
MOST_CUT: Final = 9.0
MOST_RECOVERY: Final = 2.0


class Striker:
    """Carries out the faults of a schedule; `struck` are those that found their moment, with it.

    `ended_at` is when the last of them was over, `disturbed_until` when the last one was that keeps
    the living from hearing each other, `began_order` whether one began an order.
    """

    def __init__(self, stage: Stage, faults: tuple[Fault, ...]) -> None:
        self.struck: list[tuple[Fault, frozenset[str]]] = []
        self.ended_at = self.disturbed_until = stage.loop.time()
        self._orders_began: list[float] = []
        self._stage = stage
        self._active = 0
        # What strikes while Redis runs a command must not end in Redis's context, frozen or not.
        self._context = copy_context()
        for fault in faults:
            stage.loop.call_at(fault.at, self._begin, fault)
            if fault.kind in {"redis-old", "redis-failed-over"}:
                stage.loop.call_at(fault.at - max(fault.amount, TURN), self._remember, fault)

    @property
    def began_order(self) -> bool:
        """Whether Redis has lost what it had, or may have."""
        return bool(self._orders_began)

    def may_have_kept_nothing(self, ended: float | None) -> bool:
        """Tell whether what was said in a visit may be lost to some, with its process and Redis.

        It ended no longer before Redis lost its data than others may have been cut off by then.
        """
        return ended is not None and any(
            began - MOST_CUT < ended < self.ended_at + MOST_RECOVERY for began in self._orders_began
        )

    def _remember(self, fault: Fault) -> None:
        self._stage.snapshots[fault] = self._stage.redis.keyspace.copy()

    def _begin(self, fault: Fault) -> None:
        if not fault.on:
            self._strike(fault, None)
            return
        name, _, answered = fault.on.partition(" ")

        def watch(session: Session, command: str, *, has_run: bool) -> None:
            is_target = (
                fault.kind.startswith("redis") or session.client is self._victim(fault).owner
            )
            if command == name and has_run == bool(answered) and is_target:
                self._stage.watches.remove(watch)
                self._strike(fault, session)

        self._stage.watches.append(watch)

    def _victim(self, fault: Fault) -> Server:
        return self._stage.servers[fault.target]

    def _strike(self, fault: Fault, session: Session | None) -> None:
        stage = self._stage
        stage.note("fault", fault.kind, fault.target)
        self.struck.append((fault, self._states(fault)))
        if fault.kind in BEGINS_ORDER:
            self._orders_began.append(stage.loop.time())
        self._active += 1
        undo = self._context.copy().run(STRIKES[fault.kind], stage, fault)
        self._note_end(fault, stage.loop.time() + fault.seconds)
        stage.loop.call_later(fault.seconds, self._end, fault, undo, context=self._context)
        if session is not None and fault.kind in {"command-lost", "answer-lost"}:
            raise ConnectionAbortedError

    def _end(self, fault: Fault, undo: Callable[[], None] | None) -> None:
        self._stage.note("end of", fault.kind, fault.target)
        self._active -= 1
        self._note_end(fault, self._stage.loop.time())
        if undo is not None:
            undo()

    def _note_end(self, fault: Fault, at: float) -> None:
        self.ended_at = max(self.ended_at, at)
        if fault.kind not in OF_THE_DEAD:
            self.disturbed_until = max(self.disturbed_until, at)

    def _states(self, fault: Fault) -> frozenset[str]:
        """Return what was going on."""
        is_redis = fault.kind.startswith("redis")
        servers = self._stage.servers if is_redis else [self._victim(fault)]
        states = {state for server in servers for state in states_of(server)}
        if fault.on:
            states.add(fault.on.partition(" ")[0])
        if self._active:
            states.add("another fault")
        return frozenset(states or {"at rest"})


def states_of(server: Server) -> set[str]:
    """Return what a process is at."""
    relay: Any = server.parts and server.parts.relay
    if relay is None or relay._session is None or relay._life.fault:
        return {"joining"}
    session, found = relay._session, set()
    if session._reader._ordering.locked():
        found.add("reading a gap")
    if session._publishing.locked():
        found.add("publishing")
    if session._published_epoch != session._reader.epoch:
        found.add("a new order")
    return found


STRIKES: Final[dict[str, Callable[[Stage, Fault], Any]]] = {
    "frozen": harm_process.freeze,
    "killed": harm_process.kill,
    "restarted": harm_process.stop,
    "cut-out": harm_process.cut_out,
    "cut-in": harm_process.cut_in,
    "cut": harm_process.cut,
    "slow": harm_process.slow,
    "reset": harm_process.reset,
    "failing": harm_process.fail,
    "breaking": harm_process.break_writes,
    "skewed": harm_process.skew,
    "command-lost": harm_process.nothing,
    "answer-lost": harm_process.nothing,
    "unreadable": harm_redis.publish_unreadable,
    "redis-restarted": harm_redis.restart_redis,
    "redis-emptied": harm_redis.restart_redis,
    "redis-old": harm_redis.restart_redis,
    "redis-flushed": harm_redis.flush,
    "redis-failed-over": harm_redis.fail_over,
    "redis-full": harm_redis.fill,
    "redis-paused": harm_redis.pause,
    "redis-gone": harm_redis.go,
    "redis-clock": harm_redis.set_clock,
    "redis-clients-cut": harm_redis.cut_clients,
    "redis-subscribers-cut": harm_redis.cut_subscribers,
}
