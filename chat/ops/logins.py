"""Who tries to log in: throttled, logged for fail2ban, counted."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from chat.config.networks import neighbourhood
from chat.door.request_address import request_address
from chat.models import Login

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User
    from django.http import HttpRequest

logger = logging.getLogger("chat.logins")

# Tries since the start of the process, by what came of them: `ok`, `failed`, `refused`.
results: Counter[str] = Counter()


def is_locked(request: HttpRequest) -> bool:
    """Tell whether a try comes after so many wrong ones that its password is not looked at."""
    address = request_address(request) or ""
    lock = Login.objects.lock(_name(request.POST.get("username", "")), neighbourhood(address))
    if lock:
        results["refused"] += 1
        logger.debug("login refused from %s: over the limit of its %s", address, lock)
    return bool(lock)


@receiver(user_login_failed)
def _failed(
    credentials: Mapping[str, str], request: HttpRequest | None = None, **_: object
) -> None:
    if request is None:
        return
    name, address = _name(credentials.get("username", "")), request_address(request) or ""
    results["failed"] += 1
    logger.warning(
        "login failed from %s for %r",
        address,
        name,
        extra={"event": "login failed", "address": address, "name_given": name},
    )
    Login.objects.failed(name, neighbourhood(address))


@receiver(user_logged_in)
def _succeeded(request: HttpRequest, user: User, **_: object) -> None:
    name, address = _name(user.get_username()), request_address(request) or ""
    results["ok"] += 1
    logger.info(
        "login from %s by %r",
        address,
        name,
        extra={"event": "login", "address": address, "name_given": name},
    )
    Login.objects.succeeded(name, neighbourhood(address))


def _name(given: str) -> str:
    """Return a name as it is counted: PostgreSQL takes no NUL, and case is no other name."""
    return given.replace("\0", "").strip().lower()[:150]
