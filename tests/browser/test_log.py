from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import SOMEBODY, FakeServer, send, welcome
from tests.browser.listing import listed
from tests.browser.states import HIDE, SHOW, STATES, Stage
from tests.browser.talker import talking

if TYPE_CHECKING:
    from tests.browser.fakes import Habit
    from tests.browser.people import People, Person
    from tests.servers import RunningServer

MINUTE = 60


def told(*lines: tuple[float, str]) -> Habit:
    """Return the habit of telling what somebody said, each line so many seconds ago."""

    def habit(connection: Any) -> None:
        welcome(connection)
        now = int(time.time())
        for ago, text in lines:
            send(connection, sender=SOMEBODY, action="chat", contents=text, timestamp=now - ago)
        fakes.echo(connection)

    return habit


def test_a_group_ends_after_five_minutes_and_every_line_has_its_time(
    people: People, room: RunningServer
) -> None:
    """Thirty messages four minutes apart stood under one time, and only the first had any."""
    lines = [(5 * 4 * MINUTE - 4 * MINUTE * number, f"line {number}") for number in range(5)]
    with FakeServer(told(*lines)) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().open("?server=fake")
        person.sees("line 4")
        expect(person.messages.locator(".head")).to_have_count(3)
        expect(person.messages.locator("time")).to_have_count(5)
        second = person.sees("line 1")
        moment = second.locator(":scope > time")
        expect(moment).to_have_css("opacity", "0")
        second.hover()
        expect(moment).to_have_css("opacity", "1")
        person.page.mouse.move(0, 0)
        expect(moment).to_have_css("opacity", "0")
        second.locator(".text").click()
        person.page.mouse.move(0, 0)
        expect(moment).to_have_css("opacity", "1")


def test_names_of_days_move_on(people: People) -> None:
    """After midnight there were two days called today."""
    person = people.new(timezone_id="UTC")
    person.page.clock.install(time="2024-05-06T23:58:00Z")
    person.open()
    script = """({ DayEntry }) => {
        const day = new DayEntry(Date.now());
        document.querySelector("#entries").append(day.element);
    }"""
    person.import_and("log/lines.js", script)
    day = person.page.locator(".day")
    expect(day).to_have_text("Today")
    person.page.clock.fast_forward(3 * MINUTE * 1000)
    expect(day).to_have_text("Yesterday")


def test_reading_back_tells_the_day(people: People, room: RunningServer) -> None:
    """Who reads back would not know of which day it is: its name stays in sight."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        for number in range(60):
            say(f"line {number}")
        person.sees("line 59")
        expect(person.page.locator(".day")).not_to_be_in_viewport()
        person.box.press("PageUp")
        expect(person.page.locator(".day")).to_be_in_viewport()
        expect(person.box).to_be_focused()


def test_a_bar_leads_back_to_what_was_missed(people: People, room: RunningServer) -> None:
    """Who comes back to many lines would look for where they began."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        say("before")
        person.sees("before")
        person.evaluate(HIDE)
        for number in range(40):
            say(f"line {number}")
        expect(person.page).to_have_title("(40) wschat")
        person.evaluate(SHOW)
        person.sees("line 39")
        bar = person.page.locator("#missed")
        expect(bar).to_contain_text("40 new since ")
        bar.click()
        expect(person.sees("line 0")).to_be_in_viewport()
        expect(bar).to_be_hidden()


def test_a_window_without_focus_is_not_looked_at(people: People, room: RunningServer) -> None:
    """Lines beside another window would count as read; and who answers has seen them."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        person.evaluate(_BLUR)
        for number in range(40):
            say(f"line {number}")
        expect(person.page).to_have_title("(40) wschat")
        person.evaluate(_FOCUS)
        expect(person.page).to_have_title("wschat")
        expect(person.page.locator("#missed")).to_be_visible()
        person.say("I am back")
        person.sees("I am back")
        expect(person.page.locator("#missed")).to_be_hidden()


def test_what_is_odd_is_shown_as_what_it_is(people: People, room: RunningServer) -> None:
    """Spaces looked like nothing; long addresses like walls; long texts never closed again."""
    person = people.new().join()
    address = "https://example.com/" + "a-long-path/" * 20
    with talking(room.socket_url) as say:
        for text in ("   ", address, "high\n" * 30, "   \n  "):
            say(text)
        expect(person.messages.nth(0)).to_contain_text("(3 spaces)")
        expect(person.messages.nth(3)).to_contain_text("(5 spaces and a line break)")
        link = person.messages.nth(1).locator("a")
        expect(link).to_have_attribute("href", address)
        assert len(link.inner_text()) < 100
        assert link.locator("wbr").count() > 2
        high = person.messages.nth(2)
        before = high.evaluate("row => row.offsetHeight")
        more = high.get_by_role("button", name="Show all 150 characters")
        more.focus()
        person.page.keyboard.press("Enter")
        less = high.get_by_role("button", name="Show less")
        expect(less).to_be_focused()
        assert high.evaluate("row => row.offsetHeight") > before
        less.click()
        assert high.evaluate("row => row.offsetHeight") == before


def test_code_is_shown_as_written(people: People) -> None:
    """Code would lose its columns, and backticks would let a stranger write markup."""
    first, second = people.new().join(), people.new().join()
    second.say("try `<b>x</b>` or\n```sh\nif a\n  b\n```")
    code = first.page.locator("#entries code")
    expect(code).to_have_text(["<b>x</b>", "if a\n  b"])
    expect(code.first).to_have_css("font-family", re.compile("mono"))
    expect(first.messages.get_by_role("button", name="Copy")).to_have_count(1)


def test_a_flood_is_summed_up_for_screen_readers(people: People, room: RunningServer) -> None:
    """A flood would be read out for minutes: it is silent, and told as a number."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        for number in range(50):
            say(f"line {number}")
        person.sees("line 49")
        expect(person.page.locator("#entries")).to_have_attribute("aria-live", "off")
        expect(person.page.locator("#spoken")).to_contain_text("messages came in quick succession")
        expect(person.page.locator("#entries")).not_to_have_attribute("aria-live", "off")


def search(person: Person, text: str) -> None:
    person.page.locator("#search-text").fill(text)


def test_what_is_loaded_can_be_searched_and_saved(people: People) -> None:
    """Something said an hour ago could only be looked for by eye."""
    first, second = people.new().join(), people.new().join()
    second.say("the table is bigger")
    address = f"https://example.com/{'a-long-path/' * 20}end"
    second.say(f"{'and more ' * 300} needle {address}")
    second.say("nothing here")
    first.sees("nothing here")
    first.say("a table of mine")
    first.sees("a table of mine")
    first.page.get_by_role("button", name="Search", exact=True).click()
    count = first.page.locator("#search-count")
    search(first, "table")
    expect(count).to_have_text("2 found")
    assert first.evaluate("[...CSS.highlights.get('found')].map(String)") == ["table", "table"]
    name = first.sees("nothing here").get_attribute("data-sender") or ""
    search(first, f"needle {address}")
    expect(count).to_have_text("1 found")
    search(first, f"from:{name[:4]} table")
    expect(count).to_have_text("1 found")
    with first.page.expect_download() as saving:
        first.page.get_by_role("button", name="Save log").click()
    saved = saving.value.path().read_text(encoding="utf-8")
    assert f"{name[:4]}: the table is bigger\n" in saved
    assert "you: a table of mine\n" in saved
    assert f"and more  needle {address}\n" in saved, (
        "what the page folds or shortens is saved whole"
    )
    first.page.locator("#search-text").press("Escape")
    expect(first.page.locator("#search")).to_be_hidden()
    expect(first.box).to_be_focused()


def test_announcements_are_found_and_saved(people: People, room: RunningServer) -> None:
    """What operators said is what one would look for, and it was left out."""
    with Stage(people, room) as stage:
        STATES["announced"](stage)
        page = stage.person.page
        page.locator("#search-button").click()
        search(stage.person, "cake")
        expect(page.locator("#search-count")).to_have_text("1 found")
        expect(page.locator("#entries .announcement")).to_have_class("announcement hit")
        search(stage.person, "from:announcement")
        expect(page.locator("#search-count")).to_have_text("1 found")
        with page.expect_download() as saving:
            page.locator("#search-save").click()
        assert "Announcement: cake in the kitchen\n" in saving.value.path().read_text("utf-8")


_BLUR = """() => {
    document.hasFocus = () => false;
    dispatchEvent(new Event("blur"));
}"""
_FOCUS = """() => {
    delete document.hasFocus;
    dispatchEvent(new Event("focus"));
}"""


def test_a_closed_search_leaves_the_log_as_it_was(people: People, room: RunningServer) -> None:
    """The last hit would stay marked, and who searched would miss what is said from then on."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        say("the table is bigger")
        for number in range(60):
            say(f"line {number}")
        person.sees("line 59")
        person.page.get_by_role("button", name="Search", exact=True).click()
        search(person, "table")
        expect(person.page.locator("#entries .hit")).to_be_in_viewport()
        expect(person.log).to_have_attribute("data-following", "false")
        person.page.locator("#search-text").press("Escape")
        expect(person.sees("line 59")).to_be_in_viewport()
        expect(person.page.locator("#entries .hit")).to_have_count(0)


def test_an_open_search_follows_what_is_said(people: People, room: RunningServer) -> None:
    """The search would tell a number that is no longer true, and lead to rows that are gone."""
    person = people.new().join()
    count = person.page.locator("#search-count")
    with talking(room.socket_url) as say:
        say("the table is bigger")
        person.sees("the table is bigger")
        person.page.get_by_role("button", name="Search", exact=True).click()
        search(person, "table")
        expect(count).to_have_text("1 found")
        say("which table?")
        expect(count).to_have_text("2 found")
        expect(person.page.locator("#entries .hit")).to_have_text(re.compile("is bigger"))
        person.say("/clear")
        expect(count).to_have_text("0 found")
        say("a new table")
        expect(count).to_have_text("1 found")
        person.page.locator("#search-up").click()
        expect(person.page.locator("#entries .hit")).to_have_text(re.compile("a new table"))


def test_an_announcement_counts_for_who_reads_back(people: People, room: RunningServer) -> None:
    """What operators say would be passed over by who does not look at the end of the log."""
    held: list[Any] = []

    def habit(connection: Any) -> None:
        held.append(connection)
        told(*[(0, f"line {number}") for number in range(60)])(connection)

    with FakeServer(habit) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().open("?server=fake")
        person.sees("line 59")
        person.log.evaluate("log => log.scrollTo(0, 0)")
        expect(person.log).to_have_attribute("data-following", "false")
        send(held[0], sender="system", action="chat", contents="cake in the kitchen")
        expect(person.page.locator("#jump")).to_have_text("1 new message")


def test_a_flooder_is_muted_at_once(page: Person) -> None:
    """Who mutes a flooder would go on reading what was not drawn yet."""
    script = """({ Log }) => {
        const list = document.createElement("ol");
        const log = new Log(list, { around: (change) => change() }, { heard: () => {} });
        const flood = { kind: "message", sender: "flooder", at: Date.now(), mine: false };
        const say = (contents) => log.add({ ...flood, contents, mention: false });
        for (let number = 0; number < 100; number += 1) say(`${number}`);
        log.setHidden("flooder", true);
        return new Promise((resolve) => {
            const look = () => list.querySelectorAll(".message").length < 100
                ? requestAnimationFrame(look)
                : resolve(list.querySelectorAll(".message:not([hidden])").length);
            look();
        });
    }"""
    assert page.import_and("log/log.js", script) == 0


def test_a_trimmed_log_says_so(people: People) -> None:
    """The first line that is left would look like the first that was said."""
    person = people.new().open()
    script = """({ Log }) => {
        const list = document.createElement("ol");
        const log = new Log(list, { around: (change) => change() }, { heard: () => {} });
        for (let number = 0; number < 1100; number += 1) {
            log.add({ kind: "notice", text: `${number}` });
        }
        return new Promise((resolve) => {
            const look = () => list.textContent.endsWith("1099")
                ? resolve([list.children.length, list.firstElementChild.textContent])
                : requestAnimationFrame(look);
            look();
        });
    }"""
    said = "What came before is no longer kept on this page."
    kept, first = person.import_and("log/log.js", script)
    assert kept <= 1000
    assert first == said
