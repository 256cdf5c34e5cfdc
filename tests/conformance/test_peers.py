"""Servers that are known to differ: each difference is found, by its name."""

from __future__ import annotations

import re

import pytest

from chat.conformance import CHECKS, Runner, Status
from chat.load import parse_address
from tests.peers import peer

TIMEOUT_SECONDS = 3.0

GO = {
    "known-actions": (Status.FAIL, "discconnect"),
    "timestamp-seconds": (Status.DIFFERS, "nanoseconds"),
    "empty-contents": (Status.DIFFERS, '"action":"chat","timestamp"'),
    "refuses-no-contents": (Status.DIFFERS, "a broadcast of its words"),
    "error-before-close": (Status.DIFFERS, "none for .* words"),
    "close-1007": (Status.DIFFERS, "1000"),
    "close-1003": (Status.DIFFERS, ""),
    "close-1009": (Status.DIFFERS, ""),
    "fragments": (Status.FAIL, "the close frame 1000"),
    "own-order": (Status.FAIL, "word"),
    "same-order-for-all": (Status.FAIL, "at one member and .* at another"),
    "joins-at-once": (Status.FAIL, "of 780 pairs do not"),
    "nothing-missed": (Status.FAIL, "not"),
    "origin-null": (Status.DIFFERS, "403"),
    "origin-none": (Status.DIFFERS, "403"),
    "other-paths": (Status.DIFFERS, "101"),
}
FASTAPI = {
    "timestamp-seconds": (Status.DIFFERS, "nanoseconds"),
    "exact-form": (Status.DIFFERS, r"\\u00e9"),
    "takes-timestamp-as-digits": (Status.DIFFERS, ""),
    "refuses-words": (Status.FAIL, "a broadcast of its words"),
    "refuses-no-contents": (Status.DIFFERS, '"contents": null'),
    "closes-after-an-error": (Status.FAIL, "a broadcast of its words"),
    "error-before-close": (Status.DIFFERS, "none for .* number-as-contents"),
    "close-1007": (Status.DIFFERS, "None, open for"),
    "joins-at-once": (Status.FAIL, "of 780 pairs do not"),
    "nothing-missed": (Status.FAIL, "not"),
    "nothing-negotiated": (Status.DIFFERS, "permessage-deflate"),
}
# What these servers do right must not be found wrong.
RIGHT = (
    "own-connect-first",
    "uuid-version-4",
    "no-history",
    "system-sender",
    "timestamp-now",
    "chat-reaches-all",
    "contents-unchanged",
    "spoofed-sender",
    "spoofed-time",
    "refuses-number-as-contents",
    "leave-by-reset",
    "leave-by-close-frame",
    "pings",
    "origin-of-another-page",
)


@pytest.mark.parametrize(("name", "known"), [("go_like", GO), ("fastapi_like", FASTAPI)])
async def test_finds_each_known_difference(name: str, known: dict[str, tuple[Status, str]]) -> None:
    """Whoever checks a server would not learn how it differs, or be told that it does not."""
    with peer(name) as url:
        checks = [CHECKS[check] for check in (*known, *RIGHT)]
        outcomes = await Runner(parse_address(url), TIMEOUT_SECONDS).run(checks)
    found = {outcome.check.name: outcome for outcome in outcomes}
    for check, (status, got) in known.items():
        assert found[check].status is status, found[check]
        assert re.search(got, found[check].got), found[check]
    assert {check: found[check].got for check in RIGHT} == dict.fromkeys(RIGHT, "")
