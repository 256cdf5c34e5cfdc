"""Every WSCHAT_* setting: name, type, default, bounds and meaning, in one place.

A value that cannot be used does not raise here: it is kept in `conf.problems`, the default stands
in for it, and `chat.checks` turns each problem into a readable line before anything is served.
"""

from __future__ import annotations

import os
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

from environ import Env

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE_DIR = Path(__file__).resolve().parent.parent
_PREFIX = "WSCHAT_"

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _setting(default: Any, meaning: str, *, least: float = 0, most: float = 2**53) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True)
class Conf:
    """The settings as the program uses them; the variable of `name` is `WSCHAT_NAME`."""

    debug: bool = _setting(default=False, meaning="Django's debug pages; never in public.")
    secret_key: str = _setting("", "Signs sessions; empty: read from, or made in, the data folder.")
    name: str = _setting("wschat", "The room's name, on its page and in the lists of others.")
    var: Path = _setting(BASE_DIR / "var", "Data folder: database, secret key, static files.")
    allowed_hosts: tuple[str, ...] = _setting(
        (), "Host names that pages answer to, by commas; empty: what fits the address served."
    )
    allowed_origins: tuple[str, ...] = _setting(
        (), "Origins whose pages may join, by commas; empty: any, and clients that send none."
    )
    message_bytes: int = _setting(
        64 * 1024, "Longest message from a member, in bytes of JSON.", least=256, most=1024 * 1024
    )
    backlog_bytes: int = _setting(
        4 * 1024 * 1024, "Unsent bytes past which a slow member is disconnected.", least=64 * 1024
    )
    stall_seconds: float = _setting(
        20.0, "Seconds without progress after which a slow member is disconnected.", least=1
    )
    outbox_bytes: int = _setting(
        1024 * 1024, "Undelivered bytes past which reading from members pauses.", least=4096
    )
    redis_url: str = _setting(
        "", "Redis that makes many processes one room: redis://, rediss://, unix:// or sentinel://."
    )
    layer_timeout: float = _setting(
        30.0, "Seconds without Redis after which members are told to come back later.", least=5
    )
    replay_bytes: int = _setting(
        64 * 1024 * 1024, "Messages that Redis keeps to close gaps, in bytes.", least=1024 * 1024
    )
    workers: int = _setting(1, "Processes that serve; more than one needs Redis.", least=1, most=64)
    worker: str = _setting("", "Name of this process in logs and the admin; empty: its pid.")
    log_level: LogLevel = _setting(
        "INFO", "Least severe log line shown: DEBUG, INFO, WARNING, ERROR."
    )

    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return _PREFIX + name.upper()


def setting_fields() -> list[Field[Any]]:
    """Return every setting, in the order of the docs."""
    return [entry for entry in fields(Conf) if entry.metadata]


def read_conf(variables: Mapping[str, str]) -> Conf:
    """Read the settings; what cannot be used stays at its default and is named in `problems`."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    kinds = get_type_hints(Conf)
    settings = {variable(entry.name): entry for entry in setting_fields()}
    for name in sorted(variables.keys() & settings.keys()):
        entry = settings[name]
        cast, expected = _CASTS[kinds[entry.name]]
        try:
            values[entry.name] = _within_bounds(entry, cast(variables[name]))
        except ValueError:
            problems.append(f"{name}: got {variables[name]!r}, expected {expected(entry)}")
    unknown = sorted(
        name for name in variables if name.startswith(_PREFIX) and name not in settings
    )
    return Conf(**values, problems=tuple(problems), unknown=tuple(unknown))


def _within_bounds(entry: Field[Any], value: Any) -> Any:
    if isinstance(value, int | float) and not (
        entry.metadata["least"] <= value <= entry.metadata["most"]
    ):
        raise ValueError
    return value


def _bounds(entry: Field[Any]) -> str:
    return f"a number from {entry.metadata['least']:g} to {entry.metadata['most']:g}"


def _parse_bool(text: str) -> bool:
    """Unlike the library's, this does not take a misspelt `true` for false."""
    lowered = text.strip().lower()
    if lowered in Env.BOOLEAN_TRUE_STRINGS:
        return True
    if lowered in {"false", "off", "no", "n", "0", ""}:
        return False
    raise ValueError(text)


def _parse_level(text: str) -> str:
    level = text.strip().upper()
    if level not in get_args(LogLevel):
        raise ValueError(text)
    return level


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in Env.parse_value(text, list) if part.strip())


_CASTS: dict[Any, tuple[Callable[[str], Any], Callable[[Field[Any]], str]]] = {
    bool: (_parse_bool, lambda _: "true or false"),
    int: (int, _bounds),
    float: (float, _bounds),
    str: (str, lambda _: "text"),
    LogLevel: (_parse_level, lambda _: "one of " + ", ".join(get_args(LogLevel))),
    Path: (Path, lambda _: "a path"),
    tuple[str, ...]: (_parse_list, lambda _: "a list separated by commas"),
}

conf = read_conf(os.environ)
