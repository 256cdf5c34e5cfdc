from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import timezone

from chat.admin.hits import networks_of
from chat.admin.typed import ModelForm
from chat.config.networks import read_address
from chat.models import Connection, Sweep
from chat.models.ban import end_in, parse_network
from chat.models.clock import database_now

if TYPE_CHECKING:
    from chat.config.networks import Network

# More than any room holds: then it is not those who joined that should be looked at, but the door.
MOST_JOINED: Final = 20_000


class SweepForm(ModelForm):
    """Whom to put out and ban: those who joined lately and fit."""

    minutes = forms.IntegerField(
        label="Joined in the last minutes",
        min_value=1,
        max_value=24 * 60,
        initial=10,
        help_text="Those who have left again are banned as well.",
    )
    network = forms.CharField(
        label="From this address or network",
        max_length=50,
        required=False,
        help_text="192.0.2.7, 192.0.2.0/24, 2001:db8::/32. Empty: from anywhere.",
    )
    agent = forms.CharField(
        label="With this in their user agent",
        max_length=200,
        required=False,
        help_text="Any part of it. Empty: with any.",
    )
    hours = forms.IntegerField(
        min_value=1, max_value=24 * 3650, required=False, initial=24, help_text="Empty: for ever."
    )
    # The moment that was asked about: the answer is about the same people.
    at = forms.FloatField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Sweep
        fields = ("reason",)

    def clean_network(self) -> str:
        """Return the network in its one form, "" for all."""
        text = self.cleaned_data["network"]
        return str(parse_network(text)) if text else ""

    def clean_at(self) -> float:
        """Return the moment, now if none was asked about yet."""
        now = database_now().timestamp()
        return max(0.0, min(now, self.cleaned_data["at"] or now))

    def clean(self) -> dict[str, Any]:
        """Find those whom it is about, or refuse where nobody is."""
        super().clean()
        self.rows: list[Connection] = []
        self.networks: list[Network] = []
        if self.errors:
            return self.cleaned_data
        end = datetime.fromtimestamp(self.cleaned_data["at"], timezone.get_current_timezone())
        begin = end - timedelta(minutes=self.cleaned_data["minutes"])
        joined = Connection.objects.filter(joined__gte=begin, joined__lte=end)
        if agent := self.cleaned_data["agent"]:
            joined = joined.filter(user_agent__icontains=agent)
        rows = list(joined[: MOST_JOINED + 1])
        if len(rows) > MOST_JOINED:
            raise forms.ValidationError(
                f"more than {MOST_JOINED:,} joined then: ask for fewer minutes, or use lockdown"
            )
        self.rows = [row for row in rows if self._is_from_there(row.address)]
        self.networks = networks_of(row.address for row in self.rows)
        if not self.networks:
            raise forms.ValidationError("nobody joined then who fits")
        self._describe(begin, end)
        return self.cleaned_data

    def _is_from_there(self, address: str) -> bool:
        network = self.cleaned_data["network"]
        if not network:
            return True
        read = read_address(address)
        return read is not None and read in parse_network(network)

    def _describe(self, begin: datetime, end: datetime) -> None:
        hours, values = self.cleaned_data["hours"], self.cleaned_data
        network = f", from {values['network']}" if values["network"] else ""
        agent = f", with {values['agent']!r} in their agent" if values["agent"] else ""
        zone = f"{end:%Z}"
        whom = f"who joined {begin:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S} {zone}{network}{agent}"
        self.instance.whom = whom[:300]
        self.instance.until = end_in(hours)
