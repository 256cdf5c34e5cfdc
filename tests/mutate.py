"""Puts faults into one file, one at a time, and tells which of them the tests do not notice.

Each fault meets the tests in a copy of the tree, in a process forked from one that has imported the
libraries already. None is made in docstrings, types, decorators and what is logged.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
OPTIONS: Final = (
    *("-x", "-q", "--assert=plain", "--hypothesis-profile=mutants"),
    *("-p", "no:randomly", "-p", "no:cacheprovider"),
)
LIBRARIES: Final = (
    *("django.test", "django.contrib.admin.sites", "channels.layers", "channels_redis.pubsub"),
    *("redis.asyncio", "twisted.web.http", "twisted.internet.ssl", "autobahn.websocket.protocol"),
    *("websockets.asyncio.client", "hypothesis", "pytest_asyncio.plugin", "pytest_django.plugin"),
    *("xdist.plugin", "prometheus_client", "msgspec.json", "pythonjsonlogger.json", "pygments"),
)
TYPES: Final = {"annotation", "returns", "decorator_list", "bases", "type_params"}
UNHEARD: Final = ("logger", "__slots__", "if TYPE_CHECKING", "import ", "from ")
NAMES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
OPPOSITES: Final = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)),
    *((ast.In, ast.NotIn), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.LShift, ast.RShift)),
    *((ast.Mult, ast.FloorDiv), (ast.BitAnd, ast.BitOr)),
)
OTHER: Final[dict[type, type[ast.AST]]] = {
    **{one: other for pair in OPPOSITES for one, other in (pair, pair[::-1])},
    ast.Div: ast.Mult,
    ast.BitXor: ast.BitAnd,
}


def faults(node: ast.AST, within: str = "") -> Iterator[tuple[str, ast.AST, str, object]]:
    """Yield all faults below a node: the function it is in, and whose attribute becomes what."""
    for name, value in ast.iter_fields(node):
        if name in TYPES or (name == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _is_unheard(child):
                here = _name_of(child, within)
                for other in _others(child, name):
                    is_one = child is value
                    yield here, node, name, other if is_one else _with(value, index, other)
                yield from faults(child, here)


def _name_of(node: ast.AST, within: str) -> str:
    """Return what a node stands in: `Class.function`, or nothing for the module."""
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return within
    return f"{within}.{node.name}" if within else node.name


def _with(nodes: list[ast.AST], index: int, other: ast.AST) -> list[ast.AST]:
    return [*nodes[:index], other, *nodes[index + 1 :]]


def _is_unheard(node: ast.AST) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or ast.unparse(node).startswith(UNHEARD)


def _others(node: ast.AST, role: str) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    if type(node) in OTHER:
        yield OTHER[type(node)]()
    elif role == "test" and isinstance(node, ast.expr) and not isinstance(node, ast.Compare):
        yield node.operand if isinstance(node, ast.UnaryOp) else ast.UnaryOp(ast.Not(), node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id])
    elif isinstance(node, ast.Constant) and node.value not in (None, ...):
        yield ast.Constant(_changed(node.value))
    elif isinstance(node, ast.stmt):
        yield from _other_statements(node)


def _other_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Return(ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(target, _, value):
            yield from (ast.Pass(), ast.Assign([target], value, lineno=node.lineno))
        case ast.Assign([ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Expr() | ast.Raise() | ast.Delete() | ast.Break() | ast.Continue():
            yield ast.Pass()


def _changed(value: str | bytes | complex) -> str | bytes | complex:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str | bytes):
        return value + "x" if isinstance(value, str) else value + b"x"
    return value + 1


def passes(tree: Path, tests: tuple[str, ...], seconds: float, of_processor: float) -> bool:
    """Tell whether the tests of a tree pass; what takes longer does not."""
    if not (child := os.fork()):
        try:
            _run(tree, tests, of_processor)
        finally:
            os._exit(1)  # whatever a fault may raise here, this process goes no further
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(tree: Path, tests: tuple[str, ...], of_processor: float) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(of_processor), ceil(of_processor)))
    os.chdir(tree)
    sys.path[0] = str(tree)
    for stream in (1, 2):
        os.dup2(os.open(tree / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os._exit(pytest.main([*OPTIONS, *tests]))


def main(file: str, *given: str) -> None:
    """Take a file, `:` and functions if only they are meant, and tests if not all of its folder."""
    path, _, functions = file.partition(":")
    wanted = functions.split(",") if functions else []
    tests = given or (f"tests/{Path(path).parent.name}",)
    sys.dont_write_bytecode = False  # what is not changed is compiled once
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # pytest collects five times, and would have each child copy all this memory
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place, "tree")
        ignored = shutil.ignore_patterns(".*", "node_modules", "var", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=ignored)
        source = ast.parse((ROOT / path).read_text())
        chosen = [fault for fault in faults(source) if _is_wanted(fault[0], wanted)]
        if not chosen:
            sys.exit(f"{path}: no fault in {functions or 'it'}, expected names such as Door.knock")
        began = time.monotonic()
        if not passes(tree, tests, 600, 600):
            sys.exit((tree / "log").read_text() + "these tests fail without a fault")
        # What loops is ended early however busy the machine is, what waits a little later.
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime * 2 + 1
        limits = 3 * (time.monotonic() - began) + 5, most
        total = survived = 0
        for function, node, name, changed in chosen:
            before, kept = ast.unparse(node), getattr(node, name)
            setattr(node, name, changed)
            after = ast.unparse(node)
            total += 1
            (tree / path).write_text(ast.unparse(source))
            os.utime(tree / path, (total, total))  # else a second's next fault finds old bytecode
            setattr(node, name, kept)
            if passes(tree, tests, *limits):
                survived += 1
                print(f"{path}:{function}", *_difference(before, after), sep="\n  ", flush=True)
    print(f"{path}: {total} faults, {total - survived} noticed, {survived} not")


def _is_wanted(function: str, wanted: list[str]) -> bool:
    return not wanted or any(f"{function}.".startswith(f"{name}.") for name in wanted)


def _difference(before: str, after: str) -> Iterator[str]:
    for sign, one, other in (("-", before, after), ("+", after, before)):
        known = other.splitlines()
        yield from (f"{sign} {text.strip()}" for text in one.splitlines() if text not in known)


if __name__ == "__main__":
    main(*sys.argv[1:])
