from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.db import connection
from django.shortcuts import render

from chat.admin.read_only import ReadOnlyAdmin
from chat.models import Login
from chat.models.login import WINDOW
from chat.ops.logins import is_locked, results

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


# Hashing a password takes half a second of a core on purpose. One is looked at at a time, and who
# cannot begin within WAIT_SECONDS comes again: from however many addresses, tries leave the room,
# its page and the admin the rest of the machine.
ONE_AT_A_TIME: Final = BoundedSemaphore()
WAIT_SECONDS: Final = 3
# What a login waits for a database that is locked, before a 503.
LOCKED_SECONDS: Final = 1


def login(request: HttpRequest) -> HttpResponse:
    """Show the admin's login.

    A 429 where too many wrong passwords came before, a 503 where too many come at once.
    """
    if request.method != "POST":
        return admin.site.login(request)
    _wait_less()
    if is_locked(request):
        return _refusal(request, "admin/locked_out.html", 429, int(WINDOW.total_seconds()))
    if not ONE_AT_A_TIME.acquire(timeout=WAIT_SECONDS):
        results["refused"] += 1
        return _refusal(request, "admin/login_busy.html", 503, WAIT_SECONDS)
    try:
        return admin.site.login(request)
    finally:
        ONE_AT_A_TIME.release()


def _wait_less() -> None:
    """Have an SQLite file that somebody locks say so sooner, until the connection closes.

    Who waits for it here keeps others from logging in.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {LOCKED_SECONDS * 1000}")


def _refusal(request: HttpRequest, template: str, status: int, seconds: int) -> HttpResponse:
    refusal = render(request, template, admin.site.each_context(request), status=status)
    refusal.headers["Retry-After"] = str(seconds)
    return refusal


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    """Who tried to log in from where; a lock that holds can be lifted."""

    list_display = ("name", "network", "failures", "last", "succeeded", "is_counted")
    list_filter = ("last", "succeeded")
    search_fields = ("name", "network__startswith")
    actions = ("lift",)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Tell whether this operator may lift a lock."""
        return bool(request.user.has_perm("chat.change_login"))

    @admin.display(description="counts for a lock", boolean=True)
    def is_counted(self, row: Login) -> bool:
        """Tell whether the row's wrong passwords still count."""
        return row.counts

    @admin.action(description="Lift the lock", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Forget the wrong passwords of these rows."""
        for row in queryset.filter(failures__gt=0):
            self.log_change(
                request, row, f"Lifted the lock: forgot {row.failures} wrong passwords."
            )
        count = queryset.update(failures=0)
        self.message_user(request, f"{count} may try again.")
