from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.fakes import echo, send, welcome
from tests.browser.states import Stage
from tests.browser.talker import talking

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

    from tests.browser.people import People, Person
    from tests.servers import RunningServer


def test_rows_stay_while_others_come_and_go(people: People, room: RunningServer) -> None:
    """A click that is half done would be lost, and the focus, at every change of the list."""
    first, second = people.new().join(), people.new().join()
    second.say("here")
    name = first.page.locator("#people-list .name").nth(1)
    expect(name).to_be_visible()
    name.focus()
    row = name.element_handle()
    box = name.bounding_box()
    assert box is not None
    first.page.mouse.move(box["x"] + 5, box["y"] + 5)
    first.page.mouse.down()
    with talking(room.socket_url) as say:
        say("one more is here")
        expect(first.page.locator("#people-list li")).to_have_count(3)
        first.page.mouse.up()
        expect(first.page.locator("#card")).to_be_visible()
        first.page.keyboard.press("Escape")
        expect(name).to_be_focused()
    expect(first.page.locator("#people-list li")).to_have_count(2)
    assert row is not None
    assert row.evaluate("row => row.isConnected && row === document.activeElement")


def crowd(connection: ServerConnection) -> None:
    """Let 250 others come."""
    welcome(connection)
    for number in range(250):
        somebody = f"{number:04x}0000-0000-4000-8000-000000000000"
        send(connection, sender="system", action="connect", contents=somebody)
    echo(connection)


def test_a_long_list_is_searched(people: People, room: RunningServer) -> None:
    """Nobody would be found among hundreds."""
    with Stage(people, room) as stage:
        person = stage.visit(crowd)
        search = person.page.locator("#people-search")
        expect(search).to_be_visible()
        expect(person.page.locator("#people-count")).to_have_text("251 seen since you joined")
        more = person.page.locator("#people-more")
        expect(more).to_have_text("and 51 more: search finds them")
        search.fill("00f9")
        expect(person.page.locator("#people-list .name")).to_have_text(["00f9"])
        expect(person.page.locator("#people-count")).to_have_text("1 found")


def test_who_speaks_is_listed_first(people: People) -> None:
    """Who talks would be lost among hundreds who came and are silent: they are on top."""
    person = people.new().open()
    script = """({ Roster }) => {
        const roster = new Roster(() => {});
        for (const id of ["a", "b", "c"]) roster.joined(id);
        roster.spoke("c");
        roster.spoke("never seen joining");
        return roster.ids;
    }"""
    expected = ["c", "never seen joining", "a", "b"]
    assert person.import_and("room/roster.js", script) == expected


def test_who_spoke_before_is_listed_as_that(people: People) -> None:
    """After a reload the list would not have who wrote what the log shows, or say they are here."""
    first, second, third = people.new().join(), people.new().join(), people.new().join()
    for other in (second, third):
        other.say("said before")
        first.sees("said before")
    third.context.close()
    rows = first.page.locator("#people-list li")
    expect(rows).to_have_count(2)
    short = second.page.locator("#me .name").inner_text()
    third_short = first.messages.nth(1).locator(".name").inner_text()
    first.page.reload()
    earlier = rows.filter(has_text="spoke earlier")
    expect(earlier.filter(has_text=short)).to_have_count(1)
    expect(earlier.filter(has_text=third_short)).to_have_count(1)
    expect(first.page.locator("#people-count")).to_have_text(
        "2 online, 1 of them seen since you joined"
    )
    second.say("still here")
    expect(first.page.locator("#people-count")).to_have_text("2 online")
    expect(rows.filter(has_text=short)).not_to_contain_text("spoke earlier")


def test_a_lost_connection_lists_nobody(people: People) -> None:
    """A list from before would look like who is there now."""
    person = people.new().join()
    person.context.set_offline(True)
    count = person.page.locator("#people-count")
    expect(count).to_have_text("Not connected: nobody is listed.")
    person.context.set_offline(False)
    expect(count).to_contain_text("online")


def test_two_who_would_be_called_alike_are_told_apart(page: Person) -> None:
    """Two people in a room of a thousand would share a name: both get longer ones."""
    ids = ["7f3a1100-0000-4000-8000-000000000000", "7f3a2200-0000-4000-8000-000000000000"]
    assert page.import_and("people/person.js", _ALIKE, ids) == [["7f3a"], ["7f3a·11", "7f3a·22"]]


_ALIKE = """({ nameButton }, [first, second]) => {
    const list = document.querySelector("#entries");
    const texts = () => [...list.querySelectorAll(".name")].map((name) => name.textContent);
    list.replaceChildren(nameButton(first));
    const before = texts();
    list.append(nameButton(second));
    const after = texts();
    list.replaceChildren();
    return [before, after];
}"""
