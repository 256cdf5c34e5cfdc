from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from chat.admin.audited import note
from chat.admin.banning import ban_all
from chat.admin.confirming import ConfirmedAdmin
from chat.admin.hits import find_hits
from chat.admin.links import listed
from chat.admin.steering import reload_decisions
from chat.admin.sweep_form import SweepForm
from chat.admin.tools import Tool, ToolsAdmin
from chat.models import Sweep

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from chat.config.networks import Network


@admin.register(Sweep)
class SweepAdmin(ConfirmedAdmin, ToolsAdmin):
    """To add one is to put out and ban many at once; each can be undone."""

    form = SweepForm
    list_display = ("made", "whom", "members", "bans", "until", "made_by", "undone")
    list_select_related = ("made_by",)
    date_hierarchy = "made"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say what the form is for."""
        extra = {**(extra_context or {}), "title": "Put out and ban who joined lately"}
        return super().add_view(request, form_url, extra)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tell whether this operator may put out and ban."""
        return bool(request.user.has_perms(["chat.kick_connection", "chat.add_ban"]))

    def has_change_permission(self, request: HttpRequest, obj: Sweep | None = None) -> bool:
        """Return False: it has happened, and can be undone only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Sweep | None = None) -> bool:
        """Return False: it has happened, and can be undone only."""
        return False

    def get_fields(self, request: HttpRequest, obj: Sweep | None = None) -> Any:
        """Return what is asked, or what was done."""
        if obj is None:
            return ["minutes", "network", "agent", "reason", "hours", "at"]
        return ["whom", "reason", "until", "members", "bans", "made_by", "made", "undone"]

    def get_readonly_fields(self, request: HttpRequest, obj: Sweep | None = None) -> Any:
        """Return all of a row's."""
        return [] if obj is None else self.get_fields(request, obj)

    @admin.display(description="bans that hold")
    def bans(self, sweep: Sweep) -> int:
        """Return how many of its bans are there still."""
        return sweep.bans.count()

    def networks(self, form: SweepForm) -> list[Network]:
        """Return the addresses of all who fit."""
        return form.networks

    def answers(self, form: SweepForm) -> dict[str, str]:
        """Return the moment that the preview is about."""
        return {"at": str(form.cleaned_data["at"])}

    def save_model(self, request: HttpRequest, obj: Sweep, form: Any, change: bool) -> None:
        """Ban them; those in the room are put out by that."""
        hits = find_hits(request, form.networks)
        ban_all(self, request, obj, hits, hits.members)

    def log_addition(self, request: HttpRequest, obj: Sweep, message: Any) -> Any:
        """Leave it: the entry was written with the bans."""

    def response_add(
        self, request: HttpRequest, obj: Sweep, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show what it did, with the way to undo it."""
        return HttpResponseRedirect(reverse("admin:chat_sweep_change", args=[obj.pk]))

    def tools(self, request: HttpRequest, obj: Sweep) -> list[Tool]:
        """Offer its bans, and to undo it."""
        tools = [Tool("Its bans", listed("ban", sweep__id__exact=str(obj.pk)))]
        if not obj.is_undone and request.user.has_perm("chat.delete_ban"):
            tools.append(Tool("Undo", reverse("admin:chat_sweep_undo", args=[obj.pk]), {}))
        return tools

    def get_urls(self) -> list[URLPattern]:
        """Add the way to undo."""
        undo = self.admin_site.admin_view(require_POST(self.undo))
        return [path("<int:key>/undo/", undo, name="chat_sweep_undo"), *super().get_urls()]

    def undo(self, request: HttpRequest, key: int) -> HttpResponse:
        """Take all of its bans back."""
        if not request.user.has_perm("chat.delete_ban"):
            raise PermissionDenied
        sweep = Sweep.objects.filter(pk=key).first()
        if sweep is None or sweep.is_undone:
            self.message_user(request, "There is nothing to undo any longer.", messages.WARNING)
        else:
            count = sweep.undo()
            note(request, [sweep], CHANGE, f"Undone: {count} bans taken back.")
            reload_decisions()
            self.message_user(request, f"Undone: {count} bans taken back.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:chat_sweep_changelist"))
