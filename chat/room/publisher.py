from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from chat.room.brake import Brake
    from chat.room.listener import Listener
    from chat.room.outbox import Outbox

    Batch = dict[str, Any]


logger = logging.getLogger(__name__)


class Publisher:
    """Sends what is in the outbox, batch after batch."""

    def __init__(self, outbox: Outbox, brake: Brake, listeners: Sequence[Listener]) -> None:
        self._outbox = outbox
        self._brake = brake
        self._listeners = listeners

    async def run(
        self, send: Callable[[Batch], Awaitable[None]], settle: Callable[[Outbox], Awaitable[None]]
    ) -> None:
        """Publish for ever; `settle` waits for what is worth it before a batch is taken.

        One send is in flight at a time; what is added to the outbox meanwhile goes out as one batch
        with the next, which makes a layer with a round trip as fast as one without.
        """
        filled = asyncio.Event()
        self._outbox.on_filled = filled.set
        while True:
            while self._outbox:
                await settle(self._outbox)
                started = time.monotonic()
                await send(self._outbox.take())
                self._sent(started)
            filled.clear()
            await filled.wait()

    def publish_at_once(
        self, send: Callable[[Batch], Coroutine[Any, Any, None]], on_failure: Callable[[], None]
    ) -> None:
        """Publish from now on through a layer whose `send` does not wait.

        A batch is what is added in one turn of the loop: what all readable members sent.
        """

        def publish() -> None:
            if not self._outbox:
                return
            started = time.monotonic()
            try:
                run_now(send(self._outbox.take()))
            except Exception:
                logger.exception("a batch could not be delivered: closing all members")
                on_failure()
            self._sent(started)

        self._outbox.on_filled = lambda: asyncio.get_running_loop().call_soon(publish)

    def _sent(self, started: float) -> None:
        self._outbox.sent()
        for listener in self._listeners:
            listener.published(time.monotonic() - started)
        self._brake.release()


def run_now(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing to its end, without a task."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the channel layer in memory waited")
