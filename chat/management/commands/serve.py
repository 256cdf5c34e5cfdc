from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chat.address import Address, AddressError, BindError, bind, parse_address
from chat.cluster.host import why_unreachable
from chat.conf import conf
from chat.prepare import prepare
from chat.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Serve the room and its page at an address."""

    help = "Serve the room and its page at ADDRESS through daphne."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one argument; the others are the supervisor's."""
        self.parser = parser
        parser.add_argument("address", metavar="ADDRESS", help="HOST:PORT; port 0: any free one")
        parser.add_argument("--listen", default="", help=argparse.SUPPRESS)
        parser.add_argument("--ready", type=int, default=0, help=argparse.SUPPRESS)
        parser.add_argument("--life", type=int, default=0, help=argparse.SUPPRESS)

    def handle(self, *, address: str, listen: str, ready: int, life: int, **_: Any) -> None:
        """Bind, then load the application, then serve until a signal."""
        try:
            wanted = parse_address(address)
            if unreachable := why_unreachable(conf.redis_url):
                sys.exit(f"WSCHAT_REDIS_URL: {unreachable}")
            sockets = inherited(listen) if listen else bind(wanted)
        except AddressError as error:
            self.parser.error(str(error))
        except BindError as error:
            sys.exit(str(error))
        if life:
            Thread(target=end_with, args=[life], daemon=True).start()
        served = Address(wanted.host, sockets[0].getsockname()[1])
        if conf.workers > 1 and not listen:
            self._supervise(served, sockets)
            return
        allow_hosts(served)
        announce = (lambda: say_ready(ready)) if listen else (lambda: self._announce(served))
        self._serve(sockets, announce)

    def _serve(self, sockets: list[socket.socket], announce: Callable[[], None]) -> None:
        from chat.transport.server import serve  # noqa: PLC0415 - not in a supervisor
        from wschat_project.asgi import application  # noqa: PLC0415 - takes half a second

        serve(application, sockets, announce)

    def _supervise(self, served: Address, sockets: list[socket.socket]) -> None:
        prepare()
        command = [sys.executable, "manage.py", "serve", str(served)]
        supervisor = Supervisor(command, sockets, conf.workers)
        os.chdir(settings.BASE_DIR)
        asyncio.run(supervisor.run(lambda: self._announce(served)))

    def _announce(self, address: Address) -> None:
        if address.is_everywhere and not conf.allowed_hosts:
            self.stdout.write("pages answer to any host name; WSCHAT_ALLOWED_HOSTS=a,b narrows it")
        here = f"{address.visible_host}:{address.port}/"
        self.stdout.write(f"page    http://{here}\nsocket  ws://{here}")
        self.stdout.flush()


def allow_hosts(address: Address) -> None:
    """Let pages answer to the host served, unless a setting says to which."""
    if not (conf.allowed_hosts or conf.debug or address.is_everywhere):
        settings.ALLOWED_HOSTS = [address.visible_host, "localhost", "127.0.0.1", "[::1]"]


def inherited(descriptors: str) -> list[socket.socket]:
    """Return the listening sockets that a supervisor passed on."""
    return [socket.socket(fileno=int(number)) for number in descriptors.split(",")]


def end_with(pipe: int) -> None:
    """Stop this worker when its supervisor is gone: the next one needs the address."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def say_ready(pipe: int) -> None:
    """Tell the supervisor that this worker serves."""
    os.write(pipe, b"1")
    os.close(pipe)
