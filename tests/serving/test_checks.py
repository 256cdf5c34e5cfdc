from __future__ import annotations

import pytest
from django.core.checks import run_checks

from chat import checks
from chat.conf import Conf


def test_reports_problems_and_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """`manage.py check` would find nothing where the server does not start."""
    conf = Conf(problems=("WSCHAT_A: got 'x', expected y",), unknown=("WSCHAT_B",))
    monkeypatch.setattr(checks, "conf", conf)
    found = {(message.id, message.msg) for message in run_checks()}
    assert found >= {
        ("chat.E001", "WSCHAT_A: got 'x', expected y"),
        ("chat.W001", "WSCHAT_B: no such setting"),
    }


def test_finds_nothing_wrong_with_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody would see warnings that mean nothing."""
    monkeypatch.setattr(checks, "conf", Conf())
    assert [message for message in run_checks() if (message.id or "").startswith("chat.")] == []


def test_refuses_to_serve_with_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server would run with a default where the operator set something else."""
    monkeypatch.setattr(checks, "conf", Conf(problems=("first", "second")))
    with pytest.raises(SystemExit) as caught:
        checks.refuse_bad_settings()
    assert caught.value.code == "first\nsecond"


def test_serves_with_a_name_that_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of another program's would keep the server from starting."""
    monkeypatch.setattr(checks, "conf", Conf(unknown=("WSCHAT_B",)))
    checks.refuse_bad_settings()
