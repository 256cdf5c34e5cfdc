from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.template.defaultfilters import filesizeformat

from chat.admin.audited import note
from chat.admin.banning import BanningAdmin
from chat.admin.chosen import chosen, fields
from chat.admin.confirming import confirm
from chat.admin.filters import AliveProcessFilter, JoinedFilter
from chat.admin.moments import ago
from chat.admin.steering import steer, until_gone
from chat.models import Connection, LiveMember, ServerProcess
from chat.protocol.messages import KICKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from chat.room.steering import Steering


class KickForm(forms.Form):
    """What those who are put out are told."""

    reason = forms.CharField(
        max_length=200, initial="kicked by an operator", help_text="They are told this."
    )


@admin.register(LiveMember)
class LiveMemberAdmin(BanningAdmin):
    """Who is in the room now, in all processes."""

    change_list_template = "admin/chat/live_change_list.html"
    list_display = (
        "who", "came_from", "seen", "messages", "joined", "agent", "waiting", "served_by", "origin",
    )  # fmt: skip
    list_display_links = None
    list_filter = (JoinedFilter, AliveProcessFilter)
    search_fields = ("member__startswith", "address__startswith", "user_agent")
    search_help_text = "The beginning of an id or an address, or a part of a user agent."
    actions = ("kick", "kick_and_ban")

    def has_kick_permission(self, request: HttpRequest) -> bool:
        """Tell whether this operator may put somebody out."""
        return bool(request.user.has_perm("chat.kick_connection"))

    @admin.display(description="last seen", ordering="last_seen")
    def seen(self, member: LiveMember) -> SafeString:
        """Return how long ago it said something."""
        return ago(member.last_seen)

    @admin.display(description="process", ordering="process")
    def served_by(self, member: LiveMember) -> str:
        """Return the name of the member's process."""
        return self._processes.get(member.process, member.process)

    @admin.display(description="backlog", ordering="backlog")
    def waiting(self, member: LiveMember) -> str:
        """Return what the member has not taken yet, with a unit."""
        return filesizeformat(member.backlog)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LiveMember]:
        """Read the names of the processes once for the page."""
        self._processes = {process.id: str(process) for process in ServerProcess.objects.all()}
        return super().get_queryset(request)

    @admin.action(description="Kick…", permissions=["kick"])
    def kick(self, request: HttpRequest, queryset: QuerySet[LiveMember]) -> Any:
        """Ask for the reason, then put them out."""
        form = KickForm(request.POST if "confirmed" in request.POST else None)
        rows = chosen(request, queryset)
        if not rows:
            text = "Nobody of them is in the room any longer."
            self.message_user(request, text, messages.WARNING)
        elif form.is_valid():
            self._put_out(request, rows, form.cleaned_data["reason"])
        else:
            return confirm(
                request,
                admin=self,
                title=f"Kick {len(rows)} of those in the room?",
                verb="Kick",
                members=rows,
                hidden=fields("kick", rows),
                form=form,
            )
        return None

    def _put_out(self, request: HttpRequest, rows: Sequence[LiveMember], reason: str) -> None:
        def kick_all(steering: Steering) -> None:
            for member in rows:
                steering.kick(member.member, KICKED, reason)

        problem = steer(kick_all)
        if problem:
            self.message_user(request, f"Nobody was kicked: {problem}.", messages.ERROR)
            return
        # As rows of the log: there the audit trail still finds them when they are gone.
        people = Connection.objects.filter(pk__in=[row.pk for row in rows])
        note(request, people, CHANGE, f"Kicked: {reason}")
        until_gone(rows)
        self.message_user(request, f"{len(rows)} kicked.", messages.SUCCESS)
