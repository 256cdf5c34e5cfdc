"""Django's own pages for accounts and groups, with what the audit trail needs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin.models import CHANGE
from django.contrib.auth import admin as stock
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

from chat.admin.audited import AuditedAdmin, note

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(AuditedAdmin, stock.UserAdmin):  # type: ignore[type-arg]
    """Who may come into the admin."""


@admin.register(Group)
class GroupAdmin(AuditedAdmin, stock.GroupAdmin):
    """What several accounts may do."""


@admin.site.admin_view
def change_password(request: HttpRequest) -> HttpResponse:
    """Let operators change their own password, and write that they did."""
    response = admin.site.password_change(request)
    if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        note(request, [request.user], CHANGE, "Changed their own password.")
    return response


@receiver(user_logged_in)
def _note_login(request: HttpRequest, user: User, **_: object) -> None:
    note(request, [user], CHANGE, "Logged in.", user_id=user.pk)


@receiver(user_logged_out)
def _note_logout(request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:
        note(request, [user], CHANGE, "Logged out.", user_id=user.pk)
