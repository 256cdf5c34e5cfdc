from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from bench.cases import CASES
from bench.chart import SIZES, chart
from bench.measured import Measured, Summary, summarize
from bench.report import as_json
from bench.servers import SERVERS
from bench.table import figures, load_bound, markdown, verdicts
from bench.targets import TARGETS, Target, judge


def summary(value: float | None, lost: int = 0, **facts: float) -> Summary:
    return summarize([Measured(value, lost=lost, note="" if value else "no", facts=facts)])


def test_medians_and_worst() -> None:
    """Without it one noisy round, or one that lost chats, would be the result or be hidden."""
    rounds = [
        Measured(10, facts={"growth": 3}),
        Measured(1000, lost=2),
        Measured(20, facts={"growth": 5}),
        Measured(None, note="does not finish in 60 s"),
    ]
    result = summarize(rounds)
    assert (result.value, result.lost, result.rounds) == (20, 2, 4)
    assert result.note == "does not finish in 60 s"
    assert result.facts == {"growth": 5}


def test_rounds_that_others_disturbed() -> None:
    """Without it a neighbour's burst would decide which server is called faster."""
    rounds = [Measured(10, others=0.9), Measured(20, others=0.01), Measured(12, others=0.5)]
    result = summarize(rounds)
    assert (result.value, result.quiet) == (20, 1)
    disturbed = summarize(rounds[::2])
    assert (disturbed.value, disturbed.quiet) == (11, 0)


def test_worst_of_facts() -> None:
    """Without it one round in which a slow member stayed would be hidden by another."""
    rounds = [Measured(1, facts={"gone": 1, "growth": 2}), Measured(1, facts={"gone": 0})]
    assert summarize(rounds).facts == {"gone": 0, "growth": 2}


@pytest.mark.parametrize(
    ("sign", "ours", "reached"),
    [(">=", 180, True), (">=", 179, False), ("<=", 180, True), ("<=", 181, False)],
)
def test_target_beside_a_peer(sign: str, ours: float, *, reached: bool) -> None:
    """Without it a target could be called reached that is not."""
    target = Target("chat-1000", ">=" if sign == ">=" else "<=", 1.8, "bun")
    results = {("chat-1000", "wschat"): summary(ours), ("chat-1000", "bun"): summary(100)}
    verdict = judge(target, results)
    assert verdict.got == pytest.approx(ours / 100)
    assert verdict.reached is reached


def test_target_of_a_fact() -> None:
    """Without it a member that stays for ever would count as gone."""
    results = {("deaf-100", "wschat"): summary(0.95, gone=0.0, growth=70.0)}
    told = {str(t): judge(t, results).reached for t in TARGETS if t.case == "deaf-100"}
    assert told == {
        "≥ 0.9 of the rate without it": True,
        "gone ≥ 1": False,
        "growth ≤ 64 MiB": False,
    }


@pytest.mark.parametrize("peer", [None, summary(None)])
def test_target_without_a_peer(peer: Summary | None) -> None:
    """Without it a peer that did not finish would divide by nothing."""
    results = {("chat-100", "wschat"): summary(5)}
    if peer is not None:
        results["chat-100", "bun"] = peer
    assert judge(Target("chat-100", ">=", 0.8, "bun"), results).reached is None


def test_table() -> None:
    """Without it the table in the README would show figures under another server's name."""
    results = {
        ("chat-100", "wschat"): summary(8_000_000),
        ("chat-100", "bun"): summary(4_000_000),
        ("chat-100", "fastapi"): summary(None),
        ("chat-100", "stock-channels"): summary(7000, lost=12),
    }
    rows = figures(CASES[:1], SERVERS, results)
    assert rows[0] == ["case", *(server.title for server in SERVERS)]
    assert rows[1][1:] == ["8,000,000", "4,000,000 (2x)", "", "no", "7,000 (1,143x), 12 lost"]
    assert ["chat-100", "≥ 1.3 x bun", "2", "yes"] in verdicts(results)
    assert ["chat-100", "≥ 20 x fastapi", "-", "not measured"] in verdicts(results)
    assert ["chat-100", "lost: none", "0", "yes"] in verdicts(results)
    assert markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_load_that_was_the_limit_is_marked() -> None:
    """Without it a server would be called slow that the load engine could not keep busy."""
    busy = summarize([Measured(1, server_cpu=0.7, load_cpu=0.99)])
    spare = summarize([Measured(1, server_cpu=1.0, load_cpu=0.98)])
    assert load_bound(busy)
    assert not load_bound(spare)


def test_json() -> None:
    """Without it results of two runs could not be compared by a program."""
    measured = [Measured(3, lost=1), Measured(5)]
    key = ("chat-10", "bun")
    found = json.loads(as_json({key: measured}, {key: summarize(measured)}))
    (entry,) = found["results"]
    assert (entry["case"], entry["server"], entry["summary"]["value"]) == ("chat-10", "bun", 4)
    assert [r["value"] for r in entry["rounds"]] == [3, 5]
    assert found["machine"]["bun"]


def test_every_target_names_a_case_and_a_server() -> None:
    """Without it a target of a renamed case would silently never be judged."""
    servers = {server.name for server in SERVERS}
    assert {t.case for t in TARGETS} == {case.name for case in CASES}
    assert {t.peer for t in TARGETS if t.peer} <= servers


def test_chart() -> None:
    """Without it the picture in the docs would show lines that nothing measured, or none."""
    assert chart(SERVERS, {}) == ""
    results = {
        ("chat-10", "wschat"): summary(1_000_000),
        ("chat-1000", "wschat"): summary(30_000_000),
        ("chat-10", "bun"): summary(None),
    }
    drawn = ET.fromstring(chart(SERVERS, results))
    texts = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert "wschat" in texts
    assert "Bun publish" not in texts
    assert len([e for e in drawn.iter() if e.tag.endswith("circle")]) == 2
    assert set(SIZES) <= {case.name for case in CASES}
