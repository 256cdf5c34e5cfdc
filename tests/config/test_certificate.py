from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from chat.config.certificate import CertificateError, read_certificate
from chat.config.conf import read_conf
from tests.certificates import issue

if TYPE_CHECKING:
    from pathlib import Path


def why_refused(certificate: Path, key: Path) -> str:
    with pytest.raises(CertificateError) as refused:
        read_certificate(str(certificate), str(key))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_good_one_speaks_modern_tls_alone(tmp_path: Path) -> None:
    """Who listens on the line could have both sides speak a broken version of TLS."""
    issued = issue(tmp_path)
    read = read_certificate(str(issued.certificate), str(issued.key))
    assert read.weakness == ""
    assert read.context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert read.context.options & ssl.OP_NO_RENEGOTIATION


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """An operator would see the text of an exception that names no file."""
    issued, none = issue(tmp_path), tmp_path / "none.pem"
    expected = f"cannot read {none}: No such file or directory"
    assert why_refused(none, issued.key) == f"WSCHAT_TLS_CERTIFICATE: {expected}"
    assert why_refused(issued.certificate, none) == f"WSCHAT_TLS_KEY: {expected}"


def test_a_folder(tmp_path: Path) -> None:
    """The folder of a certificate instead of the file is an easy slip."""
    assert "cannot read" in why_refused(tmp_path, issue(tmp_path).key)


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    """A renewal of which one file was copied would look like a broken OpenSSL."""
    one, other = issue(tmp_path / "one"), issue(tmp_path / "other")
    why = f"WSCHAT_TLS_KEY: {other.key} is not the key of the certificate in {one.certificate}"
    assert why_refused(one.certificate, other.key) == why


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    """The start would wait for ever for somebody who types it."""
    issued = issue(tmp_path, passphrase=b"secret")
    why = (
        f"WSCHAT_TLS_KEY: {issued.key} is protected by a passphrase, which nobody types at a start"
    )
    assert why_refused(issued.certificate, issued.key) == why


def test_files_that_hold_something_else(tmp_path: Path) -> None:
    """A certificate in DER form, or the two settings swapped, would end in OpenSSL's own words."""
    issued, other = issue(tmp_path), tmp_path / "other.pem"
    other.write_bytes(b"\0\1\2")
    why = f"WSCHAT_TLS_CERTIFICATE: {other} holds no certificate in PEM form"
    assert why_refused(other, issued.key) == why
    assert f"{issued.key} holds no certificate" in why_refused(issued.key, issued.certificate)
    expected = f"WSCHAT_TLS_KEY: {other} is no key in PEM form that fits {issued.certificate}"
    assert why_refused(issued.certificate, other).startswith(expected)


@pytest.mark.parametrize(("days", "expected"), [(-1, "expired on"), (1, "")])
def test_an_expired_one_is_told(tmp_path: Path, days: int, expected: str) -> None:
    """Everybody's browser would refuse the page, and nobody at the server would know why."""
    issued = issue(tmp_path, days=days)
    weakness = read_certificate(str(issued.certificate), str(issued.key)).weakness
    assert expected in weakness
    assert bool(weakness) == bool(expected)


@pytest.mark.parametrize("name", ["WSCHAT_TLS_CERTIFICATE", "WSCHAT_TLS_KEY"])
def test_one_without_the_other(name: str) -> None:
    """A server that should speak TLS would speak none."""
    [problem] = read_conf({name: "/some/file.pem"}).problems
    assert problem.startswith(f"{name}: set without WSCHAT_TLS_")
    assert problem.endswith(", expected both or neither")
