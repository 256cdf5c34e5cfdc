from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console

from wschat_tools.load import Chatted, Joined, Latencies
from wschat_tools.loadtest import Plan, Report
from wschat_tools.loadtest.as_json import as_json
from wschat_tools.loadtest.summary import milliseconds, show

JOINED = Joined(5, 0.1, 25, 0, Latencies([1_000_000] * 5), same_stream=True)
CHATTED = Chatted(
    seconds=2.0,
    deliveries=100,
    sent=20,
    expected=100,
    lost=0,
    extra=0,
    garbled=0,
    latencies=Latencies([2_000_000, 3_000_000]),
    load_cpu=0.5,
    same_stream=True,
)
GOOD = Report("ws://127.0.0.1:1/", Plan(connections=5), JOINED, CHATTED, 2.5, present=5)


def shown(report: Report, *, test: bool = True, ascii_only: bool = False) -> str:
    """Return what is printed of a report."""
    console = Console(width=100, record=True, force_terminal=False, legacy_windows=ascii_only)
    with console.capture() as capture:
        show(report, console, test=test)
    return capture.get()


def test_a_good_run_passes() -> None:
    """A server that loses nothing would be called bad."""
    assert GOOD.passed
    assert (GOOD.failed, GOOD.sent_per_second) == (0, 10.0)
    assert "passed" in shown(GOOD)
    assert "passed" not in shown(GOOD, test=False)


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (replace(GOOD, present=4), "1 connection failed"),
        (replace(GOOD, chatted=replace(CHATTED, lost=7)), "7 deliveries were lost"),
        (replace(GOOD, chatted=replace(CHATTED, extra=1)), "1 delivery came twice"),
        (replace(GOOD, chatted=replace(CHATTED, garbled=2)), "2 deliveries came changed"),
        (
            replace(GOOD, chatted=replace(CHATTED, own_order=False)),
            "senders' own chats changed places",
        ),
        (replace(GOOD, leaves_unheard=2), "2 leaves were not told"),
        (replace(GOOD, unfinished=3), "3 connections did not get all their own chats back"),
        (replace(GOOD, interrupted=True), "interrupted"),
    ],
)
def test_each_shortcoming_fails_and_is_told(report: Report, why: str) -> None:
    """A server that loses, doubles or changes chats would pass, or a person not learn why not."""
    assert not report.passed
    assert report.shortcomings == [why]
    assert f"failed: {why}" in shown(report)
    assert json.loads(as_json(report))["shortcomings"] == [why]


def test_what_an_interrupted_run_did_not_wait_for_is_not_called_lost() -> None:
    """A person would think that the server loses what Ctrl-C left on its way."""
    cut = replace(
        GOOD, interrupted=True, present=4, unfinished=5, chatted=replace(CHATTED, lost=7, extra=2)
    )
    assert cut.shortcomings == ["2 deliveries came twice", "interrupted"]
    assert "to come    7 of 100 deliveries" in shown(cut)
    assert "lost" not in shown(cut)


def test_tells_what_is_rare_only_where_it_is() -> None:
    """What matters would drown in zeros, or not be told."""
    rare = replace(
        GOOD,
        joined=replace(JOINED, missed=6, unheard=4),
        errors={"refused": 2},
        chatted=replace(CHATTED, extra=3, load_cpu=0.99, same_order=False),
    )
    text = shown(rare)
    for words in (
        "4 pairs of members did not hear",
        "3 deliveries came more than once",
        "not the same for all",
        "the load was the limit",
        "errors on 2 connections",
        "2  refused",
    ):
        assert words in text
        assert words not in shown(GOOD)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123, "0.012"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234")]
)
def test_durations_have_digits_that_mean_something(value: float, text: str) -> None:
    """Figures would be too coarse or too long to compare."""
    assert milliseconds(value) == text
