"""Every state that the page can be in: how somebody gets there.

Pictures are made of them, and tests hold that each can be read and operated.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self

from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed
from tests.browser.talker import talking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.browser.fakes import Habit
    from tests.browser.people import People, Person
    from tests.servers import RunningServer

OWN: Final = -1
DEAD: Final = "127.0.0.1:9"
TALK: Final[Sequence[tuple[int, str]]] = [
    (0, "Morning! Is the new room up for everybody?"),
    (1, "Yes, I am in from the train. It dropped twice and came back by itself."),
    (1, "Even the line that I typed in the tunnel arrived."),
    (OWN, "Good to hear. The notes are at https://example.com/notes/42"),
    (2, "Reading …"),
    (2, "Two things:\n1. the date is next Tuesday\n2. we need a bigger table"),
    (0, "Tuesday is fine with me"),
    (OWN, "Then Tuesday it is"),
]
CODE: Final = (
    "Run `make all`, or:\n```\nfor name in *.txt; do\n  wc -l $name\ndone\n```\nthen tell me."
)


class Stage:
    """A room, and somebody with a browser who is brought into one state after the other."""

    def __init__(self, people: People, room: RunningServer, **options: Any) -> None:
        self.person: Person = people.new(locale="en-GB", **options)
        self._people = people
        self._room = room
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def join(self) -> Person:
        """Join the room."""
        return self.person.join()

    def visit(self, habit: Habit) -> Person:
        """Open a server of that habit."""
        server = self._stack.enter_context(FakeServer(habit))
        self._stack.enter_context(listed(self._room, fake=server.url))
        self._people.hosts.add(server.host)
        return self.person.open("?server=fake")

    def list_dead_server(self) -> None:
        """Let the picker offer one that nobody answers for."""
        self._stack.enter_context(listed(self._room, Dead=f"ws://{DEAD}/"))
        self._people.hosts.add(DEAD)

    def talk(self, lines: Sequence[tuple[int, str]] = TALK) -> None:
        """Let three people and this one talk."""
        voices = [self._stack.enter_context(talking(self._room.socket_url)) for _ in range(3)]
        for who, text in lines:
            if who == OWN:
                self.person.say(text)
            else:
                voices[who](text)
            expect(self.person.messages.last).to_contain_text(text[:4])


def empty(stage: Stage) -> None:
    stage.join()


def connecting(stage: Stage) -> None:
    stage.person.page.route_web_socket("**/*", lambda _: None)
    stage.person.open()


def no_script(stage: Stage) -> None:
    page = stage.person.page
    # Switched off in the browser, nothing could look into the page, either.
    page.route("**/*.js", lambda route: route.abort())
    stage.person.open()
    expect(page.get_by_text("This chat needs JavaScript.")).to_be_visible()


def not_whole(stage: Stage) -> None:
    page = stage.person.page
    page.route("**/main.*.js", lambda route: route.abort())

    def stay_broken(_: object) -> None:
        page.route("**/*", lambda route: route.abort())

    page.once("load", stay_broken)  # else it would load again while one looks at it
    stage.person.open()
    expect(stage.person.banner).to_contain_text("did not load completely")


def talk(stage: Stage) -> None:
    stage.join()
    stage.talk()


def compact(stage: Stage) -> None:
    stage.join().evaluate("document.querySelector('#compact').click()")
    stage.talk()


def rich(stage: Stage) -> None:
    person = stage.join()
    name = person.page.locator("#me .name").inner_text()
    stage.talk([(0, CODE), (1, f"@{name} > Morning!\nthat is for you"), (2, "and more " * 300)])


def read_back(stage: Stage) -> None:
    person = stage.join()
    stage.talk([(number % 3, f"line {number} of a long talk") for number in range(30)])
    person.log.hover()
    person.page.mouse.wheel(0, -500)
    expect(person.page.locator("#jump")).to_be_visible()


def missed(stage: Stage) -> None:
    person = stage.join()
    person.evaluate(HIDE)
    stage.talk([(number % 3, f"line {number} of a long talk") for number in range(25)])
    expect(person.page).to_have_title("(25) wschat")  # all of them came before one looks again
    person.evaluate(SHOW)
    expect(person.page.locator("#missed")).to_be_visible()


def offline(stage: Stage) -> None:
    person = stage.join()
    person.context.set_offline(True)
    person.say("from the tunnel")
    expect(person.unsent).to_contain_text("waits")


def kept(stage: Stage) -> None:
    stage.join()
    stage.talk()
    page = stage.person.page
    page.route_web_socket("**/*", lambda socket: socket.close())
    page.reload()
    expect(stage.person.banner).to_contain_text("until")


def kicked(stage: Stage) -> None:
    person = stage.visit(fakes.closing(4001, error="kicked: too loud"))
    person.wait_joined()
    person.say("AGAIN")
    expect(person.banner).to_contain_text("too loud")


def turned_away(stage: Stage) -> None:
    person = stage.visit(fakes.full)
    expect(person.banner).to_contain_text("100 are in")


def slow(stage: Stage) -> None:
    person = stage.visit(fakes.mute)
    person.wait_joined()
    person.say("into the void")
    expect(person.unsent).to_contain_text("slowly")


def announced(stage: Stage) -> None:
    person = stage.visit(fakes.rambling)
    person.sees("in bytes")


def picker(stage: Stage) -> None:
    stage.list_dead_server()
    person = stage.join()
    person.page.locator("#where").click()
    expect(person.page.locator(".server-state").last).to_contain_text("no answer")


def options(stage: Stage) -> None:
    stage.join().page.locator("[popovertarget=options]").click()


def card(stage: Stage) -> None:
    person = stage.join()
    stage.talk()
    person.page.locator("#entries .name").last.click()
    expect(person.page.locator("#card")).to_be_visible()


def roster(stage: Stage) -> None:
    person = stage.join()
    stage.talk()
    if not person.page.locator("#people").is_visible():
        person.page.locator("#people-button").click()


def search(stage: Stage) -> None:
    person = stage.join()
    stage.talk()
    person.page.locator("#search-button").click()
    person.page.locator("#search-text").fill("tuesday")
    expect(person.page.locator("#search-count")).to_have_text("3 found")


def too_long(stage: Stage) -> None:
    stage.join().box.fill("é" * 40_000)


STATES: Final[dict[str, Callable[[Stage], None]]] = {
    state.__name__.replace("_", "-"): state
    for state in (
        empty, connecting, no_script, not_whole, talk, compact, rich, read_back, missed, offline,
        kept, kicked, turned_away, slow, announced, picker, options, card, roster, search, too_long,
    )
}  # fmt: skip

HIDE: Final = """() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOW: Final = HIDE.replace("true, conf", "false, conf")
