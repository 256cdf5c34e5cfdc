"""Start-up checks: what is wrong with the settings, a readable line each."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from chat.conf import conf


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    """Report settings that cannot be used (chat.E001 to E003), names that are none (chat.W001)."""
    found: list[CheckMessage] = [Error(problem, id="chat.E001") for problem in conf.problems]
    if conf.workers > 1 and not conf.redis_url:
        text = f"WSCHAT_WORKERS: got {conf.workers} without WSCHAT_REDIS_URL, which they need"
        found.append(Error(f"{text} to be one room", id="chat.E002"))
    found += [Error(problem, id="chat.E003") for problem in layer_problems()]
    found += [Warning(f"{name}: no such setting", id="chat.W001") for name in conf.unknown]
    return found


def refuse_bad_settings() -> None:
    """End a process that would serve with settings that cannot be used, naming each of them."""
    if problems := [*conf.problems, *layer_problems()]:
        sys.exit("\n".join(problems))


def layer_problems() -> list[str]:
    """Return why the channel layer of the settings cannot carry the room."""
    backend = str(settings.CHANNEL_LAYERS["default"]["BACKEND"])
    if not backend.startswith("channels_redis.core."):
        return []
    why = "which drops messages when a queue is full and keeps no order across processes"
    return [f"CHANNEL_LAYERS: got {backend}, {why}; WSCHAT_REDIS_URL takes channels_redis.pubsub"]
