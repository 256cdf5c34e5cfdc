"""Start-up checks: what is wrong with the settings, a readable line each."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from chat.cluster.host import why_unusable
from chat.config.certificate import Certificate, CertificateError, read_certificate
from chat.config.conf import conf

# What Django itself takes for hard to guess is longer; this is what no machine goes through.
SECRET_LENGTH: Final = 32
LAYERS: Final = ("chat.room.memory_layer.MemoryLayer", "chat.cluster.layer.ClusterLayer")


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    """Report settings that cannot be used (chat.E001 to E003), names that are none (chat.W001)."""
    found: list[CheckMessage] = [Error(problem, id="chat.E001") for problem in setting_problems()]
    found += [Error(problem, id="chat.E002") for problem in worker_problems()]
    found += [Error(problem, id="chat.E003") for problem in layer_problems()]
    found += [Warning(weakness, id="chat.W002") for weakness in weaknesses()]
    found += [Warning(f"{name}: no such setting", id="chat.W001") for name in conf.unknown]
    return found


def refuse_bad_settings() -> None:
    """End a process that would serve with settings that cannot be used, naming each of them."""
    if problems := [*setting_problems(), *worker_problems(), *layer_problems()]:
        sys.exit("\n".join(problems))


def setting_problems() -> list[str]:
    """Return a line for each setting whose value cannot be used by itself."""
    found = list(conf.problems)
    if unusable := why_unusable(conf.redis_url):
        found.append(f"WSCHAT_REDIS_URL: {unusable}")
    try:
        the_certificate()
    except CertificateError as error:
        found.append(str(error))
    return found


def the_certificate() -> Certificate | None:
    """Return what the settings name, None where they name none; CertificateError if it is none."""
    if not (conf.tls_certificate and conf.tls_key):
        return None
    return read_certificate(conf.tls_certificate, conf.tls_key)


def weaknesses() -> list[str]:
    """Return what makes the server weaker than it need be."""
    found = []
    if 0 < len(conf.secret_key) < SECRET_LENGTH:
        got = f"got {len(conf.secret_key)} characters, expected {SECRET_LENGTH} at least"
        found.append(f"WSCHAT_SECRET_KEY: {got}")
    with contextlib.suppress(CertificateError):  # that is an error, not a weakness
        certificate = the_certificate()
        if certificate is not None and certificate.weakness:
            found.append(certificate.weakness)
    return found


def worker_problems() -> list[str]:
    """Return why that many workers cannot be one room."""
    if conf.workers == 1 or conf.redis_url:
        return []
    text = f"WSCHAT_WORKERS: got {conf.workers} without WSCHAT_REDIS_URL, which they need"
    return [f"{text} to be one room"]


def layer_problems() -> list[str]:
    """Return why the channel layer of the settings cannot carry the room."""
    backend = str(settings.CHANNEL_LAYERS["default"]["BACKEND"])
    if backend in LAYERS:
        return []
    why = "which drop no message and keep one order for all; WSCHAT_REDIS_URL chooses"
    return [f"CHANNEL_LAYERS: got {backend}, expected {' or '.join(LAYERS)}, {why}"]
