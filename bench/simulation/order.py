"""Whether all visits heard the same in the same order."""

from __future__ import annotations

import json
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bench.simulation.seat import Seat
    from bench.simulation.strike import Striker

# What is said in the end comes behind everything that was numbered.
LAST_WORDS: Final = 10**9


def judge_order(seats: list[Seat]) -> list[str]:
    """No message may have two successors: every visit is a part of one and the same row."""
    return _judge_rows([(seat, [message for _, message in seat.heard]) for seat in seats])


def judge_senders(seats: list[Seat], striker: Striker) -> list[str]:
    """Hold the same for each sender alone, as after a Redis that has lost its data.

    What was said by a process that ends before it has said again what Redis forgot may have reached
    some only, in its order: nobody else keeps what others said.
    """
    wrong = []
    rows: dict[str, list[tuple[Seat, list[bytes]]]] = {}
    for seat in seats:
        own: dict[str, list[bytes]] = {}
        for _, message in seat.heard:
            own.setdefault(subject_of(message), []).append(message)
        for subject, messages in own.items():
            rows.setdefault(subject, []).append((seat, messages))
    gone = {seat.id for seat in seats if striker.may_have_kept_nothing(seat.ended)}
    for subject, found in rows.items():
        wrong += _judge_said(found) if subject in gone else _judge_rows(found)
    return wrong


def _judge_said(rows: list[tuple[Seat, list[bytes]]]) -> list[str]:
    """Hold what was heard of one sender to the order in which it was said."""
    return [
        f"{name_of(seat)} heard {other.decode()} behind {one.decode()}"
        for seat, messages in rows
        for one, other in pairwise(messages)
        if _turn(one) >= _turn(other)
    ]


def _judge_rows(rows: list[tuple[Seat, list[bytes]]]) -> list[str]:
    after: dict[bytes, bytes] = {}
    by: dict[bytes, Seat] = {}
    wrong = []
    for seat, messages in rows:
        for one, other in pairwise(messages):
            if after.setdefault(one, other) != other:
                wrong.append(
                    f"behind {one.decode()} {name_of(by[one])} heard {after[one].decode()} and "
                    f"{name_of(seat)} {other.decode()}"
                )
                break
            by.setdefault(one, seat)
    ends = {messages[-1]: seat for seat, messages in rows if seat.code is None}
    for message, seat in ends.items():
        if message in after:
            wrong.append(f"{name_of(seat)} heard nothing behind {message.decode()}")
    return wrong


def subject_of(message: bytes) -> str:
    """Return who a message is of: who says it, comes or leaves."""
    parsed = json.loads(message)
    return str(parsed["contents"] if parsed["sender"] == "system" else parsed["sender"])


def event_of(message: bytes) -> tuple[str, str, str]:
    """Return what must not come twice: whatever its time is."""
    parsed = json.loads(message)
    return parsed["sender"], parsed["action"], parsed["contents"]


def _turn(message: bytes) -> float:
    """Return where a message stands among those of its sender: its chats are numbered."""
    _, action, contents = event_of(message)
    if action != "chat":
        return -1.0 if action == "connect" else inf
    _, _, number = contents.partition("-")
    return float(number or LAST_WORDS)


def name_of(seat: Seat) -> str:
    """Return what a visit is called where something was wrong."""
    return f"{seat.id[:8]} on {seat.process} from {seat.began:.3f}"
