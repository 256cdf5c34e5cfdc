"""The network of a run: who reaches whom, how fast, and what happens to connections."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.loop import OWNER, Owner
from bench.simulation.pipe import END, LATENCY, RESET, Pipe
from bench.simulation.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.loop import SimulatedLoop
    from bench.simulation.ways import Way

HANDLER_CLOSED: Final = "unable to perform operation on <TCPTransport>; the handler is closed"


class End(asyncio.Transport):
    """One end of a connection, as the protocol on it sees it.

    `is_broken` has the next write raise what uvloop raises where a peer has just reset.
    """

    def __init__(self, loop: SimulatedLoop, protocol: Any, inward: Pipe, outward: Pipe) -> None:
        super().__init__()
        self.is_broken = False
        owner = outward.way[0]
        self._context = owner.context if owner is not None else None
        self._loop = loop
        self._protocol = protocol
        self._inward = inward
        self.outward = outward
        self._is_closing = False
        inward.lead_to(self._receive)

    def is_closing(self) -> bool:
        """Tell whether this end was closed."""
        return self._is_closing

    def get_protocol(self) -> Any:
        """Return what reads from it."""
        return self._protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        if self.is_broken:
            self.is_broken = False
            self.abort()
            raise RuntimeError(HANDLER_CLOSED)
        if not self._is_closing:
            self.outward.send(bytes(data))

    def pause_reading(self) -> None:
        """Leave what comes with the kernel."""
        self._inward.pause()

    def resume_reading(self) -> None:
        """Go on reading."""
        self._inward.resume()

    def close(self) -> None:
        """Send what is left, and end."""
        self._end(END, None)

    def abort(self) -> None:
        """End at once."""
        self._end(RESET, None)

    def _end(self, last: bytes | None, error: Exception | None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self.outward.send(last)
            self._loop.call_soon(self._protocol.connection_lost, error, context=self._context)

    def _receive(self, data: bytes | None) -> None:
        if self._is_closing:
            return
        if data is RESET:
            self._end(RESET, ConnectionResetError("the peer reset the connection"))
        elif data == END:
            if not self._protocol.eof_received():
                self.close()
        else:
            self._protocol.data_received(data)


class Network:
    """Leads connections to who listens."""

    def __init__(self, loop: SimulatedLoop, seed: str) -> None:
        self.loop = loop
        self.ways = Ways()
        self.connections: list[tuple[Owner | None, Owner, End, End]] = []
        self._seed = seed
        self._listeners: dict[str, tuple[Owner, Callable[[Owner | None], Any]]] = {}
        self._healed = asyncio.Event()
        self._made = 0
        loop.connect = self.connect

    def listen(self, host: str, owner: Owner, factory: Callable[[Owner | None], Any]) -> None:
        """Have connections to a host made by `factory`, which is told from whom, from now on."""
        self._listeners[host] = (owner, factory)

    def close_host(self, host: str) -> None:
        """Refuse connections to a host."""
        self._listeners.pop(host, None)

    def heal(self, way: Way) -> None:
        """Undo one cut; what waited gets through once there is none."""
        self.ways.heal(way)
        if not self.ways.is_cut(way):
            for _, _, near, far in list(self.connections):
                for end in (near, far):
                    if end.outward.way == way:
                        end.outward.heal()
            self._healed.set()

    def ends_of(self, client: Owner) -> list[End]:
        """Return a client's ends of its open connections."""
        return [
            near for who, _, near, _ in self.connections if who is client and not near.is_closing()
        ]

    async def connect(self, factory: Any, host: str, port: int = 0, **_: Any) -> tuple[End, Any]:
        """Make a connection, as `loop.create_connection` does.

        Raises:
            ConnectionRefusedError: nobody listens there.

        """
        client = OWNER.get()
        self._made += 1
        dice = random.Random(f"{self._seed}:connection:{self._made}")
        await asyncio.sleep(2 * dice.uniform(*LATENCY))
        while (found := self._listeners.get(host)) and (
            self.ways.is_cut((client, found[0])) or self.ways.is_cut((found[0], client))
        ):
            self._healed.clear()
            await self._healed.wait()
        if found is None:
            raise ConnectionRefusedError(f"nobody listens on {host}")
        server, make = found
        out = Pipe(self.loop, self.ways, (client, server), dice)
        back = Pipe(self.loop, self.ways, (server, client), dice)
        protocol, peer = factory(), make(client)
        near = End(self.loop, protocol, back, out)
        far = End(self.loop, peer, out, back)
        self._forget_closed()
        self.connections.append((client, server, near, far))
        protocol.connection_made(near)
        peer.connection_made(far)
        return near, protocol

    def _forget_closed(self) -> None:
        self.connections = [
            (client, server, near, far)
            for client, server, near, far in self.connections
            if not (near.is_closing() and far.is_closing())
        ]
