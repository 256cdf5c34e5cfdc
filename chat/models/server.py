from __future__ import annotations

from django.db import models

from chat.socket_url import validate_socket_url


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

    class Meta:
        """How Django lists them."""

        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name
