"""The bot of the README in JavaScript, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.servers import ROOT

if TYPE_CHECKING:
    from tests.browser.people import People
    from tests.servers import RunningServer


def test_answers(people: People, room: RunningServer) -> None:
    """The first thing that somebody tries would not work."""
    match = re.search(r"```js\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert match is not None
    bot = match[1].replace("127.0.0.1:8000", f"127.0.0.1:{room.port}")
    anna = people.new().join()
    other = people.new().join()
    other.evaluate(f"() => {{ {bot} }}")
    anna.say("hi all")
    expect(anna.log.get_by_text(re.compile("^hi, [0-9a-f]{4}!$"))).to_be_visible()
