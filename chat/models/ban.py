from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from chat.config.networks import network_to_ban, read_address
from chat.models.clock import ChangedField, database_now

if TYPE_CHECKING:
    from chat.config.networks import Network


class Ban(models.Model):
    """Addresses that may not come in."""

    network = models.CharField(
        "address or network",
        max_length=50,
        unique=True,
        error_messages={"unique": "this network is banned already: change that ban instead"},
        help_text="192.0.2.7, 192.0.2.0/24, 2001:db8::/32; a single IPv6 address bans its /64.",
    )
    reason = models.CharField(
        max_length=200, blank=True, help_text="Whoever is refused or put out is told this."
    )
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: for ever.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    sweep = models.ForeignKey(
        "chat.Sweep", null=True, editable=False, on_delete=models.SET_NULL, related_name="bans"
    )
    made = models.DateTimeField(auto_now_add=True)
    changed = ChangedField(editable=False)

    class Meta:
        ordering = ("-made",)

    def __str__(self) -> str:
        return self.network

    @property
    def is_active(self) -> bool:
        """Whether it has not ended, by this host's clock: a list shows it of every row."""
        return self.until is None or self.until > timezone.now()

    def outlasts(self, until: datetime | None) -> bool:
        """Tell whether it holds at least until then; None is for ever."""
        if self.until is None or until is None:
            return self.until is None
        return self.until >= until

    def clean_fields(self, exclude: object = None) -> None:
        """Bring the network into its one form before anything compares it."""
        if not exclude or "network" not in exclude:  # type: ignore[operator]
            try:
                self.network = str(parse_network(self.network))
            except ValidationError as error:
                raise ValidationError({"network": error.messages}) from None
        super().clean_fields(exclude)  # type: ignore[arg-type]

    def overlapping(self) -> list[Ban]:
        """Return other bans that hold for some of the same addresses."""
        mine = parse_network(self.network)
        return [
            ban
            for ban in Ban.objects.exclude(pk=self.pk)
            if (other := parse_network(ban.network)).version == mine.version
            and other.overlaps(mine)
        ]


def end_in(hours: int | None) -> datetime | None:
    """Return when a ban for so many hours ends that is made now; None for ever."""
    return database_now() + timedelta(hours=hours) if hours else None


def parse_network(text: str) -> Network:
    """Return the network that a ban written like this is for.

    Raises:
        ValidationError: it is none, has host bits set, or is everybody; the message says so.

    """
    text = text.strip()
    address = None if "%" in text else read_address(text)
    if address is not None:
        return network_to_ban(address)
    try:
        loose = ip_network(text.replace("%", " "), strict=False)
    except ValueError:
        raise ValidationError(
            f"got {text!r}, expected an address such as 192.0.2.7 or a network such as 192.0.2.0/24"
        ) from None
    if loose.prefixlen == 0:
        raise ValidationError(f"{text} is everybody, you included: use lockdown to close the room")
    if str(loose.network_address) != str(ip_network(text.partition("/")[0]).network_address):
        raise ValidationError(f"got {text}, which has host bits set: did you mean {loose}?")
    return loose
