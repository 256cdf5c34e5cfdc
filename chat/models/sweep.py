from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from chat.models.ban import Ban

if TYPE_CHECKING:
    from collections.abc import Sequence

# Few enough names for one statement of any database.
BATCH: Final = 500


class Sweep(models.Model):
    """What one act banned, many addresses at once, and what it takes to undo that."""

    whom = models.CharField(max_length=300)
    reason = models.CharField(
        max_length=200, blank=True, help_text="Whoever is refused or put out is told this."
    )
    until = models.DateTimeField(null=True, blank=True)
    members = models.PositiveIntegerField("put out", default=0)
    replaced = models.JSONField(default=list, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    made = models.DateTimeField(auto_now_add=True)
    undone = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-made",)

    def __str__(self) -> str:
        return self.whom

    @property
    def is_undone(self) -> bool:
        """Whether it was taken back."""
        return self.undone is not None

    def ban(self, networks: Sequence[str]) -> int:
        """Save this, and ban these networks; return how many bans it made or changed.

        A ban that holds at least as long already stays as it is.
        """
        with transaction.atomic():
            self.save()
            return sum(
                self._ban(networks[begin : begin + BATCH])
                for begin in range(0, len(networks), BATCH)
            )

    def _ban(self, networks: Sequence[str]) -> int:
        before = {ban.network: ban for ban in Ban.objects.filter(network__in=networks)}
        lasting = {name for name, ban in before.items() if ban.outlasts(self.until)}
        bans = [
            Ban(
                network=network,
                reason=self.reason,
                until=self.until,
                made_by_id=self.made_by_id,
                sweep=self,
            )
            for network in networks
            if network not in lasting
        ]
        self.replaced += [_kept(ban) for name, ban in before.items() if name not in lasting]
        self.save(update_fields=["replaced"])
        Ban.objects.bulk_create(
            bans,
            update_conflicts=True,
            unique_fields=["network"],
            update_fields=["reason", "until", "made_by", "sweep", "changed"],
        )
        return len(bans)

    def undo(self) -> int:
        """Take back the bans it made, and put those that it replaced back as they were.

        Return how many there were. One that an operator has changed since stays: it is theirs. One
        of another sweep is that one's again, unless that was undone meanwhile.
        """
        with transaction.atomic():
            count = 0
            undone = set(Sweep.objects.filter(undone__isnull=False).values_list("pk", flat=True))
            for old in self.replaced:
                if old.get("sweep_id") in undone:
                    continue
                values = {"sweep_id": None, **old, "until": _moment(old["until"])}
                ban = Ban.objects.filter(sweep=self, network=old["network"]).first()
                if ban is not None:
                    for name, value in values.items():
                        setattr(ban, name, value)
                    ban.save()
                    count += 1
            deleted, _ = Ban.objects.filter(sweep=self).delete()
            self.undone = timezone.now()
            self.save(update_fields=["undone"])
        return count + deleted


def _kept(ban: Ban) -> dict[str, Any]:
    return {
        "network": ban.network,
        "reason": ban.reason,
        "until": ban.until.isoformat() if ban.until else None,
        "made_by_id": ban.made_by_id,
        "sweep_id": ban.sweep_id,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
