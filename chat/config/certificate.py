"""The certificate and the key of this server: what is wrong with them, in a line."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Sequence


class CertificateError(ValueError):
    """The files cannot be used; the text begins with the setting that names the culprit."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that can be served: `context` is what a socket needs (TLS 1.2 and later)."""

    context: ssl.SSLContext
    begins: datetime
    ends: datetime

    @property
    def weakness(self) -> str:
        """What browsers will hold against it today, "" if nothing."""
        now = datetime.now(UTC)
        if now > self.ends:
            return f"WSCHAT_TLS_CERTIFICATE: expired on {self.ends:%Y-%m-%d}, browsers refuse it"
        if now < self.begins:
            return f"WSCHAT_TLS_CERTIFICATE: valid from {self.begins:%Y-%m-%d} on, not yet"
        return ""


def read_certificate(certificate: str, key: str) -> Certificate:
    """Read a certificate with its chain and its key, PEM files both.

    Raises:
        CertificateError: a file is missing, unreadable, of another form, protected by a passphrase,
            or the two do not belong together.

    """
    first, *_ = _read_chain(certificate)
    _read("WSCHAT_TLS_KEY", key)
    was_asked = []

    def refuse() -> str:
        was_asked.append(True)
        return ""

    # Renegotiation is the one way in which a client makes a server work after the handshake.
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key, password=refuse)
    except (OSError, ValueError) as error:
        if was_asked:
            why = "is protected by a passphrase, which nobody types at a start"
        elif getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            why = f"is not the key of the certificate in {certificate}"
        else:
            why = f"is no key in PEM form that fits {certificate} ({error})"
        raise CertificateError(f"WSCHAT_TLS_KEY: {key} {why}") from None
    return Certificate(context, first.not_valid_before_utc, first.not_valid_after_utc)


def _read_chain(path: str) -> Sequence[x509.Certificate]:
    pem = _read("WSCHAT_TLS_CERTIFICATE", path)
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        why = f"{path} holds no certificate in PEM form"
        raise CertificateError(f"WSCHAT_TLS_CERTIFICATE: {why}") from None


def _read(setting: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateError(f"{setting}: cannot read {path}: {error.strerror}") from None
