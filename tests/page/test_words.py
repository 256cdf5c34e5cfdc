from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING

import pytest
from django.test import RequestFactory

from chat.page.words import language, words

if TYPE_CHECKING:
    from tests.servers import RunningServer

_PLACE = re.compile(r"\{\w+\}")


def test_every_language_has_every_text() -> None:
    """Somebody would read "undefined", or a number would be missing from a text."""
    known = words()
    assert {"de", "en"} <= set(known)
    for texts in known.values():
        assert texts.keys() == known["en"].keys()
        for name, text in texts.items():
            assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(known["en"][name])), name


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR,fr;q=0.9,de;q=0.5", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr", "en"),
        ("", "en"),
        ("*", "en"),
        ("\x00;q=x, , de", "en"),
    ],
)
def test_reader_gets_the_language_they_ask_for_first(asked: str, answered: str) -> None:
    """People would read a language that is not theirs though there is their own."""
    request = RequestFactory().get("/", headers={"Accept-Language": asked})
    assert language(request) == answered


def test_page_is_sent_in_the_readers_language(server: RunningServer) -> None:
    """Screen readers would read German words as English ones."""
    request = urllib.request.Request(server.url, headers={"Accept-Language": "de"})
    with urllib.request.urlopen(request) as answer:
        page = answer.read().decode()
        assert {"Accept-Language", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
    assert '<html lang="de">' in page
    assert "Nachricht an alle" in page
