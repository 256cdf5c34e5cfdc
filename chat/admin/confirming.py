from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.template.response import TemplateResponse

from chat.admin.audited import AuditedAdmin
from chat.admin.hits import Hits, find_hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from chat.config.networks import Network
    from chat.models import Connection

# Nobody reads a longer list before a click.
SHOWN = 100


def confirm(  # noqa: PLR0913 - all but one by name
    request: HttpRequest,
    *,
    admin: AuditedAdmin,
    title: str,
    verb: str,
    members: Sequence[Connection],
    hidden: Sequence[tuple[str, str]],
    form: Any = None,
    hits: Hits | None = None,
) -> TemplateResponse:
    """Ask before something is done that puts people out.

    Args:
        request: what asks for it.
        admin: whose page this is.
        title: what is asked.
        verb: what the button does.
        members: those who are hit.
        hidden: what the form sends with the answer.
        form: what is still to be filled in.
        hits: whom bans put out, if it makes some.

    """
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "verb": verb,
        "opts": admin.opts,
        "members": members[:SHOWN],
        "count": len(members),
        "more": max(0, len(members) - SHOWN),
        "hidden": [*hidden, ("confirmed", "yes")],
        "form": form,
        "hits": hits,
    }
    return TemplateResponse(request, "admin/chat/confirm.html", context)


class ConfirmedAdmin(AuditedAdmin):
    """Shows whom a ban hits before it is saved."""

    def networks(self, form: Any) -> Iterable[Network]:
        """Return what a valid form bans."""
        raise NotImplementedError

    def answers(self, form: Any) -> dict[str, str]:
        """Return what the form's second sending has that its first had not."""
        return {}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Ask first; what is wrong with the form is told as always."""
        if request.method == "POST" and "confirmed" not in request.POST:
            asked = self._ask(request, object_id)
            if asked is not None:
                return asked
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _ask(self, request: HttpRequest, object_id: str | None) -> TemplateResponse | None:
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        is_allowed = (
            obj is not None and self.has_change_permission(request, obj)
            if object_id
            else self.has_add_permission(request)
        )
        if not is_allowed:
            return None
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        if not form.is_valid():
            return None
        hits = find_hits(request, self.networks(form))
        answers = {**request.POST.dict(), **self.answers(form)}
        answers.pop("csrfmiddlewaretoken", None)
        return confirm(
            request,
            admin=self,
            title=f"Ban {_told(hits.networks)}?",
            verb="Ban",
            members=hits.members,
            hidden=list(answers.items()),
            hits=hits,
        )


def _told(networks: Sequence[Network]) -> str:
    return str(networks[0]) if len(networks) == 1 else f"{len(networks)} addresses"
