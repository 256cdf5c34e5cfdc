from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.config.conf import SETTINGS, Conf, read_conf


def test_nothing_set_is_the_defaults() -> None:
    """A fresh clone would start with other settings than the docs say."""
    assert read_conf({"PATH": "/bin"}) == Conf()
    assert Conf().message_bytes == 64 * 1024
    assert Conf().backlog_bytes == 4 * 1024 * 1024
    assert Conf().stall_seconds == 20
    assert Conf().debug is False
    assert Conf().allowed_origins == ()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("WSCHAT_DEBUG", "true", "debug", True),
        ("WSCHAT_DEBUG", " Off ", "debug", False),
        ("WSCHAT_SECRET_KEY", "a=b,c", "secret_key", "a=b,c"),
        ("WSCHAT_VAR", "/some/where", "var", Path("/some/where")),
        ("WSCHAT_ALLOWED_HOSTS", "a, b,,c ", "allowed_hosts", ("a", "b", "c")),
        ("WSCHAT_ALLOWED_ORIGINS", "", "allowed_origins", ()),
        ("WSCHAT_MESSAGE_BYTES", "256", "message_bytes", 256),
        ("WSCHAT_MESSAGE_BYTES", "1048576", "message_bytes", 1048576),
        ("WSCHAT_BACKLOG_BYTES", "65536", "backlog_bytes", 65536),
        ("WSCHAT_STALL_SECONDS", "1.5", "stall_seconds", 1.5),
        ("WSCHAT_OUTBOX_BYTES", "4096", "outbox_bytes", 4096),
        ("WSCHAT_LOG_LEVEL", "debug", "log_level", "DEBUG"),
    ],
)
def test_reads_a_setting(name: str, text: str, field: str, value: object) -> None:
    """A setting would do nothing, or something else."""
    conf = read_conf({name: text})
    assert getattr(conf, field) == value
    assert conf.problems == conf.unknown == ()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("WSCHAT_DEBUG", "ture", "WSCHAT_DEBUG: got 'ture', expected true or false"),
        (
            "WSCHAT_MESSAGE_BYTES",
            "255",
            "WSCHAT_MESSAGE_BYTES: got '255', expected a number from 256 to 1048576",
        ),
        ("WSCHAT_MESSAGE_BYTES", "1048577", "WSCHAT_MESSAGE_BYTES: got '1048577', expected "),
        ("WSCHAT_MESSAGE_BYTES", "1e3", "WSCHAT_MESSAGE_BYTES: got '1e3', expected a number"),
        ("WSCHAT_BACKLOG_BYTES", "", "WSCHAT_BACKLOG_BYTES: got '', expected a number"),
        ("WSCHAT_STALL_SECONDS", "nan", "WSCHAT_STALL_SECONDS: got 'nan', expected a number"),
        ("WSCHAT_STALL_SECONDS", "inf", "WSCHAT_STALL_SECONDS: got 'inf', expected a number"),
        ("WSCHAT_STALL_SECONDS", "0.5", "WSCHAT_STALL_SECONDS: got '0.5', expected a number"),
        (
            "WSCHAT_LOG_LEVEL",
            "loud",
            "WSCHAT_LOG_LEVEL: got 'loud', expected one of DEBUG, INFO, WARNING, ERROR",
        ),
    ],
)
def test_keeps_the_default_and_says_what_is_wrong(name: str, text: str, problem: str) -> None:
    """A mistyped setting would be taken for something, or end in a traceback."""
    conf = read_conf({name: text})
    [found] = conf.problems
    assert found.startswith(problem)
    assert read_conf({}) == Conf(**{**vars(conf), "problems": ()})


def test_names_what_is_no_setting() -> None:
    """A misspelt name would be ignored in silence."""
    assert read_conf({"WSCHAT_STALL_SECOND": "1"}).unknown == ("WSCHAT_STALL_SECOND",)


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from([each.variable for each in SETTINGS]), st.text()))
def test_takes_any_text_without_an_exception(variables: dict[str, str]) -> None:
    """Some value would end every command in a traceback, the one that explains it too."""
    conf = read_conf(variables)
    assert {problem.partition(":")[0] for problem in conf.problems} <= variables.keys()


def test_every_setting_has_a_meaning() -> None:
    """The table in the docs would have holes."""
    assert len(SETTINGS) >= 10
    assert all(setting.meaning.endswith(".") for setting in SETTINGS)
