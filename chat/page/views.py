from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.constants import HEADER as POLICY
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from chat.config.conf import conf
from chat.page.listing import other_servers, this_server
from chat.page.page import page_context, static_here
from chat.page.policy import page_policy
from chat.page.shell import worker as worker_script
from chat.page.words import language
from chat.serving.assembly import the_parts

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@gzip_page
async def page(request: HttpRequest) -> HttpResponse:
    """Show the chat page."""
    others = other_servers()
    context = page_context(others, language(request))
    response = render(request, "chat/page.html", context)
    response.headers[POLICY] = page_policy(request, (server.url for server in others))
    patch_cache_control(response, no_cache=True)
    patch_vary_headers(response, ["Accept-Language"])
    return response


@require_safe
async def servers(request: HttpRequest) -> JsonResponse:
    """List the servers by name, this one first; the family's other pages read it."""
    listed = [this_server(request), *other_servers()]
    return _public({server.name: server.url for server in listed})


@require_safe
async def online(request: HttpRequest) -> JsonResponse:
    """Tell how many are in the room."""
    return _public({"online": the_parts().relay.online, "name": conf.name})


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
        "icons": [_icon("icon.svg", "any", "svg+xml"), *(_png(size) for size in (192, 512))],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@require_safe
@gzip_page
async def worker(request: HttpRequest) -> HttpResponse:
    """Give the browser the script that keeps the page for times without a network."""
    script = worker_script(other_servers(), language(request))
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _png(size: int) -> dict[str, str]:
    return _icon(f"icon-{size}.png", f"{size}x{size}", "png")


def _icon(name: str, sizes: str, kind: str) -> dict[str, str]:
    return {"src": static_here(f"chat/icons/{name}"), "sizes": sizes, "type": f"image/{kind}"}


@require_safe
async def favicon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask for the icon by its old name, as on the admin's pages, to the real one."""
    return HttpResponseRedirect(static_here("chat/icons/icon.svg"))


def _public(content: Any) -> JsonResponse:
    response = JsonResponse(content)
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, no_store=True)
    return response
