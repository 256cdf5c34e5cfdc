from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.states import HIDE, SHOW

if TYPE_CHECKING:
    from tests.browser.people import People


def test_send_is_off_for_what_is_too_long(people: People) -> None:
    """A click would do nothing, without a word; and blank lines at the end would be sent."""
    person = people.new().join()
    send = person.page.get_by_role("button", name="Send")
    person.box.fill("é" * 40_000)
    expect(send).to_be_disabled()
    expect(person.page.locator("#limit")).to_contain_text("too long to send")
    person.say("two lines\nand blanks \n\n  \n")
    expect(person.messages.locator(".text")).to_have_text("two lines\nand blanks ")
    assert person.messages.locator(".text").text_content() == "two lines\nand blanks "


def test_files_get_a_word_and_never_the_page(people: People) -> None:
    """A picture that is dropped would replace the page, and a pasted one vanish in silence."""
    person = people.new().join()
    said = person.page.locator("#said")
    for event in ("paste", "drop"):
        prevented = person.evaluate(GIVE_FILE, event)
        assert prevented
        expect(said).to_contain_text("cannot be sent here")
        expect(said).to_be_empty(timeout=10_000)
    assert person.evaluate(GIVE_FILE, "drop with its address")
    assert not person.evaluate(GIVE_FILE, "paste of cells with their text")


def test_reply_and_mention(people: People) -> None:
    """Nobody would know who is meant: a reply names them, and is marked and counted for them."""
    first, second = people.new().join(), people.new().join()
    first.say("shall we meet at the big table at noon?")
    row = second.sees("shall we meet at the big table at noon?")
    row.hover()
    row.get_by_role("button", name="Reply").click()
    name = first.page.locator("#me .name").inner_text()
    quote = f"@{name} > shall we meet at the big table at noon?"
    expect(second.box).to_have_value(quote + "\n")
    expect(second.box).to_be_focused()
    first.evaluate(HIDE)
    second.page.keyboard.type("yes")
    second.page.keyboard.press("Control+End")
    second.page.locator("#send").click()
    second.say("and something else")
    expect(first.page).to_have_title("(2 @1) wschat")
    first.evaluate(SHOW)
    expect(first.page.locator("#entries .mention")).to_have_count(1)
    expect(first.page.locator("#entries .mention .text")).to_have_text(f"{quote}\nyes")
    expect(second.page.locator("#entries .mention")).to_have_count(0)


def test_alerts_are_switched_on_and_then_tell(people: People) -> None:
    """Who looks away would miss being called, or be rung at without having asked."""
    first = people.new(permissions=["notifications"]).join()
    second = people.new().join()
    first.evaluate(_RECORD_NOTIFICATIONS)
    name = first.page.locator("#me .name").inner_text()
    first.evaluate(HIDE)
    second.say(f"@{name} hello")
    first.sees(f"@{name} hello")
    first.evaluate(SHOW)
    first.page.get_by_role("button", name="Options").click()
    first.page.get_by_label("Show a notification").check()
    first.page.get_by_label("Play a sound").check()
    first.page.keyboard.press("Escape")
    first.evaluate("tones = 0")
    first.evaluate(HIDE)
    second.say(f"@{name} again")
    first.sees(f"@{name} again")
    own = second.page.locator("#me .name").inner_text()
    assert first.evaluate("notified") == [f"{own} calls you: @{name} again"]
    assert first.evaluate("[badges, tones]") == [[1], 1]


def test_lines_with_a_slash_are_the_pages_own(people: People) -> None:
    """A command with a slip would be said to everybody: none is sent, and // sends a slash."""
    first, second = people.new().join(), people.new().join()
    second.say("hello")
    first.sees("hello")
    short = second.page.locator("#me .name").inner_text()
    notices = first.page.locator("#entries .notice:not(.traffic)")
    first.say("/nme")
    expect(notices.last).to_contain_text("There is no /nme")
    expect(first.box).to_have_value("/nme")
    for line, told in (
        ("/help", "/search words"),
        ("/me", "You are "),
        (f"/name {short} Anna B", f"{short} is Anna B for you"),
        (f"/mute {short}", f"{short} is muted"),
        ("/mute zzzz", "Nobody here is called zzzz"),
    ):
        first.say(line)
        expect(notices.last).to_contain_text(told)
    help_told = notices.filter(has_text="/search words")
    expect(help_told).to_have_css("text-align", "start")
    assert len(help_told.inner_text().splitlines()) > 5, "a line for each command"
    expect(first.page.locator("#entries .message .name")).to_have_text(f"Anna B {short}")
    expect(first.page.locator("#entries .message").first).to_be_hidden()
    first.say("//etc/hosts")
    second.sees("/etc/hosts")
    assert second.texts == ["hello", "/etc/hosts"]


def test_names_of_emoji_become_them(people: People) -> None:
    """Who has no key for them would spell them out, or have a time of day turned into a picture."""
    person = people.new().join()
    typed = (
        ("well done :tada:", "well done 🎉"),
        (":thumbs: from me", "👍 from me"),
        ("at 12:30: see a:fire: and :nothing:", "at 12:30: see a:fire: and :nothing:"),
    )
    for keys, text in typed:
        person.box.fill("")
        person.box.press_sequentially(keys)
        expect(person.box).to_have_value(text)
    person.box.fill("")
    person.box.press_sequentially(":fire:")
    expect(person.box).to_have_value("🔥")
    person.page.keyboard.press("Control+Z")
    expect(person.box).to_have_value(":fire:")
    person.say("/emoji")
    expect(person.page.locator("#entries .notice").last).to_contain_text("🚀 :rocket: · 🚗 :car:")


def test_people_get_names_for_the_visit(people: People) -> None:
    """Four characters are hard to keep in mind: one may call somebody by a name of one's own."""
    first, second = people.new().join(), people.new().join()
    second.say("hello")
    name = first.sees("hello").locator(".name")
    short = name.inner_text()
    first.sees("hello").locator(".picture-button").click()
    card = first.page.locator("#card")
    card.get_by_label("Call them …").fill("Anna")
    card.get_by_role("button", name="Save").click()
    expect(name).to_have_text(f"Anna {short}")
    expect(first.page.locator("#people-list .name").nth(1)).to_have_text(f"Anna {short}")
    first.page.reload()
    expect(first.sees("hello").locator(".name")).to_have_text(f"Anna {short}")


GIVE_FILE = """(type) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "x.png", { type: "image/png" }));
    if (type.includes(" with ")) data.setData("text/plain", "x");
    const options = { bubbles: true, cancelable: true };
    const event = type.startsWith("paste")
        ? new ClipboardEvent("paste", { ...options, clipboardData: data })
        : new DragEvent("drop", { ...options, dataTransfer: data });
    return !document.querySelector("#text").dispatchEvent(event);
}"""
_RECORD_NOTIFICATIONS = """() => {
    window.notified = [];
    class Recorded {
        static permission = "granted";
        static requestPermission = async () => "granted";
        constructor(title, { body }) { notified.push(`${title}: ${body}`); }
    }
    window.Notification = Recorded;
    window.badges = [];
    navigator.setAppBadge = async (count) => badges.push(count);
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function () { tones += 1; start.call(this); };
}"""
