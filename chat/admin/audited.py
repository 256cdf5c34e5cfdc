from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.forms.models import model_to_dict
from django.utils import timezone

from chat.admin.typed import ModelAdmin
from chat.door.request_address import request_address
from chat.models import LogAddress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest


class AuditedAdmin(ModelAdmin):
    """Leaves an audit trail that tells old and new values, and the operator's address."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write what was added."""
        return note(request, [obj], ADDITION, message)[0]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write what was changed."""
        return note(request, [obj], CHANGE, message)[0]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        """Write what was deleted, and how it was."""
        for row in queryset:
            values = model_to_dict(row, exclude=["id"]).items()
            told = [f"{name}: {shown(value)}" for name, value in values if not _is_secret(name)]
            note(request, [row], DELETION, f"It was: {'; '.join(told)}.")

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return a sentence with all that was given, or with all that was changed."""
        told = [_told(form, name, add=add) for name in form.changed_data]
        return f"{'Added' if add else 'Changed'} {'; '.join(told) or 'nothing'}."


def note(
    request: HttpRequest, rows: Iterable[Any], flag: int, message: str, user_id: int | None = None
) -> list[LogEntry]:
    """Write an entry for each row, by the operator of the request unless another one is named."""
    operator = user_id or int(request.user.pk or 0)
    entries = LogEntry.objects.log_actions(operator, rows, flag, change_message=message)
    return _with_address(request, list(entries))


def note_act(request: HttpRequest, model: type[models.Model], what: str, message: str) -> None:
    """Write an entry for an act that is about no one row."""
    entry = LogEntry.objects.create(
        user_id=int(request.user.pk or 0),
        content_type=ContentType.objects.get_for_model(model),
        object_repr=what[:200],
        action_flag=CHANGE,
        change_message=message,
    )
    _with_address(request, [entry])


def _with_address(request: HttpRequest, entries: list[LogEntry]) -> list[LogEntry]:
    address = (request_address(request) or "")[:60]
    LogAddress.objects.bulk_create(LogAddress(entry=entry, address=address) for entry in entries)
    return entries


def shown(value: Any) -> str:
    """Return a field's value as the audit trail shows it."""
    match value:
        case bool():
            return "on" if value else "off"
        case None | "":
            return "none"
        case datetime():
            return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
        case list() | models.QuerySet():
            return ", ".join(sorted(map(str, value))) or "none"
    return str(value)


def _told(form: Any, name: str, *, add: bool) -> str:
    field = form.fields.get(name)
    label = str((field and field.label) or name.replace("_", " ")).lower()
    if _is_secret(name):
        return label
    new = shown(form.cleaned_data.get(name))
    if add:
        return f"{label}: {new}"
    return f"{label}: {shown(form.initial.get(name))} \N{RIGHTWARDS ARROW} {new}"


def _is_secret(name: str) -> bool:
    return "password" in name
