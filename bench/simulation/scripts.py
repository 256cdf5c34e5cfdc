"""The room's own Lua scripts, run by the Lua that Redis has."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lupa.lua51 import LuaRuntime, lua_type

import chat.cluster
from bench.simulation.wire import RedisFailure, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[list[bytes]], Any]

LUA: Final = Path(chat.cluster.__path__[0]) / "lua"


class Interpreter:
    """One Lua for all runs: a script is compiled once, what it calls is the model of the moment."""

    def __init__(self) -> None:
        self._lua = LuaRuntime(encoding=None, unpack_returned_tuples=False)
        self._compiled: dict[bytes, Any] = {}
        self._call: Call | None = None
        globals_ = self._lua.globals()
        globals_[b"redis"] = self._lua.table_from(
            {b"call": self._on_call, b"pcall": self._on_pcall}
        )

    def run(self, script: bytes, keys: list[bytes], arguments: list[bytes], call: Call) -> Any:
        """Run a script whose redis.call is `call`; return its answer.

        Raises:
            RedisFailure: a command of it failed, or it itself did.

        """
        if script not in self._compiled:
            self._compiled[script] = self._lua.compile(script)
        globals_ = self._lua.globals()
        globals_[b"KEYS"] = self._lua.table_from(keys)
        globals_[b"ARGV"] = self._lua.table_from(arguments)
        self._call = call
        return self._to_answer(self._compiled[script]())

    def _on_call(self, *command: Any) -> Any:
        assert self._call is not None
        return self._to_lua(self._call([_to_bytes(part) for part in command]))

    def _on_pcall(self, *command: Any) -> Any:
        try:
            return self._on_call(*command)
        except RedisFailure as failure:
            return self._lua.table_from({b"err": str(failure).encode()})

    def _to_lua(self, answer: Any) -> Any:
        match answer:
            case None:
                return False
            case Status():
                return self._lua.table_from({b"ok": answer.text})
            case list():
                return self._lua.table_from([self._to_lua(part) for part in answer])
            case _:
                return answer

    def _to_answer(self, value: Any) -> Any:
        if value is None or value is False:
            return None
        if value is True:
            return 1
        if isinstance(value, int | float):
            return int(value)
        if lua_type(value) != "table":
            return value
        if value[b"err"] is not None:
            raise RedisFailure(value[b"err"].decode())
        if value[b"ok"] is not None:
            return Status(value[b"ok"])
        parts: list[Any] = []
        while (part := value[len(parts) + 1]) is not None:
            parts.append(self._to_answer(part))
        return parts


def _to_bytes(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    return b"%d" % part if part == int(part) else b"%.17g" % part


@cache
def interpreter() -> Interpreter:
    """Return the one Lua."""
    return Interpreter()


def digest(script: bytes) -> bytes:
    """Return what EVALSHA knows a script by."""
    return hashlib.sha1(script).hexdigest().encode()


@cache
def names() -> dict[bytes, str]:
    """Return the names of the room's scripts by the digests that they are called by."""
    clock = (LUA / "clock.lua").read_text()
    return {
        digest((clock + path.read_text()).encode()): path.stem
        for path in sorted(LUA.glob("*.lua"))
        if path.stem != "clock"
    }
