from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.constants import HEADER as POLICY
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from chat.conf import conf
from chat.listing import other_servers, this_server
from chat.page import page_context, static_here
from chat.policy import page_policy
from chat.room import the_room

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
async def page(request: HttpRequest) -> HttpResponse:
    """Show the chat page."""
    others = await other_servers()
    response = render(request, "chat/page.html", page_context(others))
    response.headers[POLICY] = page_policy(request, (server.url for server in others))
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
async def servers(request: HttpRequest) -> JsonResponse:
    """List the servers by name, this one first; the family's other pages read it."""
    listed = [this_server(request), *await other_servers()]
    return _public({server.name: server.url for server in listed})


@require_safe
async def online(request: HttpRequest) -> JsonResponse:
    """Tell how many are in the room."""
    return _public({"online": the_room().online, "name": conf.name})


@require_safe
async def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the page to a phone that keeps it on its home screen; all addresses are relative."""
    described = {
        "name": conf.name,
        "short_name": conf.name,
        "description": "One room for everybody.",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f7f6f3",
        "theme_color": "#f7f6f3",
        "icons": [
            {"src": static_here("chat/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": static_here("chat/icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": static_here("chat/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@require_safe
async def favicon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask for the icon by its old name, as on the admin's pages, to the real one."""
    return HttpResponseRedirect(static_here("chat/icon.svg"))


def _public(content: Any) -> JsonResponse:
    response = JsonResponse(content)
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, no_store=True)
    return response
