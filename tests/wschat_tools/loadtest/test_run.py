"""What a load test says of servers: each thing that is wrong with one, and nothing else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed

from tests.wschat_tools.load.rooms import Room, open_room
from wschat_tools.load import parse_address
from wschat_tools.loadtest import Plan, Report, Run

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection


async def load(room: Room, plan: Plan) -> Report:
    """Load a room as planned."""
    async with open_room(room) as url:
        return await Run(parse_address(url), plan).run()


async def test_the_wait_for_what_is_lost_is_no_load() -> None:
    """The load would be called the limit, at seventeen cores, where it only waited."""

    class Forgetful(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            if self.told < 6:
                await super().hear(connection, contents)

    report = await load(Forgetful(), Plan(connections=3, mpc=5, same_start=True, patience=1))
    assert report.chatted.lost > 0
    assert report.chatted.load_cpu < 1


async def test_a_speaker_that_is_disconnected_doubles_nothing() -> None:
    """What others heard of somebody who was thrown out would count as having come twice."""

    class Strict(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            for other in list(self.members):  # all hear of it but its sender, who is thrown out
                if other is not connection or self.told < 30:
                    with suppress(ConnectionClosed):
                        text = self.encode(self.members[connection], "chat", contents)
                        await other.send(text)
            self.told += 1
            if self.told == 30:
                await connection.close(1008, "enough")

    report = await load(Strict(), Plan(connections=4, mpc=20, same_start=True, patience=2))
    assert report.errors == {"closed with 1008 enough": 1}
    assert report.chatted.extra == 0


async def test_missed_notices_are_no_other_order() -> None:
    """A server that tells two members nothing of each other would be told that it mixes chats."""

    class Doors(Room):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            everyone = self.members
            if action == "connect" and len(everyone) > 2:  # who joins is alone for a moment
                last = list(everyone)[-1]
                await last.send(self.encode(sender, action, contents))
                return
            await super().tell(sender, action, contents)

    report = await load(Doors(), Plan(connections=5, mpc=20, same_start=True, patience=2))
    assert not report.chatted.same_stream
    assert report.joined.unheard > 0
    assert (report.chatted.same_order, report.chatted.lost) == (True, 0)


async def test_an_interrupted_join_accuses_nobody() -> None:
    """After Ctrl-C a number below none of pairs would not have heard of each other."""

    class Slow(Room):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            await asyncio.sleep(0.05)
            await super().tell(sender, action, contents)

    async with open_room(Slow()) as url:
        run = Run(parse_address(url), Plan(connections=60, ramp=100))
        asyncio.get_running_loop().call_later(0.4, run.interrupt)
        report = await run.run()
    assert report.interrupted
    assert report.joined.unheard == 0


async def test_what_came_before_the_server_died_has_come() -> None:
    """None would have been got, at a hundred thousand a second."""

    class Dying(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            if self.told > 100:
                for member in list(self.members):
                    member.transport.abort()
                return
            await super().hear(connection, contents)

    report = await load(Dying(), Plan(connections=3, duration=5, patience=1))
    assert report.present == 0
    assert report.chatted.deliveries == report.chatted.arrived >= 90


async def test_another_case_is_another_text() -> None:
    """A server that changes what is said would pass where digits and dots are all that is."""

    class Shouting(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents.upper())

    report = await load(Shouting(), Plan(connections=2, mpc=3, same_start=True, patience=5))
    assert (report.chatted.garbled, report.chatted.arrived, report.chatted.lost) == (12, 12, 0)
    assert report.shortcomings == ["12 deliveries came changed"]


async def test_spaces_at_the_end_are_part_of_a_text() -> None:
    """A server that trims what is said would pass."""

    class Trimming(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents.strip())

    report = await load(Trimming(), Plan(connections=1, mpc=3, patience=5))
    assert report.shortcomings == ["3 deliveries came changed"]


async def test_connects_that_are_told_twice() -> None:
    """Members who heard of each other twice would be said not to have, after a long wait."""

    class Twice(Room):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            text = self.encode(sender, action, contents)
            for _ in range(2 if action == "connect" else 1):
                broadcast(self.members, text)

    plan = Plan(connections=4, mpc=2, same_start=True, patience=5)
    report = await asyncio.wait_for(load(Twice(), plan), 4)
    assert (report.joined.unheard, report.joined.again) == (0, 4)
    assert report.chatted.same_stream


async def test_two_tools_at_once_do_not_accuse() -> None:
    """What another tool says in the same room would count as ours in another's name."""
    plan = Plan(connections=3, mpc=20, same_start=True, patience=5)
    async with open_room(Prompt()) as url:
        runs = [Run(parse_address(url), plan).run() for _ in range(2)]
        reports = await asyncio.gather(*runs)
    assert [report.shortcomings for report in reports] == [[], []]
    assert [report.chatted.arrived for report in reports] == [180, 180]


async def test_times_are_true_where_notices_are_lost() -> None:
    """The wait for notices that never come would show as the time that chats took."""

    class Doors(Prompt):
        joins = 0

        async def tell(self, sender: str, action: str, contents: str) -> None:
            self.joins += action == "connect"
            if action == "connect" and self.joins % 3 == 0:
                await list(self.members)[-1].send(self.encode(sender, action, contents))
                return
            await super().tell(sender, action, contents)

    report = await load(Doors(), Plan(connections=10, mpc=20, patience=1))
    assert report.joined.unheard > 0
    assert (report.chatted.lost, len(report.chatted.latencies)) == (0, 200)
    assert report.chatted.latencies.percentile(100) < 900


async def test_one_sender_s_chats_in_another_order() -> None:
    """A server that mixes up what one member says would pass as long as all see the same."""

    class Mixing(Room):
        def __init__(self) -> None:
            super().__init__()
            self.kept: list[str] = []

        async def hear(self, connection: ServerConnection, contents: str) -> None:
            self.kept.append(contents)
            if len(self.kept) == 2:
                kept, self.kept = self.kept, []
                for text in reversed(kept):
                    await super().hear(connection, text)

    report = await load(Mixing(), Plan(connections=3, senders=1, mpc=20, same_start=True))
    assert (report.chatted.same_order, report.chatted.own_order) == (True, False)
    assert (report.chatted.lost, report.chatted.extra) == (0, 0)


class Prompt(Room):
    """Tells all without a pause, in which a newcomer could hear of others before itself."""

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        broadcast(self.members, self.encode(sender, action, contents))


async def test_members_leave_and_come_back_under_chat() -> None:
    """A storm of joins under chat is what hurts servers: nobody could try it, or trust it."""
    plan = Plan(connections=3, idle=6, reconnect=40, rate=50, duration=1, patience=5)
    report = await load(Prompt(), plan)
    assert report.reconnected > 5
    assert (report.present, report.leaves_unheard, report.shortcomings) == (9, 0, [])


async def test_a_leave_that_nobody_hears_of_is_told() -> None:
    """Ghosts would fill the rooms of a server that passed."""

    class Ghosts(Prompt):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            if action != "disconnect":
                await super().tell(sender, action, contents)

    plan = Plan(connections=2, idle=4, reconnect=20, rate=20, duration=0.5, patience=0.5)
    report = await load(Ghosts(), plan)
    assert report.leaves_unheard > 0
    assert report.shortcomings == [f"{report.leaves_unheard} leaves were not told"]


async def test_slow_members_are_told_apart() -> None:
    """Who is thrown out for reading slowly, as was to be seen, would count as a failure."""

    class Impatient(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents)
            if self.told > 20 and len(self.members) == 2:
                await list(self.members)[-1].close(4003, "reads too slowly")

    plan = Plan(connections=1, slow=1, rate=50, duration=1.5, patience=2)
    report = await load(Impatient(), plan)
    assert report.slow_ends == {"closed with 4003 reads too slowly": 1}
    assert (report.slow_present, report.errors, report.failed) == (0, {}, 0)
    assert report.chatted.lost == 0


async def test_each_second_is_told() -> None:
    """Nobody could see when a server began to be slow."""
    report = await load(Room(), Plan(connections=3, rate=50, duration=1.2, patience=5))
    assert sum(moment.sent for moment in report.moments) == report.chatted.sent
    assert sum(moment.deliveries for moment in report.moments) == report.chatted.deliveries
    assert sum(sum(moment.spread) for moment in report.moments) == report.chatted.arrived
