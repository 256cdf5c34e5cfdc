from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html

from chat.admin.confirming import ConfirmedAdmin
from chat.admin.links import listed
from chat.admin.steering import reload_decisions
from chat.admin.tools import Tool, ToolsAdmin
from chat.admin.typed import ModelForm
from chat.models import Ban
from chat.models.ban import parse_network
from chat.models.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from chat.config.networks import Network


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
        if until is not None and until <= database_now():
            raise forms.ValidationError("this has passed: leave it empty for a ban without an end")
        return until


@admin.register(Ban)
class BanAdmin(ConfirmedAdmin, ToolsAdmin):
    """Who may not come in; whom a ban hits is shown before it is made."""

    form = BanForm
    list_display = ("network", "reason", "until", "is_active", "made_by", "made", "made_with")
    list_filter = ("made", "until")
    list_select_related = ("made_by", "sweep")
    search_fields = ("network", "reason")

    @admin.display(boolean=True, description="active")
    def is_active(self, ban: Ban) -> bool:
        """Tell whether it has not ended."""
        return ban.is_active

    @admin.display(description="with many others")
    def made_with(self, ban: Ban) -> SafeString | str:
        """Return the act that made it with others, with a link to undo all of them."""
        if ban.sweep is None:
            return ""
        address = reverse("admin:chat_sweep_change", args=[ban.sweep.pk])
        return format_html('<a href="{}">{}</a>', address, ban.sweep)

    def networks(self, form: BanForm) -> list[Network]:
        """Return the one network of the form."""
        return [parse_network(form.cleaned_data["network"])]

    def tools(self, request: HttpRequest, obj: Ban) -> list[Tool]:
        """Offer who came from there, and what made it."""
        network = parse_network(obj.network)
        tools = []
        if network.num_addresses == 1:
            there = str(network.network_address)
            tools.append(Tool("All from this address", listed("connection", q=there)))
        if obj.sweep is not None:
            address = reverse("admin:chat_sweep_change", args=[obj.sweep.pk])
            tools.append(Tool("Made with many others", address))
        return tools

    def save_model(self, request: HttpRequest, obj: Ban, form: Any, change: bool) -> None:
        """Save, warn of other bans for the same addresses, and have it hold at once."""
        if not change:
            obj.made_by_id = request.user.pk
        obj.sweep = None
        super().save_model(request, obj, form, change)
        others = ", ".join(ban.network for ban in obj.overlapping())
        if others:
            warning = f"{obj.network} overlaps other bans, which hold as well: {others}."
            self.message_user(request, warning, messages.WARNING)
        transaction.on_commit(reload_decisions)

    def response_add(
        self, request: HttpRequest, obj: Ban, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say how to undo it."""
        if self.has_delete_permission(request, obj):
            address = reverse("admin:chat_ban_delete", args=[obj.pk])
            undo = format_html('<a href="{}">Undo the ban of {}…</a>', address, obj)
            self.message_user(request, undo)
        return super().response_add(request, obj, post_url_continue)

    def delete_model(self, request: HttpRequest, obj: Ban) -> None:
        """Delete, and have that hold at once."""
        super().delete_model(request, obj)
        transaction.on_commit(reload_decisions)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ban]) -> None:
        """Delete several, and have that hold at once."""
        super().delete_queryset(request, queryset)
        transaction.on_commit(reload_decisions)
