from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models


class Switches(models.Model):
    """What the operators have switched on: one row for all processes."""

    slow_mode = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(6000)],
        help_text="Messages a minute that each member may send; 0: as many as the settings say.",
    )
    lockdown = models.BooleanField(default=False, help_text="Nobody new may come in.")

    class Meta:
        verbose_name = verbose_name_plural = "switches"
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="only_one_row_of_switches"),
        )

    def __str__(self) -> str:
        slow = f"slow mode: {self.slow_mode} a minute" if self.slow_mode else "slow mode: off"
        return f"{slow}, lockdown: {'on' if self.lockdown else 'off'}"
