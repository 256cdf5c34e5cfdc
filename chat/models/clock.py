"""The database's clock, the one that all hosts share: by it go all moments that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Now
from django.db.models.sql import Query

if TYPE_CHECKING:
    from datetime import datetime


def database_now() -> datetime:
    """Ask what time it is, by a query of its own; within one, `Now()` is the same."""
    query = Query(None)  # of no table
    query.add_annotation(Now(), "now", select=True)
    [[now]] = query.get_compiler(using="default").results_iter()
    return now  # type: ignore[no-any-return]


class ChangedField(models.DateTimeField):  # type: ignore[type-arg]
    """When a row was saved last, as the database tells; an object learns it when it is read."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's
        """Return what is written, however the row is saved."""
        return Now()
