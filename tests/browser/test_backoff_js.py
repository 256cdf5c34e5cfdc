from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.people import Person

_WAITS = """({ Backoff }, random) => {
    const backoff = new Backoff({ random: () => random });
    const waits = Array.from({ length: 8 }, () => backoff.next());
    backoff.reset();
    return [...waits, backoff.next()];
}"""


def test_ceiling_doubles_up_to_the_cap(page: Person) -> None:
    """A server that is down would be hammered, or people wait for minutes: it is at most 20 s."""
    waits = page.import_and("connection/backoff.js", _WAITS, 1)
    assert waits == [1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000, 1000]


def test_jitter_is_full(page: Person) -> None:
    """Everybody would come back in the same instant: any wait below the ceiling is as likely."""
    assert page.import_and("connection/backoff.js", _WAITS, 0) == [0] * 9
    assert page.import_and("connection/backoff.js", _WAITS, 0.25)[:3] == [250, 500, 1000]


def test_imports_nothing(page: Person) -> None:
    """The rules could not be tested without a page: these modules know no DOM."""
    for module in ("connection/protocol.js", "connection/backoff.js"):
        text = page.evaluate("async (name) => (await fetch('static/chat/' + name)).text()", module)
        assert not any(word in text for word in ("import", "document", "window"))
