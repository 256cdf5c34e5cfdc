from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat.room.brake import Brake
    from chat.room.listener import Listener
    from chat.room.outbox import Outbox

    Batch = dict[str, Any]


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

    async def run_at_once(self, send: Callable[[Batch], None]) -> None:
        """Publish for ever through a layer that takes a batch while it is called.

        A batch is what is added in one turn of the loop: what all members who were readable said.
        """
        loop = asyncio.get_running_loop()
        failure: asyncio.Future[None] = loop.create_future()

        def publish() -> None:
            if failure.done() or not self._outbox:
                return
            started = time.monotonic()
            try:
                send(self._outbox.take())
            except Exception as error:  # noqa: BLE001 - it is raised where this is awaited
                failure.set_exception(error)
            self._sent(started)

        self._outbox.on_filled = lambda: loop.call_soon(publish)
        publish()
        await failure

    def _sent(self, started: float) -> None:
        self._outbox.sent()
        for listener in self._listeners:
            listener.published(time.monotonic() - started)
        self._brake.release()
