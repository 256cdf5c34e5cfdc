from __future__ import annotations

from django.contrib import admin

from chat.admin.read_only import ReadOnlyAdmin
from chat.models import ServerProcess


@admin.register(ServerProcess)
class ServerProcessAdmin(ReadOnlyAdmin):
    """The processes that serve the room, and those that did lately."""

    list_display = (
        "__str__", "version", "started", "uptime", "beat", "stopped", "members", "queued",
        "dropped",
    )  # fmt: skip
