from __future__ import annotations

import pytest

from tests.wschat_tools.load.rooms import Room, open_room
from wschat_tools.load import Crowd, Joining, OpenLoop, parse_address


@pytest.mark.parametrize("rate", [50, 1000])
async def test_sends_what_it_should(rate: int) -> None:
    """Without it latencies would be those of another rate than the one asked for."""
    async with open_room(Room()) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 4).run()
        chatted = await OpenLoop(crowd, rate, senders=2).run(0.4, warm=0.1)
    assert chatted.sent == pytest.approx(rate * 0.5, abs=2)
    assert (chatted.lost, chatted.extra, chatted.garbled) == (0, 0, 0)
    assert len(chatted.latencies) >= rate * 0.4 * 4 - 8
    assert 0 < chatted.latencies.percentile(50) <= chatted.latencies.percentile(99)


async def test_own_time_for_each_member() -> None:
    """Without it latencies at members with a stream of their own would be missing or wrong."""

    class Timely(Room):
        count = 0

        def encode(self, sender: str, action: str, contents: str) -> str:
            self.count += 1
            return super().encode(sender, action, contents).replace("1700000000", str(self.count))

    async with open_room(Timely()) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 4).run(settle=0.2)
        chatted = await OpenLoop(crowd, 200, senders=2, size=200).run(0.4, warm=0)
    assert not chatted.same_stream
    assert chatted.lost == 0
    assert len(chatted.latencies) == chatted.expected == chatted.sent * 4
