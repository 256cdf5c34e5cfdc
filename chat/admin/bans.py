from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.utils import timezone

from chat.admin.steering import reload_decisions
from chat.admin.typed import ModelAdmin, ModelForm
from chat.models import Ban
from chat.models.ban import parse_network

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest


class BanForm(ModelForm):
    """Tells what is wrong with a ban before it is made."""

    class Meta:
        model = Ban
        fields = ("network", "reason", "until")

    def clean_network(self) -> str:
        """Return the network in its one form."""
        return str(parse_network(self.cleaned_data["network"]))

    def clean_until(self) -> datetime | None:
        """Refuse an end that has passed."""
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError("this has passed: leave it empty for a ban without an end")
        return until


@admin.register(Ban)
class BanAdmin(ModelAdmin):
    """Who may not come in."""

    form = BanForm
    list_display = ("network", "reason", "until", "is_active", "made_by", "made")
    list_filter = ("made", "until")
    list_select_related = ("made_by",)
    search_fields = ("network", "reason")

    @admin.display(boolean=True, description="active")
    def is_active(self, ban: Ban) -> bool:
        """Tell whether it has not ended."""
        return ban.is_active

    def save_model(self, request: HttpRequest, obj: Ban, form: Any, change: bool) -> None:
        """Save, warn of other bans for the same addresses, and have it hold at once."""
        if not change:
            obj.made_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        others = ", ".join(ban.network for ban in obj.overlapping())
        if others:
            warning = f"{obj.network} overlaps other bans, which hold as well: {others}."
            self.message_user(request, warning, messages.WARNING)
        transaction.on_commit(reload_decisions)

    def delete_model(self, request: HttpRequest, obj: Ban) -> None:
        """Delete, and have that hold at once."""
        super().delete_model(request, obj)
        transaction.on_commit(reload_decisions)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ban]) -> None:
        """Delete several, and have that hold at once."""
        super().delete_queryset(request, queryset)
        transaction.on_commit(reload_decisions)
