from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from django.db import Error as DatabaseError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

if TYPE_CHECKING:
    from django.http import HttpRequest

RETRY_SECONDS: Final = 10


def failure(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed: a 503 that says so where it was the database, else a 500."""
    if not isinstance(sys.exc_info()[1], DatabaseError):
        return server_error(request)
    content = render_to_string("chat/unavailable.html")
    return HttpResponse(content, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
