"""What became of every message: the logs of all visits, compared with one that was never struck."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.faults.talker import Visit


@dataclass(slots=True)
class Verdict:
    """Counts over all visits; what must be none is named by `faults`.

    `moved` counts visits that heard everything, but some of it in another order.
    """

    visits: int = 0
    heard: int = 0
    said: int = 0
    missing: int = 0
    repeated: int = 0
    moved: int = 0
    senders_moved: int = 0
    unanswered: int = 0
    not_own_first: int = 0
    leaves_missing: int = 0
    leaves_repeated: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, or put out of its sender's order."""
        return not (
            self.missing
            or self.repeated
            or self.senders_moved
            or self.unanswered
            or self.not_own_first
            or self.leaves_missing
            or self.leaves_repeated
        )


def judge(visits: Iterable[Visit], reference: Visit) -> Verdict:
    """Compare every visit with the reference, which began first and never ended."""
    verdict = Verdict()
    place = {message: index for index, message in enumerate(reference.heard)}
    visits = list(visits)
    for visit in visits:
        if visit.heard:
            _judge_visit(verdict, visit, reference, place)
    _judge_leaves(verdict, visits, reference)
    return verdict


def _judge_visit(verdict: Verdict, visit: Visit, reference: Visit, place: dict[str, int]) -> None:
    verdict.visits += 1
    verdict.heard += len(visit.heard)
    verdict.said += len(visit.said)
    verdict.repeated += sum(count - 1 for count in Counter(visit.heard).values())
    first = json.loads(visit.heard[0])
    if first["action"] != "connect" or visit.heard[0] not in place:
        verdict.not_own_first += 1
        verdict.notes.append(f"first message {visit.heard[0]}")
        return
    expected = reference.heard[place[visit.heard[0]] :]
    if visit.ended:
        expected = _up_to_the_last(expected, visit)
    _judge_reference(verdict, visit, place)
    if expected != visit.heard:
        _judge_difference(verdict, visit, expected)
    if not visit.ended:
        echoed = set(_chats_of(visit.uuid, visit.heard))
        verdict.unanswered += sum(text not in echoed for text in visit.said)


def _up_to_the_last(expected: list[str], visit: Visit) -> list[str]:
    """Cut the reference off behind the last message that a visit that ended has heard."""
    heard = set(visit.heard)
    known = [index for index, message in enumerate(expected) if message in heard]
    return expected[: known[-1] + 1] if known else []


def _judge_reference(verdict: Verdict, visit: Visit, place: dict[str, int]) -> None:
    """Count what others heard and the reference did not: it may miss something, too."""
    unknown = [message for message in visit.heard if message not in place]
    verdict.missing += len(unknown)
    if unknown:
        verdict.notes.append(f"the reference missed {len(unknown)}, such as {unknown[0]}")


def _judge_difference(verdict: Verdict, visit: Visit, expected: list[str]) -> None:
    missing = Counter(expected) - Counter(visit.heard)
    verdict.missing += missing.total()
    if missing:
        verdict.notes.append(
            f"{visit.uuid} on {visit.port} missed {missing.total()}, such as {next(iter(missing))}"
        )
    elif Counter(expected) == Counter(visit.heard):
        verdict.moved += 1
    due, heard = set(expected), set(visit.heard)
    own_order = _by_sender([message for message in visit.heard if message in due])
    if own_order != _by_sender([message for message in expected if message in heard]):
        verdict.senders_moved += 1


def _by_sender(messages: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in messages:
        found.setdefault(json.loads(message)["sender"], []).append(message)
    found.pop("system", None)
    return found


def _chats_of(uuid: str, heard: list[str]) -> Iterable[str]:
    for message in heard:
        if uuid in message:
            parsed = json.loads(message)
            if parsed["sender"] == uuid:
                yield parsed["contents"]


def _judge_leaves(verdict: Verdict, visits: list[Visit], reference: Visit) -> None:
    """Every visit that ended has exactly one disconnect, one that goes on has none."""
    leaves = Counter(
        parsed["contents"]
        for parsed in map(json.loads, reference.heard)
        if parsed["action"] == "disconnect"
    )
    joined = {
        parsed["contents"]
        for parsed in map(json.loads, reference.heard)
        if parsed["action"] == "connect"
    }
    verdict.leaves_repeated = sum(count - 1 for count in leaves.values())
    present = {visit.uuid for visit in visits if visit.heard and not visit.ended}
    for uuid in joined - present - {reference.uuid}:
        if not leaves[uuid]:
            verdict.leaves_missing += 1
            verdict.notes.append(f"{uuid} never left")
    for uuid in present:
        if leaves[uuid]:
            verdict.leaves_repeated += 1
            verdict.notes.append(f"{uuid} left and is still there")
