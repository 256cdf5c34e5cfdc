from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse

from chat.admin.audited import AuditedAdmin
from chat.admin.steering import steer
from chat.models import Announcement

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Announcement)
class AnnouncementAdmin(AuditedAdmin):
    """To add one is to say it; what was said stays as it is."""

    list_display = ("made", "__str__", "made_by")
    date_hierarchy = "made"
    fields = ("text",)

    def has_change_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        """Return False: everybody has read it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        """Return False: everybody has read it."""
        return False

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """Save, and say it."""
        obj.made_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: self._say(request, obj.text))

    def response_post_save_add(
        self, request: HttpRequest, obj: Announcement
    ) -> HttpResponseRedirect:
        """Go back to the first page, if it was said there."""
        if "_index" in request.POST:
            return HttpResponseRedirect(reverse("admin:index"))
        return super().response_post_save_add(request, obj)

    def _say(self, request: HttpRequest, text: str) -> None:
        problem = steer(lambda steering: steering.announce(text))
        if problem:
            self.message_user(request, f"It was not said: {problem}.", messages.ERROR)
