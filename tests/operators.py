"""Somebody who works in the admin of a real server, over HTTP."""

from __future__ import annotations

import asyncio
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Final

from tests.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers import RunningServer

NAME: Final = "olga"
PASSWORD: Final = "correct horse battery staple"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Operator:
    """A superuser of one server; the methods wait for the answer without stopping the loop."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    @classmethod
    def hire(cls, server: RunningServer) -> Operator:
        """Make the account, and log in."""
        make_superuser(server)
        operator = cls(server)
        page = operator._submit(
            "/admin/login/?next=/admin/", {"username": NAME, "password": PASSWORD}
        )
        assert "Log out" in page, page
        return operator

    async def get(self, path: str) -> str:
        """Return a page."""
        return await asyncio.to_thread(self._open, path, None)

    async def post(self, path: str, values: Mapping[str, str]) -> str:
        """Send a form, and return the page it leads to."""
        return await asyncio.to_thread(self._submit, path, values)

    def _submit(self, path: str, values: Mapping[str, str]) -> str:
        token = _TOKEN.search(self._open(path, None))
        assert token is not None, path
        return self._open(path, {**values, "csrfmiddlewaretoken": token[1]})

    def _open(self, path: str, values: Mapping[str, str] | None) -> str:
        data = None if values is None else urllib.parse.urlencode(values).encode()
        url = self._server.url.rstrip("/") + path
        request = urllib.request.Request(url, data, {"Referer": url})
        try:
            with self._opener.open(request, timeout=30) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return f"{error.code} {error.read().decode()}"


def make_superuser(server: RunningServer) -> None:
    """Make the account."""
    subprocess.run(
        [
            server.command[0],
            "manage.py",
            "createsuperuser",
            "--noinput",
            "--email",
            "a@example.org",
        ],
        cwd=ROOT,
        env={
            **server.env,
            "DJANGO_SUPERUSER_USERNAME": NAME,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        },
        check=True,
        capture_output=True,
    )
