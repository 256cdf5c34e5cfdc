from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.browser.people import Person


def run(page: Person, *steps: Sequence[Any], lines: tuple[str, ...] = ()) -> Any:
    """Take the steps: a method and its argument, where a line is named by its text."""
    return page.import_and(
        "room/outbox.js",
        """({ Outbox }, { steps, lines }) => {
            let online = true;
            let shown = [];
            const sent = [];
            const outbox = new Outbox({
                lines,
                send: (text) => online && Boolean(sent.push(text)),
                changed: (current) => { shown = current; },
            });
            for (const [method, argument] of steps) {
                const line = shown.find((candidate) => candidate.text === argument);
                if (method === "online") online = argument;
                else outbox[method](["retry", "discard"].includes(method) ? line : argument);
            }
            return [sent, shown.map((line) => [line.text, line.state])];
        }""",
        {"steps": steps, "lines": lines},
    )


def test_echoes_deliver_in_order(page: Person) -> None:
    """One would not know what arrived: each echo takes its line, and lines before it were lost."""
    adds: list[list[Any]] = [["add", text] for text in "abc"]
    assert run(page, *adds, ["delivered", "a"]) == [["a", "b", "c"], [["b", "sent"], ["c", "sent"]]]
    assert run(page, *adds, ["delivered", "b"])[1] == [["a", "unsure"], ["c", "sent"]]
    assert run(page, *adds, ["delivered", "changed by the server"])[1] == [
        ["b", "sent"],
        ["c", "sent"],
    ]


def test_nothing_is_sent_twice_by_itself(page: Person) -> None:
    """A line could be said twice: after a lost connection its writer decides."""
    offline: list[list[Any]] = [
        ["online", False],
        ["interrupted"],
        ["add", "b"],
        ["online", True],
        ["flush"],
    ]
    sent, lines = run(page, ["add", "a"], *offline)
    assert sent == ["a", "b"]
    assert lines == [["a", "unsure"], ["b", "sent"]]
    assert run(page, ["add", "a"], *offline, ["retry", "a"])[0] == ["a", "b", "a"]
    assert run(page, ["add", "a"], *offline, ["discard", "a"])[1] == [["b", "sent"]]


def test_lines_stay_in_their_room(page: Person) -> None:
    """What was meant for one room would be said in another: it waits for its writer."""
    assert run(page, ["online", False], ["add", "a"], ["moved"], ["online", True], ["flush"]) == [
        [],
        [["a", "unsure"]],
    ]


def test_lines_of_the_last_visit_are_kept(page: Person) -> None:
    """A reload would lose what was not sent: it is there, not sent by itself."""
    assert run(page, ["flush"], lines=("a",)) == [[], [["a", "unsure"]]]
