"""From a view's thread to the room: what an operator does takes effect in all processes."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Final

from chat.models import LiveMember
from chat.ops.operations import NotServingError, the_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat.room.steering import Steering

# What a page waits at most for those whom it put out to leave the list.
GONE_SECONDS: Final = 3.0


def steer(action: Callable[[Steering], None]) -> str:
    """Let the room do something; return why it could not, "" if it could.

    The action runs on the loop that serves the room: on another one the channel layer would hold
    connections that nobody ever closes.
    """
    operations = the_operations()

    async def run() -> None:
        await operations.parts.relay.start()
        action(operations.parts.steering)

    try:
        operations.steer(run())
    except NotServingError as error:
        return str(error)
    except (TimeoutError, FutureTimeoutError):
        return "the room did not answer in time"
    return ""


def until_gone(members: Sequence[LiveMember]) -> None:
    """Wait until the live list shows none of them any longer, GONE_SECONDS at most.

    A member is gone at once, but its row is written by its own process's recorder, twice a second.
    """
    keys = [member.pk for member in members]
    deadline = time.monotonic() + GONE_SECONDS
    while LiveMember.objects.filter(pk__in=keys).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def reload_decisions() -> None:
    """Have all processes read bans and switches now; without this they do within two seconds."""
    steer(lambda steering: steering.order("reload"))
