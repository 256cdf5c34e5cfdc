"""Every WSCHAT_* setting: name, type, default, bounds and meaning, in one place.

A value that cannot be used does not raise here: it is kept in `conf.problems`, the default stands
in for it, and `chat.checks` turns each problem into a readable line before anything is served.
"""

from __future__ import annotations

import os
from dataclasses import Field, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_type_hints

from environ import Env

from chat.address import parse_address
from chat.database import read_database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE_DIR = Path(__file__).resolve().parent.parent
_PREFIX = "WSCHAT_"
LIMITS: Final = ("rate", "members", "address", "connects")

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


Network = IPv4Network | IPv6Network


def _setting(  # noqa: PLR0913 - all but two by name
    default: Any,
    meaning: str,
    *,
    least: float = 0,
    most: float = 2**53,
    choices: tuple[str, ...] = (),
    variable: str = "",
    check: Callable[[str], object] | None = None,
) -> Any:
    metadata = {"meaning": meaning, "least": least, "most": most, "choices": choices}
    return field(default=default, metadata={**metadata, "variable": variable, "check": check})


def _check_database(url: str) -> None:
    read_database(url, Path())


def _check_address(text: str) -> None:
    if text:
        parse_address(text)


def _check_prefix(text: str) -> None:
    if text and (not text.startswith("/") or text.endswith("/")):
        raise ValueError(f"got {text!r}, expected a path such as /chat, without a slash at its end")


@dataclass(frozen=True)
class Conf:
    """The settings as the program uses them; the variable of `name` is `WSCHAT_NAME`."""

    debug: bool = _setting(default=False, meaning="Django's debug pages; never in public.")
    secret_key: str = _setting(
        "", "Signs sessions; needed with DATABASE_URL; empty: kept in the data folder."
    )
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
    database_url: str = _setting(
        "",
        "Database, such as postgres://user:password@host/name; empty: SQLite in the data folder.",
        variable="DATABASE_URL",
        check=_check_database,
    )
    https: bool = _setting(
        default=False,
        meaning="People come by HTTPS, through a proxy that sets X-Forwarded-Proto: cookies are "
        "for HTTPS only, plain HTTP is redirected, browsers are told to remember (HSTS).",
    )
    prefix: str = _setting(
        "", "Path under which a proxy serves all of this, such as /chat.", check=_check_prefix
    )
    csrf_trusted_origins: tuple[str, ...] = _setting(
        (), "Origins with scheme whose forms the admin takes, by commas; for unusual proxies."
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (), "Networks whose proxies may tell the client's address, by commas; empty: none."
    )
    proxy_header: str = _setting(
        "x-forwarded-for",
        "Header in which they do. From the first the rightmost address that is none of theirs "
        "counts; the second is taken as it is.",
        choices=("x-forwarded-for", "x-real-ip"),
    )
    rate: float = _setting(0.0, "Messages a second that a member may send; 0: any number.")
    burst: int = _setting(
        10, "Messages that a member may send at once before the rate counts.", least=1
    )
    max_members: int = _setting(0, "Members at most, of all processes; 0: any number.")
    max_per_address: int = _setting(
        0, "Members at most from one IPv4 address or IPv6 /64; 0: any number."
    )
    connects_per_minute: int = _setting(
        0, "New connections a minute from one IPv4 address or IPv6 /64; 0: any number."
    )
    dry_run: tuple[str, ...] = _setting(
        (),
        "Limits that count but let through, by commas: rate, members, address, connects.",
        choices=LIMITS,
    )
    log_messages: bool = _setting(default=False, meaning="Keep what is said in the database.")
    recorder_queue: int = _setting(
        100_000, "Rows that wait for a slow database before more are dropped.", least=100
    )
    retention_days: int = _setting(
        30, "Days that connections and messages are kept; 0: for ever.", most=36_500
    )
    history: int = _setting(
        0, "Chats that a newcomer may ask for with ?history=K; 0: none.", most=10_000
    )
    drain_seconds: float = _setting(
        5.0, "Seconds over which a stop spreads the closing of connections.", most=3600
    )
    metrics_address: str = _setting(
        "",
        "HOST:PORT at which Prometheus finds the metrics; a worker called N uses the Nth port "
        "after it; empty: nowhere.",
        check=_check_address,
    )
    worker: str = _setting("", "Name of this process in logs and the admin; empty: its pid.")
    log_format: str = _setting(
        "text", "Form of log lines; json: one object a line.", choices=("text", "json")
    )
    log_level: LogLevel = _setting(
        "INFO", "Least severe log line shown: DEBUG, INFO, WARNING, ERROR."
    )

    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    named: str = Conf.__dataclass_fields__[name].metadata["variable"]
    return named or _PREFIX + name.upper()


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
            value = _within_bounds(entry, cast(variables[name]))
        except ValueError:
            problems.append(f"{name}: got {variables[name]!r}, expected {expected(entry)}")
            continue
        problem = _problem(entry, value)
        if problem:
            problems.append(f"{name}: {problem}")
        else:
            values[entry.name] = value
    problems += _contradictions(values)
    unknown = sorted(
        name for name in variables if name.startswith(_PREFIX) and name not in settings
    )
    return Conf(**values, problems=tuple(problems), unknown=tuple(unknown))


def _problem(entry: Field[Any], value: Any) -> str:
    check = entry.metadata["check"]
    try:
        if check is not None:
            check(value)
    except ValueError as error:
        return str(error)
    return ""


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Name the settings that are well formed, each, but must not meet."""
    found = []
    if values.get("debug") and "*" in values.get("allowed_hosts", ()):
        found.append("WSCHAT_DEBUG: on while WSCHAT_ALLOWED_HOSTS is *, which shows all to anybody")
    if values.get("database_url") and not values.get("secret_key"):
        found.append(
            "WSCHAT_SECRET_KEY: missing, and the data is not in the data folder, where one is "
            "made: set it to 50 random characters, the same for all processes"
        )
    return found


def _within_bounds(entry: Field[Any], value: Any) -> Any:
    choices = entry.metadata["choices"]
    if choices:
        given = {value} if isinstance(value, str) else set(value)
        if not given <= set(choices):
            raise ValueError
    if isinstance(value, int | float) and not (
        entry.metadata["least"] <= value <= entry.metadata["most"]
    ):
        raise ValueError
    return value


def _bounds(entry: Field[Any]) -> str:
    return f"a number from {entry.metadata['least']:g} to {entry.metadata['most']:g}"


def _text(entry: Field[Any]) -> str:
    return " or ".join(entry.metadata["choices"]) or "text"


def _list(entry: Field[Any]) -> str:
    what = ", ".join(entry.metadata["choices"])
    return f"any of {what}, separated by commas" if what else "a list separated by commas"


def _parse_networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in _parse_list(text))


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
    str: (str, _text),
    LogLevel: (_parse_level, lambda _: "one of " + ", ".join(get_args(LogLevel))),
    Path: (Path, lambda _: "a path"),
    tuple[str, ...]: (_parse_list, _list),
    tuple[Network, ...]: (
        _parse_networks,
        lambda _: "networks separated by commas, such as 10.0.0.0/8, without host bits",
    ),
}

conf = read_conf(os.environ)
