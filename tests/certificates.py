"""Certificates for tests, made when they are needed: good ones, and bad ones of each kind."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Issued:
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a server uses it."""
        return {
            "WSCHAT_TLS_CERTIFICATE": str(self.certificate),
            "WSCHAT_TLS_KEY": str(self.key),
        }

    @property
    def trust(self) -> ssl.SSLContext:
        """What a client needs that trusts it."""
        return ssl.create_default_context(cafile=str(self.certificate))


def issue(
    folder: Path,
    name: str = "localhost",
    *,
    days: int = 2,
    passphrase: bytes = b"",
) -> Issued:
    """Write a certificate for a name and 127.0.0.1; with `days` below zero it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    folder.mkdir(exist_ok=True)
    issued = Issued(folder / "certificate.pem", folder / "key.pem")
    issued.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    issued.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    return issued
