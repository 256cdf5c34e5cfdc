"""Static files by whitenoise: hashed names, cached for long, ES module imports included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import FileResponse, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Names by content, and rewrites the names inside ES modules' imports, too."""

    support_js_module_import_aggregation = True


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Answers with whole files: under ASGI Django reads a file's iterator in a thread and warns."""

    @staticmethod
    def serve(static_file: object, request: HttpRequest) -> HttpResponseBase:
        """Return the response for one file; a small one, so it is read at once."""
        response: FileResponse = WhiteNoiseMiddleware.serve(static_file, request)
        if not response.streaming:
            return response
        whole = HttpResponse(b"".join(response), status=response.status_code)
        whole.headers = response.headers
        response.close()
        return whole
