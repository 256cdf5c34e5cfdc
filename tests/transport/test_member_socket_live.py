"""What only Daphne's fast path does: violations, slow members, floods, lost peers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
from typing import TYPE_CHECKING

import pytest

from chat.room.fanout import STEP
from tests.clients import Client, Visitors, no_message, say_last_and_reset
from tests.servers import RunningServer, Way
from wschat_tools.conformance.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    chat_frame,
    chat_text,
    client_frame,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.processes

KIB = 1024
MIB = 1024 * KIB

VIOLATIONS = {
    "unmasked": (client_frame(chat_text("hi"), masked=False), 1002),
    "reserved bit": (client_frame(chat_text("hi"), reserved=4), 1002),
    "reserved opcode": (client_frame(chat_text("hi"), 3), 1002),
    "reserved control opcode": (client_frame(b"", 0xB), 1002),
    "continuation of nothing": (client_frame(chat_text("hi"), CONTINUATION), 1002),
    "text within a fragmented text": (client_frame(b"{", fin=False) + client_frame(b"}"), 1002),
    "fragmented ping": (client_frame(b"", PING, fin=False), 1002),
    "long ping": (client_frame(b"x" * 126, PING), 1002),
    "not UTF-8": (client_frame(b'{"contents":"\xff"}'), 1007),
    "not UTF-8, in fragments": (
        client_frame(b'{"contents":"\xe2', fin=False) + client_frame(b'\x28"}', CONTINUATION),
        1007,
    ),
    "length that is longer than it need be": (
        b"\x81\xfe\x00\x02\0\0\0\0{}",
        1002,
    ),
    "length with the highest bit": (b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0", 1002),
    "announced mebibyte": (b"\x81\xff" + struct.pack("!Q", MIB + 1) + b"\0\0\0\0{", 1009),
    "announced exbibyte": (b"\x81\xff" + struct.pack("!Q", 2**60) + b"\0\0\0\0", 1009),
    "fragments of more than a mebibyte": (
        client_frame(b"x" * (MIB - 10), fin=False) + client_frame(b"x" * 100, CONTINUATION),
        1009,
    ),
}


@pytest.mark.parametrize(("data", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
@pytest.mark.parametrize("before", [b"", chat_frame("before")], ids=["alone", "behind a text"])
async def test_a_violation_of_rfc_6455_is_told_and_closed(
    visitors: Visitors, data: bytes, code: int, before: bytes
) -> None:
    """A broken client would see 1006 and no reason, or be let through."""
    anna, bert = await visitors.join_each(2)
    anna.send_raw(before + data + chat_frame("after"))
    heard, got = await anna.hear_end()
    assert got == code
    assert [message.action for message in heard if message.contents != "before"] == ["error"]
    told = await bert.hear_until(lambda message: message.action == "disconnect")
    assert [message.contents for message in told] == (["before"] if before else []) + [anna.id]
    assert await no_message(bert, bert) == []


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xed", b"\x03\xe8\xff"])
async def test_a_broken_close_frame_is_told_and_closed(visitors: Visitors, payload: bytes) -> None:
    """A broken client would stay as a ghost, or not learn what it does wrong."""
    anna, bert = await visitors.join_each(2)
    anna.send_frame(payload, CLOSE)
    heard, code = await anna.hear_end()
    assert [message.action for message in heard] == ["error"]
    assert code in {None, 1002, 1007}  # Autobahn takes it for the answer to its own close frame
    assert (await bert.hear()).contents == anna.id


async def test_a_message_in_the_segment_of_the_handshake_is_not_lost(visitors: Visitors) -> None:
    """A client that does not wait for the answer would lose its first words."""
    anna = await visitors.join()
    hasty = await visitors.join(first=chat_frame("one") + chat_frame("two") + chat_frame("3")[:4])
    hasty.send_raw(chat_frame("3")[4:])
    hasty.say("four")
    expected = [(hasty.id, text) for text in ("one", "two", "3", "four")]
    assert await hasty.hear_chats(4) == expected
    assert await anna.hear_chats(4) == expected


async def test_a_bad_message_in_the_segment_of_the_handshake(visitors: Visitors) -> None:
    """A client that starts wrong would stay without an answer, or leave a ghost."""
    anna = await visitors.join()
    hasty = await visitors.open(first=client_frame(b"{}") + chat_frame("after"))
    heard, code = await hasty.hear_end()
    assert [message.action for message in heard] in (["error"], ["connect", "error"])
    assert code == 1007
    told = await anna.hear_until(lambda message: message.action == "disconnect")
    assert [message.action for message in told] == ["connect", "disconnect"]


@pytest.mark.parametrize("count", [1, 900])  # all of it fits in a receive window
async def test_last_words_before_a_reset(visitors: Visitors, count: int) -> None:
    """Who says something and is gone would not be heard, or stay in the room as a ghost."""
    anna, bert = await visitors.join_each(2)
    texts = [str(number) for number in range(count)]
    await say_last_and_reset(anna, b"".join(map(chat_frame, texts)), visitors.server)
    told = await bert.hear_until(lambda message: message.action == "disconnect")
    assert [message.contents for message in told] == [*texts, anna.id]


@pytest.mark.parametrize(
    "last",
    [client_frame(b"", PONG), chat_frame("cut off")[:9], chat_frame("x" * 60 * KIB)[: 40 * KIB]],
    ids=["pong", "beginning", "long beginning"],
)
async def test_a_reset_behind_what_nobody_answers(visitors: Visitors, last: bytes) -> None:
    """Who is cut off in the middle of a sentence would stay as a ghost until the ping's time ends.

    What is answered is found out by the answer, which cannot be sent.
    """
    anna, bert = await visitors.join_each(2)
    await say_last_and_reset(anna, last, visitors.server)
    told = await bert.hear_until(lambda message: message.action == "disconnect")
    assert [message.contents for message in told] == [anna.id]


async def test_order_holds_where_the_two_ways_in_mix(visitors: Visitors) -> None:
    """A small message would overtake a long or a fragmented one of the same member."""
    anna = await visitors.join()
    sent: list[str] = []
    for number in range(60):
        text = f"{number} " + "x" * (66000 if number % 9 == 4 else 5)
        text = text[:65000] if len(text) > 65000 else text
        sent.append(text)
        data = chat_text(text)
        if number % 3 == 1:
            anna.send_raw(
                client_frame(data[:5], fin=False)
                + client_frame(b"", PING)
                + client_frame(data[5:], CONTINUATION)
            )
        else:
            anna.send_frame(data)
    assert [contents for _, contents in await anna.hear_chats(len(sent))] == sent


async def test_long_messages_at_the_limit_of_the_fast_path(visitors: Visitors) -> None:
    """Messages around the length where the other parser takes over would be lost or swapped."""
    anna = await visitors.join()
    texts = ["x" * (size - len(chat_text(""))) for size in (125, 126, 127, 65534, 65535, 65536)]
    anna.send_raw(b"".join(map(chat_frame, texts)))
    assert [contents for _, contents in await anna.hear_chats(len(texts))] == texts


@pytest.fixture(scope="module")
def small_server() -> Iterator[RunningServer]:
    """Run a server that gives up on slow members soon."""
    env = {"WSCHAT_BACKLOG_BYTES": str(512 * KIB), "WSCHAT_STALL_SECONDS": "1"}
    with RunningServer(Way.SERVE, env=env) as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture
async def few(small_server: RunningServer) -> AsyncIterator[Visitors]:
    """Visitors to the server that gives up on slow members soon."""
    async with Visitors(small_server) as visitors:
        yield visitors


async def _talk_until_gone(talker: Client, witness: Client, sleeper: Client, size: int) -> None:
    """Have `talker` go on, one echo at a time, until both have heard that `sleeper` left."""
    unaware = {talker, witness}
    said = 0
    while unaware:
        assert said * size < 64 * MIB, "nobody gave up on it"
        talker.say(f"{said} " + "x" * size)
        for client in (talker, witness):
            while (message := await client.hear()).action == "disconnect":
                assert message.contents == sleeper.id
                unaware.remove(client)
            assert message.contents.startswith(f"{said} ")
        said += 1


async def test_a_member_that_never_reads_is_gone_and_others_go_on(few: Visitors) -> None:
    """One client that hangs would fill the server's memory, or stop the room."""
    talker, witness = await few.join_each(2)
    sleeper = await few.join(receive_buffer=4096)
    await talker.hear()
    await witness.hear()
    sleeper.stop_reading()
    before = few.server.resident_bytes
    await _talk_until_gone(talker, witness, sleeper, 30 * KIB)
    assert few.server.resident_bytes - before < 40 * MIB
    assert await no_message(witness, talker) == []
    sleeper.start_reading()
    try:
        heard, code = await sleeper.hear_end()
    except AssertionError:
        raise AssertionError("what a slow member gets before the close is not whole") from None
    numbers = [int(message.contents.split()[0]) for message in heard if message.action == "chat"]
    assert numbers == list(range(len(numbers))), "something was skipped in silence"
    assert code in {4003, None}


async def test_a_member_that_reads_late_gets_the_code_for_it(few: Visitors) -> None:
    """A slow client could not tell that it is too slow, and that it may come back."""
    talker, witness = await few.join_each(2)
    sleeper = await few.join(receive_buffer=4096)
    await talker.hear()
    await witness.hear()
    sleeper.stop_reading()
    await _talk_until_gone(talker, witness, sleeper, 30 * KIB)
    sleeper.start_reading()
    _, code = await sleeper.hear_end()
    assert code == 4003


@pytest.fixture(scope="module")
def roomy_server() -> Iterator[RunningServer]:
    """Run a server that lets much wait for a member, but not for long."""
    env = {"WSCHAT_BACKLOG_BYTES": str(64 * MIB), "WSCHAT_STALL_SECONDS": "2"}
    with RunningServer(Way.SERVE, env=env) as server:
        yield server
        assert "Traceback" not in server.log, server.log


async def _fall_behind(talker: Client, sleeper: Client) -> None:
    """Have `talker` say more than the system's buffers hold while `sleeper` does not read."""
    sleeper.stop_reading()
    for number in range(200):
        talker.say(f"{number} " + "x" * 50 * KIB)
        assert (await talker.hear()).action == "chat"


async def test_a_member_that_stalls_in_a_quiet_room_is_gone(roomy_server: RunningServer) -> None:
    """A client that hangs would stay for ever where little is said."""
    async with Visitors(roomy_server) as visitors:
        talker = await visitors.join()
        sleeper = await visitors.join(receive_buffer=4096)
        await talker.hear()
        await _fall_behind(talker, sleeper)
        goodbye = await talker.hear(8)
        assert (goodbye.action, goodbye.contents) == ("disconnect", sleeper.id)
        assert await no_message(talker, talker) == []
        sleeper.start_reading()
        assert (await sleeper.hear_end())[1] in {4003, None}


async def test_a_member_that_reads_slowly_but_steadily_stays(few: Visitors) -> None:
    """Somebody on a slow line would be thrown out though it keeps up."""
    anna = await few.join()
    slow = await few.join(receive_buffer=16 * KIB)
    await anna.hear()
    for number in range(40):
        anna.say(f"{number} " + "x" * 8 * KIB)
    got: list[str] = []
    for _ in range(40):
        got += [contents.split()[0] for _, contents in await slow.hear_chats(1)]
        await asyncio.sleep(0.05)
    assert got == [str(number) for number in range(40)]
    await anna.hear_chats(40)
    assert await no_message(anna, anna) == []


@pytest.mark.parametrize("size", [10, 60 * KIB], ids=["small", "60 KiB"])
@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN])
async def test_floods_from_all_lose_nothing(way: Way, size: int) -> None:
    """Many who talk at once would lose messages, or be thrown out though they read."""
    each = 400 if size < KIB else 12
    # A backlog for a machine under load, where one client of this process may lag behind the rest.
    env = {"WSCHAT_OUTBOX_BYTES": str(64 * KIB), "WSCHAT_BACKLOG_BYTES": str(8 * MIB)}
    with RunningServer(way, env=env) as server:
        async with Visitors(server) as visitors:
            members = await visitors.join_each(20)

            async def flood(client: Client) -> None:
                padding = "x" * size
                for number in range(each):
                    client.say(f"{number} {padding}")
                    await client.drain()

            async def listen(client: Client) -> list[tuple[str, int]]:
                log: list[tuple[str, int]] = []
                while len(log) < 20 * each:
                    message = await client.hear(30)
                    assert message.action == "chat", message
                    log.append((message.sender, int(message.contents.split()[0])))
                return log

            async with asyncio.TaskGroup() as group:
                logs = [group.create_task(listen(client)) for client in members]
                for client in members:
                    group.create_task(flood(client))
            log = logs[0].result()
            assert all(other.result() == log for other in logs)
            for client in members:
                assert [number for sender, number in log if sender == client.id] == list(
                    range(each)
                )
        assert "Traceback" not in server.log, server.log


async def test_what_waits_in_the_system_is_what_was_said(roomy_server: RunningServer) -> None:
    """Large batches lie in the system once for all: a slow member could get others' later ones."""
    async with Visitors(roomy_server) as visitors:
        talker = await visitors.join()
        slow = await visitors.join(receive_buffer=4096)
        quick = await visitors.join()
        await talker.hear_until(lambda message: message.contents == quick.id)
        slow.stop_reading()
        texts = [chr(65 + number) * (20 + number) * KIB for number in range(26)]
        for text in texts:
            talker.say(text)
            assert await quick.hear_chats(1) == [(talker.id, text)]
        slow.start_reading()
        for client in (slow, talker):
            assert await client.hear_chats(len(texts)) == [(talker.id, text) for text in texts]


async def test_a_burst_of_long_messages_from_many_throws_nobody_out(visitors: Visitors) -> None:
    """A moment in which many say much would cost those who read their connections."""
    members = [await visitors.join() for _ in range(80)]

    async def listen(client: Client) -> int:
        return len(await client.hear_chats(160))

    async with asyncio.TaskGroup() as group:
        heard = [group.create_task(listen(client)) for client in members]
        for client in members:
            client.send_raw(chat_frame("x" * 60 * KIB) * 2)
    assert {task.result() for task in heard} == {160}


async def _trickle(client: Client) -> None:
    """Read 20 kB a second until the server ends the connection."""
    client.stop_reading()
    with contextlib.suppress(ConnectionError):
        while True:
            with contextlib.suppress(BlockingIOError):
                if not os.read(client.socket.fileno(), 2000):
                    return
            await asyncio.sleep(0.1)


async def test_most_members_reading_slowly_do_not_stop_the_room(visitors: Visitors) -> None:
    """A few clients that read just enough would silence the room for as long as they like."""
    talker, witness = await visitors.join_each(2)
    slow = [await visitors.join(receive_buffer=4096) for _ in range(5)]
    unaware = {client: {each.id for each in slow} for client in (talker, witness)}
    async with asyncio.TaskGroup() as group:
        for client in slow:
            group.create_task(_trickle(client))
        while any(unaware.values()):
            talker.say("x" * 60 * KIB)
            for client, left in unaware.items():
                while (message := await client.hear()).action != "chat":
                    if message.action == "disconnect":
                        left.remove(message.contents)


async def test_a_violation_behind_a_flood_is_still_answered(few: Visitors) -> None:
    """A member whose reading is paused when it errs would stay for ever without a close."""
    anna, bert = await few.join_each(2)
    bert_hears = asyncio.create_task(
        bert.hear_until(lambda message: message.action == "disconnect")
    )
    anna.send_raw(chat_frame("x" * 100) * 20000 + client_frame(b"", reserved=4))
    heard, code = await anna.hear_end()
    assert code == 1002
    assert heard[-1].action == "error"
    told = await bert_hears
    assert len(told) == 20001


@pytest.fixture(scope="module")
def pinging_server() -> Iterator[RunningServer]:
    """Run a server that pings every second."""
    options = ["--ping-interval", "1", "--ping-timeout", "1"]
    with RunningServer(Way.DAPHNE, options=options) as server:
        yield server
        assert "Traceback" not in server.log, server.log


class Proxy:
    """Passes bytes on between a client and a server, until it is told to keep them all."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._writers: list[asyncio.StreamWriter] = []
        self._is_dead = False

    async def __aenter__(self) -> int:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.tasks: set[asyncio.Task[None]] = set()
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()

    def die(self) -> None:
        """Pass on nothing more, in neither direction, as a pulled cable."""
        self._is_dead = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        self._writers += [writer, other_writer]
        for one, other in ((reader, other_writer), (other_reader, writer)):
            self.tasks.add(asyncio.create_task(self._pass_on(one, other)))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(KIB):
            if not self._is_dead:
                writer.write(data)


class _ProxiedServer:
    """Looks like the server to a client, but leads through the proxy."""

    def __init__(self, server: RunningServer, port: int) -> None:
        self.host = server.host
        self.tls = None
        self.port = port
        self.url = f"http://{self.host}:{port}/"


@pytest.mark.alone
async def test_a_peer_that_vanished_is_noticed(pinging_server: RunningServer) -> None:
    """The room would hold a ghost after a pulled cable or a lost network."""
    proxy = Proxy(pinging_server)
    async with Visitors(pinging_server) as visitors, proxy as port:
        witness = await visitors.join()
        lost = await Client.open(_ProxiedServer(pinging_server, port))  # type: ignore[arg-type]
        await lost.hear_own_connect()
        assert (await witness.hear()).contents == lost.id
        proxy.die()
        goodbye = await witness.hear(10)
        assert (goodbye.action, goodbye.contents) == ("disconnect", lost.id)
        assert await no_message(witness, witness) == []
        await lost.aclose()


@pytest.mark.alone
async def test_whoever_answers_pings_stays(pinging_server: RunningServer) -> None:
    """A member that only listens would be thrown out, or one that sends all the time."""
    async with Visitors(pinging_server) as visitors:
        listener, talker = await visitors.join_each(2)
        deadline = asyncio.get_running_loop().time() + 4
        while asyncio.get_running_loop().time() < deadline:
            talker.say("hello")
            assert (await listener.hear()).action == "chat"
            assert (await talker.hear()).action == "chat"
            await asyncio.sleep(0.05)


async def test_a_pong_that_nobody_asked_for_is_ignored(visitors: Visitors) -> None:
    """Clients that keep a line open by pongs (RFC 6455 section 5.5.3) would be cut off."""
    anna = await visitors.join()
    anna.send_frame(b"heartbeat", PONG)
    anna.say("hi")
    assert await anna.hear_chats(1) == [(anna.id, "hi")]


async def test_a_client_that_does_not_answer_the_close_is_cut_off(visitors: Visitors) -> None:
    """A client that errs and hangs would keep its socket for ever."""
    anna = await visitors.join()
    anna.send_frame(b"{}")
    heard, code = await anna.hear_end()
    assert (heard[0].action, code) == ("error", 1007)
    assert await anna.is_eof(8)


async def test_a_client_that_closes_and_reads_nothing_is_gone_at_once(
    roomy_server: RunningServer,
) -> None:
    """A client that leaves while data waits for it would stay in the room as a ghost."""
    async with Visitors(roomy_server) as visitors:
        talker = await visitors.join()
        sleeper = await visitors.join(receive_buffer=4096)
        await talker.hear()
        await _fall_behind(talker, sleeper)
        sleeper.send_close()
        goodbye = await talker.hear(1)
        assert (goodbye.action, goodbye.contents) == ("disconnect", sleeper.id)


async def test_a_member_is_heard_while_much_waits_for_it(roomy_server: RunningServer) -> None:
    """Somebody on a slow line could not speak, nor leave, until all was read."""
    async with Visitors(roomy_server) as visitors:
        talker = await visitors.join()
        sleeper = await visitors.join(receive_buffer=4096)
        await talker.hear()
        await _fall_behind(talker, sleeper)
        sleeper.say("still here")
        heard = await talker.hear(1)
        assert (heard.sender, heard.contents) == (sleeper.id, "still here")


async def test_plain_daphne_says_that_it_stops() -> None:
    """Members would see a lost connection, and not that the server will be back."""
    with RunningServer(Way.DAPHNE) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            await asyncio.sleep(1.5)  # Daphne stumbles over a handshake of the last second
            server.send_signal(signal.SIGTERM)
            assert (await anna.hear_end())[1] == 1012
        assert "Traceback" not in server.log, server.log


async def test_the_socket_is_closed_and_forgotten(visitors: Visitors) -> None:
    """A server that runs for days would run out of file descriptors."""
    anna = await visitors.join()
    descriptors = _descriptors(visitors.server)
    for _ in range(20):
        client = await visitors.join()
        client.send_close()
        await client.hear_end()
        assert await client.is_eof()
    await anna.hear_until(lambda message: message.contents == client.id)
    for _ in range(100):
        if _descriptors(visitors.server) <= descriptors:
            break
        await asyncio.sleep(STEP * 4)
    assert _descriptors(visitors.server) <= descriptors


def _descriptors(server: RunningServer) -> int:
    from pathlib import Path  # noqa: PLC0415

    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
