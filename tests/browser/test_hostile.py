from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.people import People

ZALGO = "Z" + "\u0301\u0323\u0308" * 200 + "algo"
NAUGHTY = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<svg/onload=window.pwned=1>",
    "</li></ol><h1>big</h1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "&lt;b&gt; &amp;amp; &#60;",
    "javascript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "https://user:pass@host.example/",
    "http://[::1",
    "{{ 7*7 }} ${7*7} {% debug %} %s %n",
    "'; DROP TABLE chat_server; --",
    "\u202etxt.exe\u202c and \u2066isolated",
    "\u200b\u200d\ufeff zero widths",
    "A\u0000B\u0007C\u001b[31mD",
    "\U0001f469\u200d\U0001f4bb \U0001f3f3\ufe0f\u200d\U0001f308",
    "ﷺ ﷽ שלום مرحبا",
    "constructor",
    "__proto__",
    "null",
    "a\u2028b\u2029c",
    "%00 %0d%0a Set-Cookie: x=1",
]


def test_naughty_strings_stay_text(people: People) -> None:
    """A stranger could take over the page: whatever is said is text, and nothing else changes."""
    first, second = people.new().join(), people.new().join()
    first.sees_all_said(second)
    before = first.evaluate(_SHAPE)
    for text in NAUGHTY:
        second.evaluate(_SAY, text)
    second.evaluate(_SAY, "the end")
    first.sees("the end")
    shown = first.messages.locator(".text").all_text_contents()
    assert shown[-len(NAUGHTY) - 1 : -1] == NAUGHTY
    assert first.evaluate("window.pwned") is None
    assert first.evaluate(_SHAPE) == before
    assert first.page.locator("#entries .message a").count() == 0


def test_only_web_addresses_become_links(people: People) -> None:
    """An address could not be followed, or a false one could: links go where they say."""
    first, second = people.new().join(), people.new().join()
    second.say("see (https://example.com/a?b=c#d), http://example.org. and ftp://no.example")
    second.say("https://example.com/\u202etxt.exe")
    first.sees("https://example.com/\u202etxt.exe")
    links = first.page.locator("#entries a")
    hrefs = [link.get_attribute("href") for link in links.all()]
    assert hrefs == ["https://example.com/a?b=c#d", "http://example.org/", "https://example.com/"]
    for link in links.all():
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(link).to_have_attribute("target", "_blank")


def test_piles_of_marks_are_clipped(people: People) -> None:
    """Stacked marks would cover other people's lines: the pile is clipped, words are not."""
    first, second = people.new().join(), people.new().join()
    second.say(ZALGO)
    second.say("Việt Nam, שָׁלוֹם, ภาษาไทย")
    first.sees("Việt Nam, שָׁלוֹם, ภาษาไทย")
    assert len(first.texts[0]) < 20
    assert first.texts[0].startswith("Z")


def test_long_messages_are_folded_and_wrap(people: People) -> None:
    """One long word or text would push everything away: it wraps, and folds until it is opened."""
    first = people.new(viewport={"width": 390, "height": 780}).join()
    second = people.new().join()
    second.evaluate(_SAY, "x" * 60_000)
    second.evaluate(_SAY, "\n" * 3000 + "end")
    second.evaluate(_SAY, "last")
    first.sees("last")
    assert first.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert first.log.evaluate("log => log.scrollHeight") < 3000
    long = first.messages.first
    assert len(long.locator(".text").inner_text()) < 2100
    long.get_by_role("button", name="Show all").click()
    assert len(long.locator(".text").inner_text()) == 60_000
    assert first.evaluate("document.documentElement.scrollWidth <= innerWidth")


# The elements of the page with their attributes, but for the log and the list of people.
_SHAPE = """() => {
    const page = document.documentElement.cloneNode(true);
    page.querySelector("#entries").remove();
    page.querySelector("#unsent").remove();
    page.querySelector("#people-list").remove();
    return [...page.querySelectorAll("*")].map((e) => e.tagName + e.getAttributeNames());
}"""
# Past the box, which is a text field and would change some of the characters.
_SAY = """(text) => new Promise((done) => {
    window.talker ??= new WebSocket(location.href.replace("http", "ws"));
    const say = () => done(talker.send(JSON.stringify({ contents: text })));
    if (talker.readyState === 1) say();
    else talker.addEventListener("open", say, { once: true });
})"""
