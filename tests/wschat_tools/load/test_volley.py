from __future__ import annotations

import pytest

from tests.wschat_tools.load.rooms import Room, open_room
from wschat_tools.load import Crowd, Joining, Volley, parse_address
from wschat_tools.load.errors import ConnectError
from wschat_tools.load.quiet import quiet


async def volley(
    url: str, count: int, senders: int, *, early: bool, patience: float = 1
) -> tuple[Volley, list[int]]:
    """Let five members chat, while they join or afterwards; returns sums."""
    async with Crowd(parse_address(url)) as crowd:
        shots = Volley(crowd, count, senders=senders)
        if early:
            crowd.reference.named = shots.start
        joined = await Joining(crowd, 5).run(5, 1)
        if not early:
            for member in list(crowd.members.values()):
                shots.start(member)
        chatted = await shots.finish(patience)
        assert joined.members == 5
        return shots, [chatted.sent, chatted.expected, chatted.lost, chatted.extra, chatted.garbled]


@pytest.mark.parametrize("early", [False, True])
async def test_a_faithful_room_loses_nothing(early: bool) -> None:
    """A good server would be called lossy when members chat while others join."""
    async with open_room(Room()) as url:
        shots, (sent, expected, *wrong) = await volley(url, 7, 3, early=early)
    assert (sent, shots.failed, wrong) == (21, 0, [0, 0, 0])
    assert expected == 105 if not early else 21 <= expected <= 105


async def test_more_than_may_be_under_way_at_once_is_sent_in_the_end() -> None:
    """Whoever has more to say than a thousand chats would say a thousand."""
    async with open_room(Room()) as url:
        shots, (sent, _, *wrong) = await volley(url, 2300, 1, early=False, patience=20)
    assert (sent, shots.failed, wrong) == (2300, 0, [0, 0, 0])


class Deaf(Room):
    """Tells one member in the room nothing of what is said."""

    async def tell_one(self, place: int, connection: object, text: str) -> None:
        """Leave out the third."""
        if '"chat"' in text and place == 2:
            return
        await super().tell_one(place, connection, text)  # type: ignore[arg-type]


async def test_what_one_member_does_not_get_is_lost() -> None:
    """A server that forgets somebody would pass."""
    async with open_room(Deaf()) as url:
        shots, (sent, expected, lost, *_) = await volley(url, 4, 5, early=False)
    assert (sent, expected) == (20, 100)
    assert lost == 20
    assert shots.failed == 1


async def test_a_ramp_lets_in_so_many_a_second() -> None:
    """A ramp would let in all at once, or not all."""
    async with open_room(Room()) as url, Crowd(parse_address(url)) as crowd:
        joined = await Joining(crowd, 5, per_second=50).run(5, 1)
    assert (joined.members, joined.missed) == (5, 0)


async def test_stop_ends_what_waits() -> None:
    """Ctrl-C would have to wait for the end of the run."""
    async with open_room(Room()) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 2).run(5, 1)
        crowd.stop()
        assert not crowd.going
        assert not await quiet(crowd, lambda: False, 3600)
        with pytest.raises(ConnectError, match="stopped before"):
            await Joining(crowd, 1000).run(3600, 3600)
