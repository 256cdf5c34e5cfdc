"""Which names code uses: those of other libraries on which ours rests."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final

import chat

if TYPE_CHECKING:
    from collections.abc import Iterator

# They begin with an underscore and are documented all the same.
DOCUMENTED: Final = {"_asdict", "_replace", "_exit", "_meta"}


def code_names(code: CodeType) -> Iterator[str]:
    """Yield the names that some code uses, with the functions in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_names(constant)


def names_used(function: Any) -> set[str]:
    """Return the names that a function uses, below its decorators, too."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return set(code_names(function.__code__)) if hasattr(function, "__code__") else set()


def names_of_class(owner: type) -> set[str]:
    """Return the names of a class itself, and those that its methods use."""
    found = set(vars(owner))
    for value in vars(owner).values():
        found |= names_used(getattr(value, "fget", None) or getattr(value, "__func__", value))
    return found


def names_of_module(module: ModuleType) -> set[str]:
    """Return the names that the classes and functions of a module use."""
    found: set[str] = set()
    for value in vars(module).values():
        found |= names_of_class(value) if isinstance(value, type) else names_used(value)
    return found


@cache
def private_names() -> dict[str, set[str]]:
    """Return the private names that chat/ uses and does not define, and the files that do."""
    defined: set[str] = set()
    used: defaultdict[str, set[str]] = defaultdict(set)
    root = Path(chat.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), ctx=ast.Store()):
                    defined.add(node.attr)
                case ast.Attribute(attr=name) if name.startswith("_") and name[:2] != "__":
                    used[name].add(str(path.relative_to(root)))
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    defined.add(node.name)
                case ast.Name(ctx=ast.Store()):
                    defined.add(node.id)
    return {name: used[name] for name in used.keys() - defined - DOCUMENTED}
