"""Static files by whitenoise: hashed names, cached for long, ES module imports included."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile
from django.http import FileResponse, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


# The page's style sheets in one: a first visit asks for one file, not for six.
STYLES: Final = "chat/page.css"
STYLE_PARTS: Final = "chat/styles/"

# Types and explanations of the scripts: a fifth of a first visit, for those who read the source.
_COMMENT: Final = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Names by content, and rewrites the names inside ES modules' imports, too."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """Join the page's style sheets, leave out its scripts' comments, then treat all alike."""
        if not options.get("dry_run"):
            self._join_styles(paths)
            self._strip_comments(paths)
        yield from super().post_process(paths, **options)

    def _join_styles(self, paths: dict[str, Any]) -> None:
        names = sorted(name for name in paths if name.startswith(STYLE_PARTS))
        if names:
            joined = b"\n".join(self._content(*paths[name]) for name in names)
            self.delete(STYLES)
            self.save(STYLES, ContentFile(joined))
            paths[STYLES] = (self, STYLES)

    def _strip_comments(self, paths: dict[str, Any]) -> None:
        scripts = [name for name in paths if name.startswith("chat/") and name.endswith(".js")]
        for name in scripts:
            source = self._content(*paths[name]).decode()
            Path(self.path(name)).write_text(_COMMENT.sub("", source), encoding="utf-8")
            paths[name] = (self, name)

    @staticmethod
    def _content(storage: Any, path: str) -> bytes:
        with storage.open(path) as file:
            return bytes(file.read())


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
