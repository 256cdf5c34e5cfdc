"""Settings that cannot be used end the start with a line that a person can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat.config.conf import read_conf
from chat.config.database import read_database
from tests.commands import run_python

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTION = {
    "WSCHAT_HTTPS": "1",
    "WSCHAT_ALLOWED_HOSTS": "chat.example.org",
    "WSCHAT_TRUSTED_PROXIES": "127.0.0.1/32,::1/128",
    "WSCHAT_SECRET_KEY": "Zq8-4vT1nKc0aXw7LbPzR2mYsJ5hGdFe9UoIx3QtNVrBkMyC6E",
}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WSCHAT_RATE", "-1", "WSCHAT_RATE: got '-1', expected a number from 0 to"),
        ("WSCHAT_RATE", "fast", "WSCHAT_RATE: got 'fast', expected a number from 0 to"),
        ("WSCHAT_RATE", "nan", "WSCHAT_RATE: got 'nan', expected a number from 0 to"),
        ("WSCHAT_RETENTION_DAYS", "1.5", "expected a number from 0 to 36500"),
        ("WSCHAT_TRUSTED_PROXIES", "10.0.0.1/8", "such as 10.0.0.0/8, without host bits"),
        ("WSCHAT_PROXY_HEADER", "via", "expected x-forwarded-for or x-real-ip"),
        ("WSCHAT_DRY_RUN", "rate,speed", "expected any of rate, members, address, connects"),
        ("WSCHAT_LOG_FORMAT", "xml", "expected text or json"),
        (
            "WSCHAT_METRICS_ADDRESS",
            "9400",
            "WSCHAT_METRICS_ADDRESS: got '9400', expected HOST:PORT",
        ),
        ("WSCHAT_PREFIX", "chat", "expected a path such as /chat"),
        ("DATABASE_URL", "postgres:/nowhere:x", "DATABASE_URL: expected postgres://user:password"),
        ("DATABASE_URL", "oracle://a:b@c/d", "DATABASE_URL: expected postgres://user:password"),
        ("DATABASE_URL", "postgres://a:se%zz@c:port/d", "DATABASE_URL: expected postgres://"),
    ],
)
def test_problem(name: str, value: str, expected: str) -> None:
    """An operator would get a traceback, or a server that ignores what was set."""
    problems = read_conf({name: value, "WSCHAT_SECRET_KEY": "x"}).problems
    assert len(problems) == 1
    assert expected in problems[0]


def test_passwords_are_not_shown() -> None:
    """The password of the database would be in the log of every failed start."""
    problems = read_conf({"DATABASE_URL": "mysql://me:hunter2@host/x"}).problems
    assert not any("hunter2" in problem for problem in problems)


def test_debug_with_all_hosts() -> None:
    """Pages with source code and settings would be shown to anybody."""
    problems = read_conf({"WSCHAT_DEBUG": "1", "WSCHAT_ALLOWED_HOSTS": "*"}).problems
    assert problems[0].startswith("WSCHAT_DEBUG: on while WSCHAT_ALLOWED_HOSTS is *")


def test_database_elsewhere_needs_a_key() -> None:
    """Each machine would sign sessions with a key of its own, and nobody could stay logged in."""
    problems = read_conf({"DATABASE_URL": "postgres://a:b@c/d"}).problems
    assert problems[0].startswith("WSCHAT_SECRET_KEY: missing")


def test_databases(tmp_path: Path) -> None:
    """A server would write to another database than the one that was named."""
    own = read_database("", tmp_path)
    assert own["NAME"] == tmp_path / "wschat.sqlite3"
    other = read_database("sqlite:////data/chat.sqlite3", tmp_path)
    assert str(other["NAME"]) == "/data/chat.sqlite3"
    postgres = read_database("postgres://me:p%40ss@db:5433/chat", tmp_path)
    assert postgres["ENGINE"].endswith("postgresql")
    assert (postgres["PASSWORD"], postgres["PORT"]) == ("p@ss", 5433)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WSCHAT_ALLOWED_HOSTS", "https://chat.example.org", "without scheme"),
        ("WSCHAT_ALLOWED_ORIGINS", "chat.example.org", "with scheme"),
        ("WSCHAT_TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/0", "anybody may say any address"),
        ("WSCHAT_TRUSTED_PROXIES", "::/0", "anybody may say any address"),
        ("WSCHAT_TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1", "got 0.0.0.0/0, by which anybody"),
        ("WSCHAT_TRUSTED_PROXIES", "::/1,10.0.0.0/8", "got ::/1, by which anybody"),
    ],
)
def test_values_that_weaken_are_refused(name: str, value: str, told: str) -> None:
    """A server would run with a fence that fences nothing, or keep everybody out."""
    (problem,) = read_conf({name: value}).problems
    assert problem.startswith(f"{name}: got")
    assert told in problem


# One process for both, because Django reads its settings once.
PRODUCED = """
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check", deploy=True, fail_level="WARNING")
over = {"HTTP_HOST": "chat.example.org", "HTTP_X_FORWARDED_PROTO": "https"}
answer = Client().get("/servers", **over)
print(answer.status_code, answer.headers["Strict-Transport-Security"])
answer = Client().get("/servers", **over | {"HTTP_X_FORWARDED_PROTO": "http"})
print(answer.status_code, answer.headers["Location"])
"""


@pytest.mark.processes
def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """An operator would mend one setting a start, see the next with each, or a page of code."""
    settings = {"WSCHAT_REDIS_URL": "redis://x:port", "WSCHAT_RATE": "fast"}
    ended = run_python("manage.py", "serve", "127.0.0.1:0", WSCHAT_VAR=str(tmp_path), **settings)
    assert (ended.code, ended.out) == (1, "")
    rate, redis = ended.err.splitlines()
    assert rate.startswith("WSCHAT_RATE: got 'fast', expected a number from 0 to")
    assert redis.startswith("WSCHAT_REDIS_URL: cannot use")


@pytest.mark.processes
def test_production_settings_are_clean_and_keep_to_https(tmp_path: Path) -> None:
    """Following the docs would leave pages open to attack, or browsers on plain HTTP."""
    variables = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "wschat_project.settings"}
    ended = run_python("-c", PRODUCED, WSCHAT_VAR=str(tmp_path), **variables)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-2:] == [
        "200 max-age=31536000",
        "301 https://chat.example.org/servers",
    ]
