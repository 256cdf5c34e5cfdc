"""What `script/mutate` puts into a file, and what it tells of it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import Final

import pytest

from tests.mutate import faults
from tests.servers import ROOT

README: Final = ROOT / "tests" / "README.md"

SOURCE: Final = '''
"""What it is."""

logger = logging.getLogger("name")
MOST: Final[Literal["some"]] = 3


@decorated("word")
def grow(self, by: "int" = 1) -> "str":
    """What it does."""
    if self.size >= MOST and not self.closed:
        logger.warning("not any more than %d", 5)
        return
    self.size += by
    self.tell()
    return min(self.size, by)
'''
CHANGED: Final = [
    "MOST: Final[Literal['some']] = 4",
    "def grow(self, by: 'int'=2) -> 'str':",
    "if self.size > MOST and (not self.closed):",
    "if self.size >= MOST and self.closed:",
    "if self.size >= MOST or not self.closed:",
    "self.size -= by",
    "self.size = by",
    "pass",
    "return max(self.size, by)",
    "return None",
]


def test_faults_are_those_that_somebody_would_meet() -> None:
    """Who reads the list would look through words of the log, or trust in tests never tried."""
    source = ast.parse(SOURCE)
    unchanged = {line.strip() for line in ast.unparse(source).splitlines()}
    found = set()
    for _, node, name, changed in list(faults(source)):
        kept = getattr(node, name)
        setattr(node, name, changed)
        found |= {line.strip() for line in ast.unparse(source).splitlines()} - unchanged
        setattr(node, name, kept)
    assert found >= set(CHANGED)
    assert not any(word in line for line in found for word in ("What", "logg", "decorated"))


def mutate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tests/mutate.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.processes
@pytest.mark.long
def test_tells_what_was_noticed_and_what_was_not() -> None:
    """A fault that no test sees would pass for one that some test does, or the other way round."""
    file = "chat/door/bans.py"
    before = (ROOT / file).read_text()
    ended = mutate(f"{file}:BannedNetwork,BanList.find", "tests/door/test_bans.py::test_find")
    assert ended.stdout.endswith(f"{file}: 12 faults, 7 noticed, 5 not\n")
    assert f"{file}:BannedNetwork.refusal\n  - return f'banned: " in ended.stdout
    assert "number | mask" not in ended.stdout
    assert (ROOT / file).read_text() == before


@pytest.mark.processes
def test_says_so_where_a_function_is_not_in_the_file() -> None:
    """A slip in a name would look like a function without faults."""
    ended = mutate("chat/door/bans.py:BanList.search")
    assert ended.returncode == 1
    assert "no fault in BanList.search, expected names such as Door.knock" in ended.stderr


@pytest.mark.processes
@pytest.mark.long
def test_says_so_where_the_tests_fail_by_themselves() -> None:
    """Every fault would count as noticed."""
    ended = mutate("chat/door/bans.py", "tests/door/test_none.py")
    assert ended.returncode == 1
    assert "these tests fail without a fault" in ended.stderr


def test_the_table_of_survivors_names_what_exists() -> None:
    """The list of accepted faults would excuse code that is long gone."""
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `chat/")]
    survivors = [row for row in rows if not re.search(r"\| \d", row)]
    assert len(survivors) > 20
    for row in survivors:
        folder, file, names = "", "", set[str]()
        for text in re.findall(r"`([\w./]+)`", row.split("|")[1]):
            if text.endswith(".py"):
                folder = text.rpartition("/")[0] or folder
                file = f"{folder}/{text.rpartition('/')[2]}"
                names = names_in(ast.parse((ROOT / file).read_text()))
            else:
                assert text in names, f"tests/README.md: {file} has no {text}"


def names_in(node: ast.AST, within: str = "") -> set[str]:
    """Return the names of all functions, classes and constants below a node."""
    found = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found |= {within + child.name} | names_in(child, f"{within}{child.name}.")
        elif isinstance(child, ast.AnnAssign):
            found.add(within + ast.unparse(child.target))
    return found
