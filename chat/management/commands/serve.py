from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chat.address import Address, AddressError, BindError, bind, parse_address
from chat.conf import conf

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Serve the room and its page at an address."""

    help = "Serve the room and its page at ADDRESS through daphne."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one argument."""
        self.parser = parser
        parser.add_argument("address", metavar="ADDRESS", help="HOST:PORT; port 0: any free one")

    def handle(self, *, address: str, **_: Any) -> None:
        """Bind, then load the application, then serve until a signal."""
        try:
            wanted = parse_address(address)
            sockets = bind(wanted)
        except AddressError as error:
            self.parser.error(str(error))
        except BindError as error:
            self.stderr.write(str(error))
            sys.exit(1)
        served = Address(wanted.host, sockets[0].getsockname()[1])
        allow_hosts(served, self.stdout.write)
        from chat.transport.server import serve  # noqa: PLC0415 - installs the reactor
        from wschat_project.asgi import application  # noqa: PLC0415 - takes half a second

        serve(application, sockets, lambda: self._announce(served))

    def _announce(self, address: Address) -> None:
        here = f"{address.visible_host}:{address.port}/"
        self.stdout.write(f"page    http://{here}\nsocket  ws://{here}")
        self.stdout.flush()


def allow_hosts(address: Address, write: Any) -> None:
    """Let pages answer to the host served, unless a setting says to which."""
    if conf.allowed_hosts:
        return
    if address.is_everywhere:
        write("pages answer to any host name; WSCHAT_ALLOWED_HOSTS=name,name narrows it")
        return
    settings.ALLOWED_HOSTS = [address.visible_host, "localhost", "127.0.0.1", "[::1]"]
