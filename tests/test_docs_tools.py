"""docs/tools.md: the options and the figures of both tools are the ones that there are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.servers import ROOT
from tests.wschat_tools.loadtest.test_report import GOOD
from wschat_tools.conformance.as_json import as_json as conformance_json
from wschat_tools.conformance.command import conformance_parser
from wschat_tools.loadtest.as_json import as_json as loadtest_json
from wschat_tools.loadtest.command import loadtest_parser

if TYPE_CHECKING:
    import argparse

_, LOADTEST, CONFORMANCE = (ROOT / "docs" / "tools.md").read_text("utf-8").split("\n## ")
BOTH: Final = {"tool", "address", "interrupted", "passed", "seconds"}


def cells(text: str, heading: str) -> list[str]:
    """Return the first cells of the table that begins with this heading."""
    rows = text.partition(f"| {heading} | ")[2].partition("\n\n")[0].splitlines()[2:]
    return [row.split(" | ")[0] for row in rows]


@pytest.mark.parametrize(
    ("text", "parser", "elsewhere"),
    [
        (LOADTEST, loadtest_parser("x"), {"--ca", "--insecure", "--version", "--help"}),
        (CONFORMANCE, conformance_parser("x"), {"--ca", "--insecure", "--version", "--help"}),
    ],
    ids=["loadtest", "conformance"],
)
def test_options(text: str, parser: argparse.ArgumentParser, elsewhere: set[str]) -> None:
    """Somebody would give an option that is none, or not learn of one."""
    told = set(re.findall(r"--[a-z-]+", " ".join(cells(text, "option"))))
    known = {name for action in parser._actions for name in action.option_strings}
    assert told | elsewhere == {name for name in known if name.startswith("--")}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (LOADTEST, loadtest_json(GOOD)),
        (CONFORMANCE, conformance_json("ws://127.0.0.1:1/", [], seconds=1, interrupted=False)),
    ],
    ids=["loadtest", "conformance"],
)
def test_figures(text: str, document: str) -> None:
    """A program would look for a field that is not there, or not know what one means."""
    told = re.findall(r"`([a-z_]+)`", " ".join(cells(text, "field")))
    assert {*told, *BOTH} == set(json.loads(document))
    both = LOADTEST.partition("Both begin with ")[2].partition("Of `loadtest`")[0]
    assert all(f"`{name}`" in both for name in BOTH)
