from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.checks import run_checks

from chat.config.conf import Conf
from chat.serving import checks
from tests.certificates import issue

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_certificate_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server would come up that nobody can talk to, or end in a traceback."""
    issued = issue(tmp_path, passphrase=b"secret")
    conf = Conf(tls_certificate=str(issued.certificate), tls_key=str(issued.key))
    monkeypatch.setattr(checks, "conf", conf)
    [problem] = checks.setting_problems()
    assert problem.startswith(f"WSCHAT_TLS_KEY: {issued.key} is protected by a passphrase")
    assert checks.weaknesses() == []


def test_a_certificate_that_has_expired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everybody's browser would refuse the page, and nobody at the server would know why."""
    issued = issue(tmp_path, days=-1)
    conf = Conf(tls_certificate=str(issued.certificate), tls_key=str(issued.key))
    monkeypatch.setattr(checks, "conf", conf)
    assert checks.setting_problems() == []
    [weakness] = checks.weaknesses()
    assert weakness.startswith("WSCHAT_TLS_CERTIFICATE: expired on")
