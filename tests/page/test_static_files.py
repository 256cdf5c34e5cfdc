from __future__ import annotations

import gzip
import re
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers import RunningServer


@pytest.fixture
def script_url(server: RunningServer) -> str:
    """Return the URL of the page's script."""
    with urllib.request.urlopen(server.url) as answer:
        page = answer.read().decode()
    path = re.search(r'src="/?(static/chat/main\.[0-9a-f]{12}\.js)"', page)
    assert path is not None
    return server.url + path[1]


def test_scripts_have_names_by_content_and_are_kept(script_url: str) -> None:
    """Browsers would ask for every file at every visit, or keep old ones after an update."""
    with urllib.request.urlopen(script_url) as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in answer.headers["Cache-Control"]
        assert int(answer.headers["Content-Length"]) == len(answer.read())


def test_files_are_sent_compressed_to_those_who_can(script_url: str) -> None:
    """The page would take longer to come than it need."""
    with urllib.request.urlopen(script_url) as answer:
        plain = answer.read()
    request = urllib.request.Request(script_url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
    assert body == plain


def test_a_part_of_a_file_and_a_fresh_one_are_answered(script_url: str) -> None:
    """Caches and downloads that go on would get errors."""
    request = urllib.request.Request(script_url, headers={"Range": "bytes=0-9"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206
        assert len(answer.read()) == 10


def test_what_is_not_there_is_a_404_and_nothing_outside_is_served(server: RunningServer) -> None:
    """Anybody could read the secret key."""
    for path in ("none.js", "../secret_key", "%2e%2e/secret_key", "chat/../../secret_key"):
        assert server.get(f"/static/{path}") == 404


def test_imports_between_modules_have_hashed_names(server: RunningServer, script_url: str) -> None:
    """A module would be fetched under its plain name, and stay old after an update."""
    with urllib.request.urlopen(script_url) as answer:
        imports = re.findall(r'(?:from|import)\s*"(\./[^"]+)"', answer.read().decode())
    assert imports
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imports), imports
    for name in imports:
        assert server.get(f"/static/chat/{name.removeprefix('./')}") == 200


def test_comments_of_scripts_stay_here(script_url: str) -> None:
    """A first visit would load a fifth more, for those who read the source elsewhere."""
    with urllib.request.urlopen(script_url) as answer:
        assert b"/**" not in answer.read().replace(b"/** @type", b"")
