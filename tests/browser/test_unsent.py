from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.states import STATES, Stage

if TYPE_CHECKING:
    from tests.browser.people import People
    from tests.servers import RunningServer


def test_lines_that_wait_can_be_taken_back(people: People, room: RunningServer) -> None:
    """What was typed in anger at a dead connection would go out for sure, minutes later."""
    with Stage(people, room) as stage:
        STATES["offline"](stage)
        person = stage.person
        person.unsent.get_by_role("button", name="Take back").click()
        expect(person.unsent).to_have_count(0)
        expect(person.box).to_have_value("from the tunnel")
        expect(person.box).to_be_focused()


def test_lines_after_a_kick_say_what_they_wait_for(people: People, room: RunningServer) -> None:
    """They would wait "for the connection" for ever; and one that may have arrived is not lost."""
    with Stage(people, room) as stage:
        STATES["kicked"](stage)
        person = stage.person
        expect(person.unsent).to_contain_text("may not have arrived")
        person.say("hello?")
        waiting = person.unsent.filter(has_text="hello?")
        expect(waiting).to_contain_text("waits until you join again")
        waiting.get_by_role("button", name="Take back").click()
        expect(person.unsent).to_have_count(1)
        person.unsent.get_by_role("button", name="Retry").focus()
        person.page.keyboard.press("Enter")
        expect(person.unsent).to_contain_text("waits until you join again")
        expect(person.box).to_be_focused()
        person.page.reload()
        person.unsent.get_by_role("button", name="Discard").click()
        expect(person.unsent).to_have_count(0)
        expect(person.box).to_be_focused()


def test_a_slow_server_is_told(people: People, room: RunningServer) -> None:
    """Under slow mode a line would hang at "sending" without a word."""
    with Stage(people, room) as stage:
        person = stage.visit(fakes.mute)
        person.wait_joined()
        person.say("into the void")
        expect(person.unsent).to_have_text(re.compile("sending …$"))
        expect(person.unsent).to_contain_text("the server takes messages slowly at the moment")


def test_a_rooms_draft_stays_with_it(people: People, room: RunningServer) -> None:
    """What was typed for one room would stand in another's box, ready to be sent there."""
    with Stage(people, room) as stage:
        person = stage.visit(fakes.go_like)
        person.sees("in Go")
        person.box.fill("for Go only")
        person.page.locator("#where").click()
        person.page.locator("#picker .server", has_text="this server").click()
        expect(person.page.locator("#server-name")).to_have_text("wschat")
        expect(person.box).to_have_value("")
        person.page.locator("#where").click()
        person.page.locator("#picker .server", has_text="fake").click()
        expect(person.box).to_have_value("for Go only")


def test_a_working_room_is_left_only_for_one_that_answers(
    people: People, room: RunningServer
) -> None:
    """A click on a dead server would cost the talk, and the reload would go there again."""
    with Stage(people, room) as stage:
        stage.list_dead_server()
        person = stage.join()
        person.page.locator("#where").click()
        dead = person.page.locator("#picker .server", has_text="Dead")
        expect(dead).to_contain_text("no answer")
        dead.click()
        expect(dead).to_contain_text("no answer; you stay in wschat")
        person.page.keyboard.press("Escape")
        person.say("still here")
        person.sees("still here")
        person.open("?server=Dead")
        expect(person.banner).to_contain_text("Dead cannot be reached")
        person.open()
        person.wait_joined()
        expect(person.page.locator("#server-name")).to_have_text("wschat")
