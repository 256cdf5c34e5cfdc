"""What is done to one process; what a function returns undoes it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.loop import NumberedTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.fault import Fault
    from bench.simulation.loop import Owner
    from bench.simulation.server import Server
    from bench.simulation.stage import Stage
    from bench.simulation.ways import Way

# The duties of a process, in whose middle something may go wrong.
DUTIES: Final = ("Reader.run", "Publisher.run", "Session.be_heard", "Session.tend")
# After so long without Redis a process must say that it is not ready.
UNREADY_SECONDS: Final = 3.3


def freeze(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Stop a process where it stands."""
    owner = stage.servers[fault.target].owner
    owner.is_frozen = True
    now = stage.loop.time()
    stage.freezes.append((fault.target, now, now + fault.seconds))
    return lambda: None if _is_dead(stage, owner) else stage.loop.thaw(owner)


def _is_dead(stage: Stage, owner: Any) -> bool:
    return all(server.owner is not owner for server in stage.servers)


def kill(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Kill a process; the next one starts when the fault ends."""
    server = stage.servers[fault.target]
    server.is_dead = server.owner.is_frozen = True
    for end in stage.network.ends_of(server.owner):
        end.abort()
    for seat in stage.seats:
        if seat.process == server.number:
            seat.end(1006)
    return lambda: _restart(stage, server)


def _restart(stage: Stage, server: Server) -> None:
    if stage.servers[server.number] is server:
        stage.start_server(server.number)


def stop(stage: Stage, fault: Fault) -> None:
    """Replace a process as at a rolling restart."""
    server = stage.servers[fault.target]
    if server.is_dead or server.is_stopping:
        return
    stopped = server.run(server.stop())
    stopped.add_done_callback(lambda _: _restart(stage, server))


def _cut(stage: Stage, fault: Fault, *, out: bool, back: bool) -> Callable[[], None]:
    network, near = stage.network, stage.servers[fault.target].owner
    far = stage.redis_owner
    both: tuple[Way, Way] = ((near, far), (far, near))
    ways = [way for way, is_it in zip(both, (out, back), strict=True) if is_it]
    for way in ways:
        network.ways.cut(way)
    server = stage.servers[fault.target]
    check = stage.loop.call_later(UNREADY_SECONDS, _check_unready, stage, server, far)

    def heal() -> None:
        check.cancel()
        for way in ways:
            network.heal(way)

    return heal


def _check_unready(stage: Stage, server: Server, far: Owner) -> None:
    """Note that a process takes members in though it has been cut off for some time."""
    if far is stage.redis_owner and server.is_open and not server.owner.is_frozen:
        stage.wrong.append(f"process {server.number} says that it is ready, and is cut off")


def cut_out(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Let nothing of a process reach Redis."""
    return _cut(stage, fault, out=True, back=False)


def cut_in(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Let nothing of Redis reach a process."""
    return _cut(stage, fault, out=False, back=True)


def cut(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Cut both ways."""
    return _cut(stage, fault, out=True, back=True)


def slow(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Have everything between a process and Redis take longer."""
    network, near, far = stage.network, stage.servers[fault.target].owner, stage.redis_owner
    network.ways.set_delay((far, near), fault.amount)
    return lambda: network.ways.set_delay((far, near), 0.0)


def reset(stage: Stage, fault: Fault) -> None:
    """Reset a process's connections."""
    for session in list(stage.redis.sessions):
        if session.client is stage.servers[fault.target].owner:
            session.cut()


def fail(stage: Stage, fault: Fault) -> None:
    """Have one duty of a process fail where it waits."""
    owner = stage.servers[fault.target].owner
    if owner.is_frozen:  # nothing fails while nothing runs
        return
    tasks: list[Any] = [
        task for task in asyncio.all_tasks(stage.loop)
        if isinstance(task, NumberedTask) and task.owner is owner
        and getattr(task.get_coro(), "__qualname__", "") in DUTIES
    ]  # fmt: skip
    for task in sorted(tasks, key=lambda task: (task.number * 7919 + fault.target) % 101):
        waiter = task._fut_waiter
        if waiter is not None and not waiter.done() and not isinstance(waiter, asyncio.Task):
            waiter.set_exception(RuntimeError("a fault in the middle"))
            return


def break_writes(stage: Stage, fault: Fault) -> None:
    """Have the next write on each connection of a process raise what uvloop raises."""
    for end in stage.network.ends_of(stage.servers[fault.target].owner):
        end.is_broken = True


def skew(stage: Stage, fault: Fault) -> None:
    """Set a process's clock wrong."""
    stage.servers[fault.target].owner.skew = fault.amount


def nothing(stage: Stage, _: Fault) -> None:
    """Do what is done where it is struck."""
