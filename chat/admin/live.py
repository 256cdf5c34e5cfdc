from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils import timezone

from chat.admin.filters import ProcessFilter
from chat.admin.read_only import ReadOnlyAdmin
from chat.admin.steering import reload_decisions, steer
from chat.models import Ban, LiveMember, ServerProcess
from chat.models.ban import parse_network
from chat.protocol import KICKED

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from chat.room import Room


class KickForm(forms.Form):
    """What those who are put out are told."""

    reason = forms.CharField(
        max_length=200, initial="kicked by an operator", help_text="They are told this."
    )


class KickAndBanForm(KickForm):
    """The same, and for how long they may not come back."""

    reason = forms.CharField(max_length=200, required=False, help_text="They are told this.")
    hours = forms.IntegerField(
        min_value=1, max_value=24 * 3650, required=False, help_text="Empty: for ever."
    )


@admin.register(LiveMember)
class LiveMemberAdmin(ReadOnlyAdmin):
    """Who is in the room now, in all processes."""

    list_display = (
        "member", "address", "joined", "messages", "last_seen", "served_by", "waiting", "origin",
    )  # fmt: skip
    list_filter = (ProcessFilter, "joined")
    search_fields = ("member__startswith", "address__startswith", "user_agent")
    actions = ("kick", "kick_and_ban")

    def has_kick_permission(self, request: HttpRequest) -> bool:
        """Tell whether this operator may put somebody out."""
        return bool(request.user.has_perm("chat.kick_connection"))

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
        if not form.is_valid():
            return self._ask(request, queryset, form, "kick")
        self._put_out(request, queryset, form.cleaned_data["reason"])
        return None

    @admin.action(description="Kick and ban address…", permissions=["kick"])
    def kick_and_ban(self, request: HttpRequest, queryset: QuerySet[LiveMember]) -> Any:
        """Ask for the reason and the end, then ban the addresses; that puts the members out."""
        if not request.user.has_perm("chat.add_ban"):
            self.message_user(request, "You may not ban.", messages.ERROR)
            return None
        form = KickAndBanForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, queryset, form, "kick_and_ban")
        self._ban(request, queryset, form.cleaned_data["reason"], form.cleaned_data["hours"])
        return None

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[LiveMember], form: KickForm, action: str
    ) -> TemplateResponse:
        chosen = list(queryset)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self._title(action)} {len(chosen)} of those in the room?",
            "opts": self.opts,
            "members": chosen,
            "form": form,
            "action": action,
            "verb": self._title(action),
            "checkbox": ACTION_CHECKBOX_NAME,
            "bans": action == "kick_and_ban",
        }
        return TemplateResponse(request, "admin/chat/confirm_kick.html", context)

    @staticmethod
    def _title(action: str) -> str:
        return action.replace("_", " ").capitalize()

    def _put_out(self, request: HttpRequest, queryset: QuerySet[LiveMember], reason: str) -> None:
        chosen = list(queryset)

        def kick_all(room: Room) -> None:
            for member in chosen:
                room.kick(member.member, KICKED, reason)

        problem = steer(kick_all)
        if problem:
            self.message_user(request, f"Nobody was kicked: {problem}.", messages.ERROR)
            return
        self._note(request, queryset, f"Kicked: {reason}")
        self.message_user(request, f"{len(chosen)} kicked.", messages.SUCCESS)

    def _ban(
        self,
        request: HttpRequest,
        queryset: QuerySet[LiveMember],
        reason: str,
        hours: int | None,
    ) -> None:
        until = timezone.now() + timedelta(hours=hours) if hours else None
        networks = sorted({str(parse_network(member.address)) for member in queryset})
        for network in networks:
            values = {"reason": reason, "until": until, "made_by_id": request.user.pk}
            ban, is_new = Ban.objects.update_or_create(network=network, defaults=values)
            log = self.log_addition if is_new else self.log_change
            log(request, ban, f"Kicked and banned: {reason}")
        self._note(request, queryset, f"Kicked and banned: {reason}")
        reload_decisions()
        self.message_user(request, f"Banned: {', '.join(networks)}.", messages.SUCCESS)

    @staticmethod
    def _note(request: HttpRequest, queryset: QuerySet[LiveMember], message: str) -> None:
        LogEntry.objects.log_actions(
            int(request.user.pk or 0), queryset, CHANGE, change_message=message
        )
