"""The room, its page and its admin over TLS: what only the way over TLS does."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import signal
import socket
import ssl
from typing import TYPE_CHECKING, Final

import pytest

from tests.certificates import issue
from tests.clients import Visitors, no_message, say_last_and_reset
from tests.servers import RunningServer, Way
from wschat_tools.conformance import CHECKS, Runner, Status
from wschat_tools.conformance.frames import chat_frame
from wschat_tools.conformance.handshake import Handshake
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.certificates import Issued

pytestmark = pytest.mark.processes

KIB: Final = 1024
MIB: Final = 1024 * KIB
LEAVING: Final = ("chat-reaches-all", "leave-by-fin", "leave-by-reset", "storm", "fragments")
SMALL: Final = {"WSCHAT_BACKLOG_BYTES": str(512 * KIB), "WSCHAT_STALL_SECONDS": "1"}


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Return a certificate for 127.0.0.1."""
    return issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", params=[Way.SERVE, Way.DAPHNE])
def tls_server(request: pytest.FixtureRequest, issued: Issued) -> Iterator[RunningServer]:
    """Run a server that speaks TLS: by the settings, or by plain Daphne's own means."""
    env = SMALL if request.param == Way.SERVE else {**SMALL, "WSCHAT_HTTPS": "1"}
    with RunningServer(request.param, env=env, issued=issued) as server:
        yield server
        assert "Traceback" not in server.log, server.log


async def test_the_checks_of_the_family_pass(tls_server: RunningServer, issued: Issued) -> None:
    """A client that works with `ws://` would not with `wss://`."""
    address = parse_address(tls_server.socket_url, ca=issued.certificate)
    names = CHECKS if tls_server.way == Way.SERVE else LEAVING
    outcomes = await Runner(address, 5).run([CHECKS[name] for name in names])
    bad = [each for each in outcomes if each.status not in {Status.PASS, Status.SKIPPED}]
    assert bad == []


async def test_a_message_in_the_segment_of_the_handshake(tls_server: RunningServer) -> None:
    """A client that does not wait for the answer would lose its first words."""
    async with Visitors(tls_server) as visitors:
        anna = await visitors.join()
        hasty = await visitors.join(first=chat_frame("one") + chat_frame("two"))
        expected = [(hasty.id, "one"), (hasty.id, "two")]
        assert await hasty.hear_chats(2) == expected
        assert await anna.hear_chats(2) == expected


async def test_long_and_short_ones_in_order(tls_server: RunningServer) -> None:
    """What does not fit into one record would be lost, doubled or swapped."""
    async with Visitors(tls_server) as visitors:
        anna, bert = await visitors.join_each(2)
        texts = [f"{number} " + "x" * (number % 5 * 15 * KIB) for number in range(60)]
        for text in texts:
            anna.say(text)
        for client in (anna, bert):
            assert [contents for _, contents in await client.hear_chats(60)] == texts


async def test_a_member_that_never_reads_is_gone(tls_server: RunningServer) -> None:
    """What waits for one client that hangs would fill the memory, past every bound."""
    async with Visitors(tls_server) as visitors:
        talker = await visitors.join()
        sleeper = await visitors.join(receive_buffer=4096)
        await talker.hear()
        sleeper.stop_reading()
        before = tls_server.resident_bytes
        for number in range(2000):
            talker.say(f"{number} " + "x" * 30 * KIB)
            if (await talker.hear()).action == "disconnect":
                break
        else:
            raise AssertionError("nobody gave up on it")
        assert tls_server.resident_bytes - before < 40 * MIB
        sleeper.start_reading()
        heard, code = await sleeper.hear_end()
        numbers = [
            int(message.contents.split()[0]) for message in heard if message.action == "chat"
        ]
        assert numbers == list(range(len(numbers))), "something was skipped in silence"
        assert code in {4003, None}


@pytest.mark.parametrize("end", ["reset", "close"])
async def test_who_is_gone_leaves(tls_server: RunningServer, end: str) -> None:
    """A tab that is closed, or a cable that is pulled, would leave a ghost in the room."""
    async with Visitors(tls_server) as visitors:
        anna, bert = await visitors.join_each(2)
        bert.say("last words")
        await bert.drain()
        if end == "reset":
            assert await anna.hear_chats(1)
            bert.reset()
        else:
            await bert.aclose()
        told = await anna.hear_until(lambda message: message.action == "disconnect")
        assert told[-1].contents == bert.id


async def test_the_end_in_one_segment_with_the_last_words(tls_server: RunningServer) -> None:
    """Who says goodbye in TLS and leaves the socket open would stay until the ping's time ends."""
    assert tls_server.tls is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = tls_server.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    async with Visitors(tls_server) as visitors:
        anna = await visitors.join()
        reader, writer = await asyncio.open_connection(tls_server.host, tls_server.port)

        async def finish(step: Callable[[], object]) -> None:
            while True:
                try:
                    step()
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    incoming.write(await reader.read(KIB))
                else:
                    return

        await finish(tls.do_handshake)
        tls.write(Handshake(parse_address(tls_server.socket_url), None, {}).request)
        writer.write(outgoing.read())
        left = (await anna.hear()).contents
        tls.write(chat_frame("last words"))
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.unwrap()
        writer.write(outgoing.read())
        assert await anna.hear_chats(1) == [(left, "last words")]
        told = await anna.hear()
        assert (told.action, told.contents) == ("disconnect", left)
        writer.close()


@pytest.mark.parametrize(
    "last", [chat_frame("cut off")[:9], chat_frame("x" * 60 * KIB)[: 40 * KIB]]
)
async def test_a_reset_behind_what_nobody_answers(tls_server: RunningServer, last: bytes) -> None:
    """Who is cut off in the middle of a sentence would stay as a ghost until the ping's time ends.

    A record that is longer than one read holds nothing for the room until its end has come.
    """
    async with Visitors(tls_server) as visitors:
        anna, bert = await visitors.join_each(2)
        await say_last_and_reset(anna, last, tls_server)
        told = await bert.hear_until(lambda message: message.action == "disconnect")
        assert [message.contents for message in told] == [anna.id]


@pytest.mark.parametrize("way", [Way.SERVE, Way.DAPHNE])
async def test_who_is_gone_leaves_however_much_is_unread(issued: Issued, way: Way) -> None:
    """A dead client would hold its place for as long as its pace lets it speak."""
    with RunningServer(way, env={"WSCHAT_RATE": "1"}, issued=issued) as server:
        async with Visitors(server) as visitors:
            anna, bert = await visitors.join_each(2)
            bert.send_raw(chat_frame("x" * 100) * 3000)
            await bert.drain()
            bert.reset()
            told = await anna.hear_until(lambda message: message.action == "disconnect")
            assert told[-1].contents == bert.id
        assert "Traceback" not in server.log


def ask(server: RunningServer, method: str, path: str) -> tuple[int, http.client.HTTPMessage]:
    """Return the status of an answer, and its headers."""
    assert server.tls is not None
    connection = http.client.HTTPSConnection(server.host, server.port, context=server.tls)
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers


def test_pages_know_that_they_came_by_https(tls_server: RunningServer) -> None:
    """Cookies would go over plain lines, and the page would open a socket without TLS."""
    status, headers = ask(tls_server, "GET", "/")
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert f"wss://127.0.0.1:{tls_server.port}" in headers["Content-Security-Policy"]
    status, headers = ask(tls_server, "GET", "/admin/login/")
    assert status == 200
    assert "Secure" in headers["Set-Cookie"]
    assert ask(tls_server, "GET", "/readyz")[0] == 200


def test_a_browser_that_asks_without_tls(tls_server: RunningServer) -> None:
    """Somebody who forgets the s would see a line that is dead, and no word why."""
    address = (tls_server.host, tls_server.port)
    with socket.create_connection(address, 5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n")
        answer = plain.makefile("rb").read()
    if tls_server.way == Way.SERVE:
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.endswith(b"this port speaks TLS: ask it by https:// or wss://\n")


def test_an_answer_ends_with_a_goodbye(tls_server: RunningServer) -> None:
    """A client that takes an end without one for a cut line (curl) would report an error."""
    assert tls_server.tls is not None
    address = (tls_server.host, tls_server.port)
    with (
        socket.create_connection(address, 5) as plain,
        tls_server.tls.wrap_socket(
            plain, server_hostname="localhost", suppress_ragged_eofs=False
        ) as opened,
    ):
        opened.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := opened.recv(64 * KIB):
            answer += data
    assert b'{"live": true}' in answer


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(tls_server: RunningServer, version: ssl.TLSVersion) -> None:
    """Who listens on the line could have both sides speak a broken version of TLS."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = version
    address = (tls_server.host, tls_server.port)
    with socket.create_connection(address, 5) as plain, pytest.raises(OSError, match=r"SSL|reset"):
        old.wrap_socket(plain)


async def test_the_development_server_too(issued: Issued) -> None:
    """What depends on https could not be tried while it is made."""
    with RunningServer(Way.RUNSERVER, issued=issued) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            anna.say("hi")
            assert await anna.hear_chats(1) == [(anna.id, "hi")]


@pytest.mark.parametrize("way", [Way.SERVE, Way.DAPHNE])
async def test_sockets_of_one_address_are_counted_before_any_handshake(
    issued: Issued, way: Way
) -> None:
    """Connections that never shake hands would be past the limit of an address."""
    with (
        RunningServer(way, env={"WSCHAT_MAX_PER_ADDRESS": "1"}, issued=issued) as server,
        contextlib.ExitStack() as opened,
    ):
        for _ in range(33):
            opened.enter_context(socket.create_connection((server.host, server.port), 5))
        for _ in range(5):
            with (
                contextlib.suppress(ConnectionResetError),
                socket.create_connection((server.host, server.port), 5) as refused,
            ):
                assert refused.recv(1) == b""
        assert "Traceback" not in server.log


def seen_by(server: RunningServer) -> bytes:
    """Return the certificate that a new connection is shown."""
    return ssl.get_server_certificate((server.host, server.port)).encode()


async def test_a_new_certificate_without_a_restart(tmp_path: Path) -> None:
    """Everybody would be thrown out for a renewal, or refused because nobody restarted."""
    first = issue(tmp_path / "live")
    old = first.certificate.read_bytes()
    with RunningServer(issued=first) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            new = issue(tmp_path / "new")
            new.certificate.replace(first.certificate)  # half of a renewal
            server.send_signal(signal.SIGHUP)
            why = "the certificate stays as it is: WSCHAT_TLS_KEY:"
            await until(lambda: why in server.log)
            assert await asyncio.to_thread(seen_by, server) == old
            new.key.replace(first.key)
            server.send_signal(signal.SIGHUP)
            await until(lambda: server.log.count("certificate valid until") == 2)
            assert await asyncio.to_thread(seen_by, server) == first.certificate.read_bytes()
            server.tls = first.trust
            bert = await visitors.join()
            assert (await anna.hear()).contents == bert.id
            assert await no_message(bert, anna) == []
        assert server.stop() == 0
        assert "Traceback" not in server.log


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.01)
