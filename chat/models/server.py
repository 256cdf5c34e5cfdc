from __future__ import annotations

from django.db import models

from chat.config.socket_url import validate_socket_url


class ServerManager(models.Manager["Server"]):
    """Remembers which servers the page offers, so that no visitor waits for the database."""

    remembered: tuple[Server, ...] = ()

    def remember(self) -> None:
        """Read them, in order; a fault leaves those that were read last."""
        self.remembered = tuple(self.filter(enabled=True))


class Server(models.Model):
    """Another chat server that the page offers next to this one."""

    name = models.CharField(max_length=60, unique=True, help_text="As people see it in the list.")
    url = models.CharField(
        "address",
        max_length=500,
        validators=[validate_socket_url],
        help_text="Of its WebSocket: ws://host:port/ or wss://host/.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Lower ones come first.")
    enabled = models.BooleanField(default=True, help_text="Offered on the page.")

    objects = ServerManager()

    class Meta:
        """How Django lists them."""

        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name
