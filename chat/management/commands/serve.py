from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chat.cluster.host import why_unreachable
from chat.config.address import Address, AddressError, BindError, bind, parse_address
from chat.config.certificate import CertificateError
from chat.config.conf import BASE_DIR, conf
from chat.serving.checks import refuse_bad_settings
from chat.serving.heartbeat import beat
from chat.serving.prepare import prepare
from chat.serving.public import guard, is_public
from chat.serving.shares import Shares
from chat.serving.supervisor import Supervisor
from chat.transport.sockets import raise_file_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.management.base import CommandParser

logger = logging.getLogger(__name__)


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
        parser.add_argument("--shares", type=int, default=0, help=argparse.SUPPRESS)

    def check(self, *args: Any, **options: Any) -> None:
        """Say a line for each setting that cannot be used, before Django's own checks."""
        refuse_bad_settings()
        super().check(*args, **options)

    def handle(
        self, *, address: str, listen: str, ready: int, life: int, shares: int, **_: Any
    ) -> None:
        """Bind, then load the application, then serve until a signal."""
        try:
            wanted = parse_address(address)
            if unreachable := why_unreachable(conf.redis_url, conf.replay_bytes):
                sys.exit(f"WSCHAT_REDIS_URL: {unreachable}")
            sockets = inherited(listen) if listen else bind(wanted)
        except AddressError as error:
            self.parser.error(str(error))
        except BindError as error:
            sys.exit(str(error))
        if conf.debug and is_public(wanted):
            sys.exit(f"WSCHAT_DEBUG: on while {wanted} is served, which shows all to anybody")
        if life:
            Thread(target=end_with, args=[life], daemon=True).start()
        raise_file_limit()
        served = Address(wanted.host, sockets[0].getsockname()[1])
        if conf.workers > 1 and not listen:
            self._supervise(served, sockets)
            return
        allow_hosts(served)
        if listen:
            among = Shares(shares, int(conf.worker) - 1)
            self._serve(served, sockets, lambda: beat(ready), among)
        else:
            self._serve(served, sockets, lambda: self._announce(served))

    def _serve(
        self,
        served: Address,
        sockets: list[socket.socket],
        announce: Callable[[], None],
        shares: Shares | None = None,
    ) -> None:
        from chat.serving.assembly import the_parts  # noqa: PLC0415 - not in a supervisor
        from chat.serving.server import serve  # noqa: PLC0415 - not in a supervisor
        from wschat_project.asgi import application  # noqa: PLC0415 - takes half a second

        if is_public(served) and (limits := guard(the_parts())):
            logger.info("%s", limits)
        try:
            serve(application, sockets, announce, shares)
        except CertificateError as error:  # replaced since the settings were checked
            sys.exit(str(error))

    def _supervise(self, served: Address, sockets: list[socket.socket]) -> None:
        prepare()
        supervisor = Supervisor([*manage(), "serve", str(served)], sockets, conf.workers)
        asyncio.run(supervisor.run(lambda: self._announce(served)))

    def _announce(self, address: Address) -> None:
        here = f"{address.visible_host}:{address.port}/"
        tls = "s" if conf.speaks_tls else ""
        lines = [f"page    http{tls}://{here}", f"socket  ws{tls}://{here}"]
        if address.is_everywhere and not conf.allowed_hosts:
            lines.insert(0, "pages answer to any host name; WSCHAT_ALLOWED_HOSTS=a,b narrows it")
        try:
            self.stdout.write("\n".join(lines))
            self.stdout.flush()
        except BrokenPipeError:  # whoever started it reads no more
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def manage() -> list[str]:
    """Return what runs management commands: of a clone, or of an installed package."""
    script = BASE_DIR / "manage.py"
    return [
        sys.executable,
        *([str(script)] if script.exists() else ["-m", "wschat_project", "manage"]),
    ]


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
