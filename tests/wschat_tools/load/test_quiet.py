"""Waiting for what may never come, in rooms where strangers never fall silent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.wschat_tools.load.rooms import Room, open_room, strangers
from wschat_tools.load import ClosedLoop, Crowd, Joining, OpenLoop, Volley, parse_address

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

LONGEST_SECONDS = 30


class Rude(Room):
    """Tells the third in the room neither of the last who comes nor of what is said."""

    async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
        """Leave one out."""
        if place != 2 or "stranger" in text or len(self.members) < 5:
            await super().tell_one(place, connection, text)


@pytest.mark.parametrize(("room", "missed", "lost"), [(Room(), 0, 0), (Rude(), 1, 3)])
@pytest.mark.parametrize("kind", ["volley", "rate", "closed"])
async def test_strangers_keep_nobody_waiting(kind: str, room: Room, missed: int, lost: int) -> None:
    """In a room with people in it, a load test would wait for what they say, for ever."""
    async with open_room(room) as url, Crowd(parse_address(url)) as crowd, strangers(room):
        async with asyncio.timeout(LONGEST_SECONDS):
            joined = await Joining(crowd, 5, at_once=1).run(LONGEST_SECONDS, settle=0.3)
            if kind == "volley":
                volley = Volley(crowd, 3, senders=1)
                volley.start(next(iter(crowd.members.values())))
                chatted = await volley.finish(0.3)
            else:
                loop = OpenLoop(crowd, 100, 1) if kind == "rate" else ClosedLoop(crowd, 1)
                chatted = await loop.run(0.03, 0.0, 0.3)
    assert (joined.members, joined.missed) == (5, missed)
    assert (chatted.lost >= lost, chatted.lost > 0) == (True, bool(lost))
    assert (chatted.extra, chatted.garbled, chatted.same_order) == (0, 0, True)
