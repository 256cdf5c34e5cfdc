from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.listing import listed, wait_until_offered
from tests.servers import ROOT

if TYPE_CHECKING:
    from tests.browser.people import People
    from tests.servers import RunningServer


def make_operator(room: RunningServer) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--no-input"],
        cwd=ROOT,
        env={
            **os.environ,
            "WSCHAT_VAR": str(room.var),
            "DJANGO_SUPERUSER_USERNAME": "operator",
            "DJANGO_SUPERUSER_EMAIL": "operator@host.example",
            "DJANGO_SUPERUSER_PASSWORD": "only for this test",
        },
        check=True,
        capture_output=True,
    )


def test_operator_lists_a_server(people: People, room: RunningServer) -> None:
    """Operators could not offer another server: the admin takes a good address and no bad one."""
    make_operator(room)
    with listed(room):
        page = people.new().open("admin/chat/server/add/").page
        page.get_by_label("Username").fill("operator")
        page.get_by_label("Password").fill("only for this test")
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Name").fill("Far")
        page.get_by_label("Address").fill("http://far.example/")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("starts with ws:// or wss://")).to_be_visible()
        page.get_by_label("Address").fill("wss://far.example/")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#result_list")).to_contain_text("wss://far.example/")
        wait_until_offered(room, {"Far": "wss://far.example/"})
        guest = people.new().join()
        assert guest.import_and("room/servers.js", _NAMES) == ["wschat", "Far"]


_NAMES = """({ Servers }) => {
    const settings = JSON.parse(document.querySelector("#settings").textContent);
    return new Servers(settings, null).all.map((server) => server.name);
}"""
