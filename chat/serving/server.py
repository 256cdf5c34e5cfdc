"""Daphne's server, stopping quietly: members get a close frame, and a second signal is final."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from daphne.server import Server as DaphneServer
from twisted.internet import defer
from twisted.internet import reactor as installed_reactor

from chat.config.conf import conf
from chat.protocol.messages import RESTART
from chat.serving.assembly import the_parts
from chat.serving.collector import spare_collector
from chat.serving.plain_daphne import leave_to_server, wait_for_sockets
from chat.transport.frame_reader import MOST_ASSEMBLED
from chat.transport.heartbeat import ANSWER_SECONDS, PING_SECONDS
from chat.transport.shared_port import SharedPort
from chat.transport.tls import Credentials, TlsConnection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from chat.serving.shares import Shares

reactor: Any = installed_reactor

# Seconds for answers to requests that are under way when the members are gone.
STOP_SECONDS: Final = 1.0
STEP: Final = 0.02
# So does SIGHUP where there is no certificate to read again: a terminal that is closed, or a reload
# without workers to replace, stops as quietly.
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Server(DaphneServer):
    """Daphne with a way to stop, and without its 24 h limit on connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["websocket_timeout"] = -1
        options["ping_interval"] = PING_SECONDS
        options["ping_timeout"] = ANSWER_SECONDS
        options["websocket_max_message_size"] = MOST_ASSEMBLED
        options["websocket_max_frame_size"] = MOST_ASSEMBLED
        super().__init__(*args, **options)
        self.starting: asyncio.Future[None] | None = None
        self.credentials = (
            Credentials(conf.tls_certificate, conf.tls_key) if conf.speaks_tls else None
        )
        self._ports: list[Any] = []
        leave_to_server()

    def adopt(self, listeners: list[socket.socket], shares: Shares | None) -> None:
        """Accept connections on sockets that listen already, of any address family."""
        for listener in listeners:
            port = (
                SharedPort.over(listener, self.http_factory, shares.is_ahead)
                if shares
                else reactor.adoptStreamPort(listener.fileno(), listener.family, self.http_factory)
            )
            listener.close()
            self.listen_success(port)

    def listen_success(self, port: Any) -> None:
        """Remember the port, to stop listening on it later, and have it speak TLS if it should."""
        self._ports.append(port)
        if self.credentials is not None:
            port.transport = partial(TlsConnection, self.credentials)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        """Stop accepting, close every member, and let the reactor wait for the end of it.

        Daphne's own raises KeyError where a handshake is under way, and sends no close frame.
        """
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        """Drain and stop.

        Where other workers share the listening socket they take the new connections at once. Alone,
        the process goes on answering until its members are closed: that it is not ready, and that
        nobody may come in.
        """
        if conf.worker:
            self._stop_listening()
        await the_parts().closing.drain(RESTART, conf.drain_seconds)
        self._stop_listening()
        await wait_for_sockets()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_SECONDS
        while self._has_connections() and loop.time() < deadline:
            await asyncio.sleep(STEP)
        running = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        for application in running:
            application.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await the_parts().stop()

    def _stop_listening(self) -> None:
        for port in self._ports:
            port.stopListening()
        self._ports.clear()

    def _has_connections(self) -> bool:
        return any("disconnected" not in details for details in self.connections.values())


def serve(
    application: Any,
    listeners: list[socket.socket],
    ready: Callable[[], None],
    shares: Shares | None = None,
) -> None:
    """Serve on listening sockets until SIGTERM or SIGINT; a second signal ends the process now.

    Where other workers accept on them, too, `shares` says how many connections each has.
    """

    def begin() -> None:
        server.starting = asyncio.ensure_future(
            the_parts().relay.start()
        )  # who only reads pages counts, too
        server.adopt(listeners, shares)
        # Within the running loop: uvloop hears of no signal that comes before.
        asyncio.get_event_loop().call_soon(go)

    def go() -> None:
        if server.credentials is None:
            _stop_on(*STOP_SIGNALS, signal.SIGHUP)
        else:
            _stop_on(*STOP_SIGNALS)
            reload = server.credentials.reload
            asyncio.get_event_loop().add_signal_handler(signal.SIGHUP, reload)
        ready()

    server = Server(
        application,
        endpoints=["adopted"],
        signal_handlers=False,
        ready_callable=begin,
        server_name="wschat",
    )
    server.endpoints = []  # Daphne's own kind of endpoint knows IPv4 only
    spare_collector()
    server.run()


def _stop_on(*numbers: signal.Signals) -> None:
    def stop(number: int) -> None:
        for each in numbers:
            loop.remove_signal_handler(each)
            signal.signal(each, lambda *_: os._exit(128 + number))
        reactor.stop()

    loop = asyncio.get_event_loop()
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
