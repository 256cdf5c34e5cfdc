"""The end of the members when plain `daphne` stops, which knows nothing of their sockets."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from twisted.internet import defer
from twisted.internet import reactor as installed_reactor

import chat.transport.factory  # noqa: F401 - by which Daphne then makes its connections
from chat.protocol.messages import RESTART
from chat.serving.assembly import the_parts
from chat.transport.heartbeat import the_heartbeat

reactor: Any = installed_reactor

# Seconds for clients to answer the close frame.
STOP_SECONDS: Final = 3.0
STEP: Final = 0.02


async def wait_for_sockets() -> None:
    """Wait until no member's socket is open; end those that take too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STOP_SECONDS
    while the_heartbeat and loop.time() < deadline:
        await asyncio.sleep(STEP)
    the_heartbeat.end_all()


def _before_shutdown() -> Any:
    the_parts().closing.close(RESTART)
    return defer.Deferred.fromFuture(asyncio.ensure_future(wait_for_sockets()))


_triggers = [reactor.addSystemEventTrigger("before", "shutdown", _before_shutdown)]


def leave_to_server() -> None:
    """Leave the members to a server that drains them itself."""
    while _triggers:
        reactor.removeSystemEventTrigger(_triggers.pop())
