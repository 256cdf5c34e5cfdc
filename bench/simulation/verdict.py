"""What was wrong in a run: the logs of all visits compared with each other, and what is left."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.fault import GENTLE
from bench.simulation.order import event_of, judge_order, judge_senders, name_of, subject_of

if TYPE_CHECKING:
    from bench.simulation.seat import Seat
    from bench.simulation.stage import Stage
    from bench.simulation.strike import Striker

# Seconds until everybody is told of a leave, and that anybody may hear nothing.
LEAVE_SECONDS: Final = 10.0
# What is cut off for so long in all is cut off for less than WSCHAT_LAYER_TIMEOUT.
STAY_SECONDS: Final = 6.0
# Connections that a process has at most: its line, its ledger's, those of its subscription, and to
# each Sentinel as many again.
MOST_CONNECTIONS: Final = 6


def judge(stage: Stage, striker: Striker, words: set[str], said_at: float) -> list[str]:
    """Return what was wrong, a line for each; `words` are what was said in the end."""
    seats = [seat for seat in stage.seats if seat.heard]
    return [
        *stage.wrong,
        *_judge_silence(stage),
        *_judge_stay(stage, striker),
        *_judge_each(seats),
        *(judge_senders(seats, striker) if striker.began_order else judge_order(seats)),
        *_judge_words(seats, words, said_at),
        *_judge_leaves(stage, seats, striker),
        *_judge_ghosts(seats),
        *_judge_rest(stage),
    ]


def _judge_silence(stage: Stage) -> list[str]:
    """Who comes in hears itself come in time, or is closed, unless its process stands still."""
    wrong = []
    for seat in stage.seats:
        until = seat.heard[0][0] if seat.heard else seat.ended or stage.loop.time()
        frozen = sum(
            max(0.0, min(until, end) - max(seat.began, begin))
            for number, begin, end in stage.freezes
            if number == seat.process
        )
        if until - seat.began - frozen > LEAVE_SECONDS:
            wrong.append(f"{name_of(seat)} was in silence for {until - seat.began - frozen:.1f} s")
    return wrong


def _judge_stay(stage: Stage, striker: Striker) -> list[str]:
    """Nobody is closed for what a room has to outlast."""
    struck = [fault for fault, _ in striker.struck]
    seconds = sum(fault.seconds for fault in struck)
    if any(fault.kind not in GENTLE for fault in struck) or seconds >= STAY_SECONDS:
        return []
    return [f"{name_of(seat)} was closed with {seat.code}" for seat in stage.seats if seat.code]


def _judge_each(seats: list[Seat]) -> list[str]:
    wrong = []
    for seat in seats:
        first = json.loads(seat.heard[0][1])
        if (first["action"], first["contents"]) != ("connect", seat.id):
            wrong.append(f"{name_of(seat)} heard {first} before its own connect")
        count = Counter(event_of(message) for _, message in seat.heard)
        wrong += [f"{name_of(seat)} heard {n} times {what}" for what, n in count.items() if n > 1]
    return wrong


def _judge_words(seats: list[Seat], words: set[str], said_at: float) -> list[str]:
    """Everybody who is there hears what is said in the end within a second."""
    wrong = [] if words else ["nobody was there in the end"]
    for seat in seats:
        if seat.began < said_at and (seat.ended is None or seat.ended > said_at):
            heard = {event_of(message)[2] for at, message in seat.heard if at <= said_at + 1.0}
            wrong += [f"{name_of(seat)} has not heard {text!r} in time" for text in words - heard]
    return wrong


def _judge_leaves(stage: Stage, seats: list[Seat], striker: Striker) -> list[str]:
    """Everybody who saw somebody come is told when they leave, in time, and of nobody else."""
    wrong = []
    left = {seat.id: seat for seat in stage.seats if seat.id}
    now = stage.loop.time()
    for seat in seats:
        told = {subject_of(m): at for at, m in seat.heard if b'"disconnect"' in m}
        for who in _subjects(seat, b'"connect"') | told.keys():
            ended = left[who].ended
            if ended is None and who in told:
                wrong.append(f"{name_of(left[who])} left for the others and is still there")
            elif ended is not None:
                due = max(ended, striker.disturbed_until) + LEAVE_SECONDS
                if due < (seat.ended or now) and told.get(who, due + 1) > due:
                    wrong.append(f"{name_of(seat)} was not told in time that {who[:8]} had left")
    return wrong


def _judge_ghosts(seats: list[Seat]) -> list[str]:
    """Nobody sees somebody in the end who is no longer there."""
    wrong = []
    present = {seat.id for seat in seats if seat.code is None}
    for seat in seats:
        ghosts = _subjects(seat, b'"connect"') - _subjects(seat, b'"disconnect"') - present
        if seat.code is None and ghosts:
            wrong.append(f"{name_of(seat)} still sees {len(ghosts)}: {min(ghosts)}")
    return wrong


def _judge_rest(stage: Stage) -> list[str]:
    """Nothing may be left behind: in the outbox, in Redis, of connections and of tasks."""
    wrong = []
    open_ = [seat for seat in stage.seats if seat.code is None]
    epochs = set()
    for server in stage.servers:
        parts: Any = server.parts
        if not server.is_open or parts is None:
            wrong.append(f"process {server.number} is not ready: {parts and parts.relay.fault}")
            continue
        epochs.add(parts.relay._session._reader.epoch)
        if parts.outbox or parts.brake.waiting or len(parts.brake) or parts.room._joining:
            wrong.append(f"process {server.number} has something left to say or to hand out")
        count = len(stage.network.ends_of(server.owner))
        if count > MOST_CONNECTIONS * (4 if stage.has_sentinels else 1):
            wrong.append(f"process {server.number} has {count} connections")
        if parts.relay.online != len(open_):
            wrong.append(
                f"process {server.number} counts {parts.relay.online} members of {len(open_)}"
            )
    if len(epochs) > 1:
        wrong.append(f"processes are in different orders: {sorted(epochs)}")
    return wrong


def _subjects(seat: Seat, action: bytes) -> set[str]:
    return {subject_of(message) for _, message in seat.heard if action in message}
