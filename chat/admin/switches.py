from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import modelform_factory
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from chat.admin.audited import AuditedAdmin
from chat.admin.steering import reload_decisions
from chat.models import Switches

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


@admin.register(Switches)
class SwitchesAdmin(AuditedAdmin):
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

    def get_urls(self) -> list[URLPattern]:
        """Add what the switches of the first page do."""
        own = self.admin_site.admin_view(require_POST(self.switch))
        return [path("<str:name>/set/", own, name="chat_switches_set"), *super().get_urls()]

    def switch(self, request: HttpRequest, name: str) -> HttpResponse:
        """Set one switch, whatever the other one is meanwhile, and go back to the first page."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if name not in {"slow_mode", "lockdown"}:
            raise Http404(f"no switch is called {name}")
        row, _ = Switches.objects.get_or_create(id=1)
        form = modelform_factory(Switches, fields=[name])(request.POST, instance=row)
        if form.is_valid():
            told = self.construct_change_message(request, form, None)
            self.save_model(request, form.save(commit=False), form, change=True)
            self.log_change(request, row, told)
            self.message_user(request, f"Now {row}.", messages.SUCCESS)
        else:
            for error in form.errors.values():
                told = " ".join(map(str, error))
                self.message_user(request, f"Not switched: {told}", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:index"))
