"""Servers that are known to differ: each difference is found, by its name, and told in the docs."""

from __future__ import annotations

import asyncio
import re
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bench.interop import BEGIN, END, PAGE, PEERS, table
from tests.peers import peer
from wschat_tools.conformance import CHECKS, Outcome, Runner, Status
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.processes
SEEN: dict[str, list[Outcome]] = {}
FAIL, DIFFERS, SKIPPED = Status.FAIL, Status.DIFFERS, Status.SKIPPED

KNOWN: dict[str, Mapping[str, tuple[Status, str]]] = {
    "go_like": {
        "known-actions": (FAIL, "discconnect"),
        "timestamp-seconds": (DIFFERS, "nanoseconds"),
        "empty-contents": (DIFFERS, '"action":"chat","timestamp"'),
        "refuses-no-contents": (DIFFERS, "a broadcast of it"),
        "error-before-close": (DIFFERS, "none for .* words"),
        "close-1007": (DIFFERS, "1000"),
        "close-1003": (DIFFERS, ""),
        "close-1009": (DIFFERS, ""),
        "fragments": (FAIL, "the close frame 1000"),
        "own-order": (FAIL, "word"),
        "same-order-for-all": (FAIL, "at one member and .* at another"),
        "joins-at-once": (FAIL, "of 780 pairs do not"),
        "nothing-missed": (FAIL, "not"),
        "origin-null": (DIFFERS, "403"),
        "origin-none": (DIFFERS, "403"),
        "other-paths": (DIFFERS, "101"),
    },
    "fastapi_like": {
        "timestamp-seconds": (DIFFERS, "nanoseconds"),
        "exact-form": (DIFFERS, r"\\u00e9"),
        "takes-timestamp-as-digits": (DIFFERS, ""),
        "refuses-no-contents": (DIFFERS, '"contents": null'),
        "closes-after-an-error": (FAIL, "an open connection"),
        "error-before-close": (DIFFERS, "none for .* number-as-contents"),
        "close-1007": (SKIPPED, "closes-after-an-error"),
        "joins-at-once": (FAIL, "of 780 pairs do not"),
        "nothing-missed": (FAIL, "not"),
        "nothing-negotiated": (DIFFERS, "permessage-deflate"),
    },
    "cpp_like": {
        "key-order": (DIFFERS, "action, contents, sender, timestamp"),
        "timestamp-seconds": (DIFFERS, "nanoseconds"),
        "chat-sender": (FAIL, '"sender":""'),
        "spoofed-sender": (FAIL, ""),
        "chat-timestamp": (FAIL, '"timestamp":0'),
        "spoofed-time": (FAIL, '"timestamp":1'),
        "takes-no-sender": (DIFFERS, "bad message"),
        "takes-contents-alone": (SKIPPED, "takes-no-sender"),
        "refuses-no-contents": (DIFFERS, "a broadcast of it"),
        "closes-after-an-error": (FAIL, "bad message.*an open connection"),
        "nothing-after-a-bad-message": (SKIPPED, "closes-after-an-error"),
        "close-1003": (DIFFERS, "a broadcast of it"),
        "nothing-missed": (FAIL, "not"),
        "other-paths": (DIFFERS, "101"),
    },
    "rust_like": {
        "known-actions": (FAIL, "discconnect"),
        "timestamp-seconds": (DIFFERS, "nanoseconds"),
        "takes-no-sender": (DIFFERS, "bad message"),
        "takes-contents-alone": (SKIPPED, "takes-no-sender"),
        "refuses-action-connect": (DIFFERS, "a broadcast of it"),
        "closes-after-an-error": (FAIL, "bad message.*an open connection"),
        "close-1003": (DIFFERS, "no word, then an open connection"),
        "fragments": (FAIL, "the end of the connection without a close frame"),
    },
}
# What these servers do right must not be found wrong.
RIGHT = {
    *("own-connect-first", "uuid-version-4", "no-history", "system-sender", "timestamp-now"),
    *("chat-reaches-all", "contents-unchanged", "refuses-number-as-contents", "leave-by-reset"),
    *("leave-by-close-frame", "pings", "origin-of-another-page", "refuses-words"),
    *("takes-no-action", "takes-no-timestamp", "takes-keys-in-another-order"),
}
RIGHT_BUT_IN_C = {"chat-sender", "spoofed-sender", "spoofed-time"}
RIGHT_IN_RUST = {"own-order", "same-order-for-all", "joins-at-once", "nothing-missed", "storm"}


async def outcomes() -> Mapping[str, list[Outcome]]:
    """Return what all checks find in each peer: run once for all tests, side by side."""
    if not SEEN:
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # which is four times the work, and has nothing to find in peers
        with ExitStack() as stack:
            starts = [partial(stack.enter_context, peer(name)) for name in PEERS]
            urls = await asyncio.gather(*map(asyncio.to_thread, starts))
            runners = [Runner(parse_address(url)) for url in urls]
            await asyncio.gather(*(runner.knock() for runner in runners))
            found = await asyncio.gather(*(runner.run(CHECKS.values()) for runner in runners))
        SEEN.update(zip(PEERS, found, strict=True))
    return SEEN


@pytest.mark.parametrize("name", PEERS)
async def test_finds_each_known_difference(name: str) -> None:
    """Whoever checks a server would not learn how it differs, or be told that it does not."""
    found = {outcome.check.name: outcome for outcome in (await outcomes())[name]}
    for check, (status, got) in KNOWN[name].items():
        assert found[check].status is status, found[check]
        assert re.search(got, found[check].because or found[check].got), found[check]
    right = RIGHT | (RIGHT_BUT_IN_C if name != "cpp_like" else set())
    right |= RIGHT_IN_RUST if name == "rust_like" else set()
    assert {check: found[check].got for check in right} == dict.fromkeys(right, "")


async def test_the_table_of_the_docs_is_what_the_tool_finds() -> None:
    """The docs would tell of servers what is not so any more."""
    told = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert table(await outcomes()).splitlines() == told.splitlines(), "run python -m bench.interop"
