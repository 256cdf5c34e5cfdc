"""Every WSCHAT_* setting: name, type, default, bounds and meaning, in one place.

A value that cannot be used does not raise here: it is kept in `conf.problems`, the default stands
in for it, and `chat.serving.checks` turns each problem into a readable line at start.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from chat.config.address import parse_address
from chat.config.database import read_database_url
from chat.config.networks import Network, read_networks
from chat.config.setting import PREFIX, read_settings, setting, settings_of
from chat.config.weak import contradictions, weaknesses

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE_DIR: Final = Path(__file__).resolve().parents[2]

# Beside the program in a clone; an installed package has no folder of its own.
_DATA: Final = (
    BASE_DIR / "var"
    if (BASE_DIR / "manage.py").exists()
    else Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "wschat"
)

Limit = Literal["rate", "members", "address", "connects"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _read_address(given: str) -> str:
    if given:
        parse_address(given)
    return given


def _read_prefix(path: str) -> str:
    if path and (not path.startswith("/") or path.endswith("/")):
        raise ValueError(f"got {path!r}, expected a path such as /chat, without a slash at its end")
    return path


@dataclass(frozen=True)
class Conf:
    """The settings as the program uses them; the variable of `name` is `WSCHAT_NAME`."""

    debug: bool = setting(default=False, meaning="Django's debug pages; never in public.")
    secret_key: str = setting(
        "", "Signs sessions; needed with DATABASE_URL; empty: kept in the data folder."
    )
    name: str = setting("wschat", "The room's name, on its page and in the lists of others.")
    var: Path = setting(_DATA, "Data folder: database, secret key, static files.", read=Path)
    allowed_hosts: tuple[str, ...] = setting(
        (), "Host names that pages answer to, by commas; empty: what fits the address served."
    )
    allowed_origins: tuple[str, ...] = setting(
        (), "Origins whose pages may join, by commas; empty: any, and clients that send none."
    )
    message_bytes: int = setting(
        64 * 1024, "Longest message from a member, in bytes of JSON.", least=256, most=1024 * 1024
    )
    body_bytes: int = setting(
        1024 * 1024,
        "Largest body of a request, in bytes; only the admin takes any.",
        least=64 * 1024,
    )
    backlog_bytes: int = setting(
        4 * 1024 * 1024, "Unsent bytes past which a slow member is disconnected.", least=64 * 1024
    )
    stall_seconds: float = setting(
        20.0, "Seconds without progress after which a slow member is disconnected.", least=1
    )
    outbox_bytes: int = setting(
        1024 * 1024, "Undelivered bytes past which reading from members pauses.", least=4096
    )
    redis_url: str = setting(
        "", "Redis that makes many processes one room: redis://, rediss://, unix:// or sentinel://."
    )
    layer_timeout: float = setting(
        8.0,  # the others count a process as dead then
        "Seconds without Redis after which members are told to come back later.",
        least=5,
        most=8,
    )
    replay_bytes: int = setting(
        64 * 1024 * 1024, "Messages that Redis keeps to close gaps, in bytes.", least=1024 * 1024
    )
    workers: int = setting(1, "Processes that serve; more than one needs Redis.", least=1, most=64)
    database_url: str = setting(
        "",
        "Database, such as postgres://user:password@host/name; empty: SQLite in the data folder.",
        variable="DATABASE_URL",
        read=read_database_url,
    )
    https: bool = setting(
        default=False,
        meaning="People come by HTTPS, through a proxy that sets X-Forwarded-Proto: cookies are "
        "for HTTPS only, plain HTTP is redirected, browsers are told to remember (HSTS).",
    )
    tls_certificate: str = setting(
        "",
        "PEM file of a certificate and its chain, for HTTPS without a proxy; read again on SIGHUP.",
    )
    tls_key: str = setting("", "PEM file of its key, without a passphrase.")
    prefix: str = setting(
        "", "Path under which a proxy serves all of this, such as /chat.", read=_read_prefix
    )
    csrf_trusted_origins: tuple[str, ...] = setting(
        (), "Origins with scheme whose forms the admin takes, by commas; for unusual proxies."
    )
    trusted_proxies: tuple[Network, ...] = setting(
        (),
        "Networks whose proxies may tell the client's address, by commas; empty: none.",
        read=read_networks,
    )
    proxy_header: Literal["x-forwarded-for", "x-real-ip"] = setting(
        "x-forwarded-for",
        "Header in which they do. From the first the rightmost address that is none of theirs "
        "counts; the second is taken as it is.",
    )
    rate: float = setting(0.0, "Messages a second that a member may send; 0: any number.")
    burst: int = setting(
        10, "Messages that a member may send at once before the rate counts.", least=1
    )
    max_members: int = setting(0, "Members at most, of all processes; 0: any number.")
    max_per_address: int = setting(
        0, "Members at most from one IPv4 address or IPv6 /64; 0: any number."
    )
    connects_per_minute: int = setting(
        0, "New connections a minute from one IPv4 address or IPv6 /64; 0: any number."
    )
    dry_run: tuple[Limit, ...] = setting(
        (),
        "Limits that count but let through, by commas: rate, members, address, connects.",
    )
    log_messages: bool = setting(default=False, meaning="Keep what is said in the database.")
    recorder_bytes: int = setting(
        64 * 1024 * 1024,
        "Bytes of rows that wait for a slow database before more are dropped.",
        least=64 * 1024,
    )
    retention_days: int = setting(
        30, "Days that connections and messages are kept; 0: for ever.", most=36_500
    )
    log_bytes: int = setting(
        1024 * 1024 * 1024,
        "Bytes of messages that are kept, about; the oldest go first; 0: any number.",
    )
    history: int = setting(
        0, "Chats that a newcomer may ask for with ?history=K; 0: none.", most=10_000
    )
    drain_seconds: float = setting(
        5.0, "Seconds over which a stop spreads the closing of connections.", most=3600
    )
    metrics_address: str = setting(
        "",
        "HOST:PORT at which Prometheus finds the metrics; a worker called N uses the Nth port "
        "after it; empty: nowhere.",
        read=_read_address,
    )
    worker: str = setting("", "Name of this process in logs and the admin; empty: its pid.")
    log_format: Literal["text", "json"] = setting(
        "text", "Form of log lines; json: one object a line."
    )
    log_level: LogLevel = setting(
        "INFO", "Least severe log line shown: DEBUG, INFO, WARNING, ERROR."
    )

    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def speaks_tls(self) -> bool:
        """Whether the server itself does."""
        return bool(self.tls_certificate and self.tls_key)

    @property
    def is_https(self) -> bool:
        """Whether people come by HTTPS, to the server itself or to a proxy."""
        return self.https or self.speaks_tls


SETTINGS: Final = settings_of(Conf)


def read_conf(variables: Mapping[str, str]) -> Conf:
    """Read the settings; what cannot be used stays at its default and is named in `problems`."""
    values, problems = read_settings(SETTINGS, variables)
    problems += [*weaknesses(values), *contradictions(values)]
    known = {each.variable for each in SETTINGS}
    unknown = sorted(name for name in variables.keys() - known if name.startswith(PREFIX))
    return Conf(**values, problems=tuple(problems), unknown=tuple(unknown))


conf = read_conf(os.environ)
