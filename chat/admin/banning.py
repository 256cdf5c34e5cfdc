from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.html import format_html

from chat.admin.audited import note
from chat.admin.chosen import chosen, fields
from chat.admin.confirming import confirm
from chat.admin.hits import find_hits, networks_of
from chat.admin.links import address_link, member_link
from chat.admin.read_only import ReadOnlyAdmin
from chat.admin.steering import reload_decisions, until_gone
from chat.models import Connection, Sweep
from chat.models.ban import end_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from chat.admin.hits import Hits


class KickAndBanForm(forms.Form):
    """What those are told who are put out, and for how long they may not come back."""

    reason = forms.CharField(max_length=200, required=False, help_text="They are told this.")
    hours = forms.IntegerField(
        min_value=1, max_value=24 * 3650, required=False, help_text="Empty: for ever."
    )


class BanningAdmin(ReadOnlyAdmin):
    """Connections: who they are, and the ban of their addresses, whether they are there or gone."""

    actions: tuple[str, ...] = ("kick_and_ban",)

    @admin.display(description="member", ordering="member")
    def who(self, connection: Connection) -> SafeString | str:
        """Return the member's short id, with a link to its page."""
        return member_link(connection.member)

    @admin.display(description="address", ordering="address")
    def came_from(self, connection: Connection) -> SafeString | str:
        """Return the address, with a link to all who came from there."""
        return address_link(connection.address)

    @admin.display(description="user agent", ordering="user_agent")
    def agent(self, connection: Connection) -> SafeString:
        """Return the beginning of the user agent, whole on hover."""
        short = truncatechars(connection.user_agent, 40)
        return format_html('<span title="{}">{}</span>', connection.user_agent, short)

    def has_ban_permission(self, request: HttpRequest) -> bool:
        """Tell whether this operator may put somebody out for long."""
        return bool(request.user.has_perms(["chat.kick_connection", "chat.add_ban"]))

    @admin.action(description="Kick and ban address…", permissions=["ban"])
    def kick_and_ban(self, request: HttpRequest, queryset: QuerySet[Connection]) -> Any:
        """Ask for the reason and the end, then ban the addresses; that puts the members out."""
        form = KickAndBanForm(request.POST if "confirmed" in request.POST else None)
        rows = chosen(request, queryset)
        networks = networks_of(row.address for row in rows)
        if not networks:
            text = "Nobody of them is in the room any longer, or none has an address."
            self.message_user(request, text, messages.WARNING)
            return None
        hits = find_hits(request, networks)
        if not form.is_valid():
            return confirm(
                request,
                admin=self,
                title=f"Kick and ban {len(rows)} member{'s'[: len(rows) > 1]}?",
                verb="Kick and ban",
                members=hits.members,
                hidden=fields("kick_and_ban", rows),
                form=form,
                hits=hits,
            )
        hours = form.cleaned_data["hours"]
        sweep = Sweep(
            whom=f"{len(rows)} chosen from the list",
            reason=form.cleaned_data["reason"],
            until=end_in(hours),
        )
        ban_all(self, request, sweep, hits, rows)
        return None


def ban_all(
    admin: ReadOnlyAdmin | admin.ModelAdmin[Any],
    request: HttpRequest,
    sweep: Sweep,
    hits: Hits,
    rows: Sequence[Connection],
) -> None:
    """Ban at once all that a preview named, tell what came of it, and how to undo it."""
    sweep.made_by_id = request.user.pk
    sweep.members = len(hits.members)
    networks = [str(network) for network in hits.networks]
    count = sweep.ban(networks)
    told = ", ".join(networks[:5]) + (" …" if len(networks) > 5 else "")
    note(request, [sweep], ADDITION, f"Banned {told}: {sweep.reason}")
    note(request, _people(rows), CHANGE, f"Kicked and banned: {sweep.reason}")
    reload_decisions()
    until_gone(hits.members)
    admin.message_user(
        request,
        format_html(
            'Banned: {}. {} put out, {} ban{} made. <a href="{}">Undo…</a>',
            told,
            sweep.members,
            count,
            "" if count == 1 else "s",
            reverse("admin:chat_sweep_change", args=[sweep.pk]),
        ),
        messages.SUCCESS,
    )


def _people(rows: Sequence[Connection]) -> list[Connection]:
    """Return them as rows of the log: there the audit trail still finds them when they are gone."""
    return list(Connection.objects.filter(pk__in=[row.pk for row in rows]))
