"""What each peer differs in, as the tool finds it: the table of docs/interop.md.

Usage: python -m bench.interop
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from bench.cores import Cores
from bench.process import running
from bench.servers import ROOT, Server
from wschat_tools.conformance import CHECKS, Outcome, Runner, Status
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PEERS: Final = {
    "go_like": "Go",
    "cpp_like": "C++",
    "rust_like": "Rust",
    "fastapi_like": "FastAPI",
}
PAGE: Final = ROOT / "docs" / "interop.md"
BEGIN: Final = "<!-- python -m bench.interop -->\n"
END: Final = "<!-- end -->\n"
# What two tasks of a peer race for: it is found in some runs, and not in others.
RACES: Final = {
    ("go_like", "nothing-after-a-bad-message"),
    ("go_like", "leave-by-right-after-a-chat"),
    ("go_like", "storm"),
    ("fastapi_like", "leave-while-joining"),
    ("fastapi_like", "storm"),
}
WORDS: Final = {Status.PASS: "", Status.DIFFERS: "differs", Status.FAIL: "**fails**"}


def table(found: Mapping[str, Sequence[Outcome]]) -> str:
    """Return a row for each check that a peer does not pass, a column for each peer."""
    lines = ["| check | " + " | ".join(PEERS[name] for name in found) + " |"]
    lines.append("| --- |" + " --- |" * len(found))
    for outcomes in zip(*found.values(), strict=True):
        name = outcomes[0].check.name
        words = [_word(peer, outcome) for peer, outcome in zip(found, outcomes, strict=True)]
        if any(words):
            lines.append(f"| `{name}` | {' | '.join(words)} |")
    return "\n".join(lines) + "\n"


def _word(peer: str, outcome: Outcome) -> str:
    if (peer, outcome.check.name) in RACES:
        return "races"
    return WORDS.get(outcome.status, "skipped")


def with_table(page: str, text: str) -> str:
    """Return the page with this table in place of the one that it has."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + text + END + rest.partition(END)[2]


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", f"bench.peers.{name}"]


def main() -> None:
    """Check every peer, and write the table."""
    found: dict[str, list[Outcome]] = {}
    for name in PEERS:
        with running(Server(name, name, partial(_command, name)), Cores(0, 0)) as server:
            found[name] = asyncio.run(Runner(parse_address(server.url)).run(CHECKS.values()))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_table(page, table(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
