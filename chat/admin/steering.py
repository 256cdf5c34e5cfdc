"""From a view's thread to the room: what an operator does takes effect in all processes."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from chat.ops.operations import NotServingError, the_operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.room import Room


def steer(action: Callable[[Room], None]) -> str:
    """Let the room do something; return why it could not, "" if it could.

    The action runs on the loop that serves the room: on another one the channel layer would hold
    connections that nobody ever closes.
    """
    operations = the_operations()

    async def run() -> None:
        await operations.room.start()
        action(operations.room)

    try:
        operations.steer(run())
    except NotServingError as error:
        return str(error)
    except (TimeoutError, FutureTimeoutError):
        return "the room did not answer in time"
    return ""


def reload_decisions() -> None:
    """Have all processes read bans and switches now; without this they do within a second."""
    steer(lambda room: room.order("reload"))
