from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from chat.models.clock import database_now

# Wrong passwords within a quarter of an hour after which the next try is not even looked at: of a
# name from a network, of all names from a network, of a name from all networks.
MOST_FOR_PAIR: Final = 5
MOST_FOR_NETWORK: Final = 20
MOST_FOR_NAME: Final = 50
WINDOW: Final = timedelta(minutes=15)
# Rows at most; of those from where nobody has ever got in the oldest go first.
MOST_ROWS: Final = 2000
# How long a network is known after somebody logged in from it.
KNOWN: Final = timedelta(days=90)


class LoginManager(models.Manager["Login"]):
    """Counts tries, a row for each name and network."""

    def lock(self, name: str, network: str) -> str:
        """Return which limit a try is over, "" if none: `pair`, `network` or `name`.

        The last one does not bind a network from which that name has logged in before, so that
        nobody can lock its owner out from afar.
        """
        now = database_now()
        recent = self.filter(last__gt=now - WINDOW)
        counts: dict[str, Any] = recent.aggregate(
            pair=Sum("failures", filter=Q(name=name[:150], network=network)),
            network=Sum("failures", filter=Q(network=network)),
            name=Sum("failures", filter=Q(name=name[:150])),
        )
        most = {"pair": MOST_FOR_PAIR, "network": MOST_FOR_NETWORK, "name": MOST_FOR_NAME}
        over = [limit for limit, count in counts.items() if (count or 0) >= most[limit]]
        if over == ["name"] and self._is_known(name, network):
            return ""
        return over[0] if over else ""

    def failed(self, name: str, network: str) -> None:
        """Count a wrong password."""
        now = database_now()
        with transaction.atomic():
            row, is_new = self.get_or_create(
                name=name[:150], network=network, defaults={"failures": 1, "last": now}
            )
            if is_new:
                self._forget_oldest()
            else:
                row.failures = row.failures + 1 if row.last > now - WINDOW else 1
                row.last = now
                row.save(update_fields=["failures", "last"])

    def succeeded(self, name: str, network: str) -> None:
        """Remember that the name has got in from there."""
        now = database_now()
        self.update_or_create(
            name=name[:150],
            network=network,
            defaults={"failures": 0, "last": now, "succeeded": now},
        )

    def _is_known(self, name: str, network: str) -> bool:
        since = database_now() - KNOWN
        return self.filter(name=name[:150], network=network, succeeded__gt=since).exists()

    def _forget_oldest(self) -> None:
        excess = self.count() - MOST_ROWS
        if excess > 0:
            strangers = self.exclude(succeeded__gt=database_now() - KNOWN)
            oldest = strangers.order_by("last").values_list("pk", flat=True)[: excess + 50]
            self.filter(pk__in=list(oldest)).delete()


class Login(models.Model):
    """Tries to log in with a name from an IPv4 address or an IPv6 /64."""

    name = models.CharField(max_length=150)
    network = models.CharField("from", max_length=60)
    failures = models.PositiveIntegerField("wrong passwords", default=0)
    last = models.DateTimeField("last try", db_index=True)
    succeeded = models.DateTimeField("last got in", null=True)

    objects = LoginManager()

    class Meta:
        ordering = ("-last",)
        constraints = (
            models.UniqueConstraint(fields=["name", "network"], name="login_of_name_from"),
        )

    def __str__(self) -> str:
        return f"{self.name} from {self.network}"

    @property
    def counts(self) -> bool:
        """Whether its wrong passwords still count for a lock, by this host's clock, for a list."""
        return self.failures > 0 and self.last > timezone.now() - WINDOW
