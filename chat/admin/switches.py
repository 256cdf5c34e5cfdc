from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse

from chat.admin.steering import reload_decisions
from chat.admin.typed import ModelAdmin
from chat.models import Switches

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Switches)
class SwitchesAdmin(ModelAdmin):
    """Slow mode and lockdown: one row, made when it is first looked for."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Switches | None = None) -> bool:
        """Return False: switched off is not deleted."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Go straight to the one row."""
        row, _ = Switches.objects.get_or_create(id=1)
        return HttpResponseRedirect(reverse("admin:chat_switches_change", args=[row.pk]))

    def save_model(self, request: HttpRequest, obj: Switches, form: Any, change: bool) -> None:
        """Save, and have all processes read it at once."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(reload_decisions)
