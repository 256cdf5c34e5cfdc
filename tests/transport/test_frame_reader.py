from __future__ import annotations

import pytest

from chat.transport import frame_reader
from chat.transport.frame_reader import MOST_ASSEMBLED, MOST_FRAMES
from tests.transport.reading import CLOSE, MESSAGE, PING, Reading
from wschat_tools.conformance import frames
from wschat_tools.conformance.frames import BINARY, CONTINUATION, PONG, client_frame, close_frame

LONG = "é" * 40_000  # 80 kB: more than the reader reads in place
VALID_CODES = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]


def ping(payload: bytes = b"") -> bytes:
    return client_frame(payload, frames.PING)


def fragments(*pieces: bytes) -> bytes:
    """Return a text message in that many frames."""
    first, *rest = pieces
    data = client_frame(first, fin=not rest)
    for number, piece in enumerate(rest, 1):
        data += client_frame(piece, CONTINUATION, fin=number == len(rest))
    return data


def test_small_texts_are_read_without_a_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message would cost ten times the processor time, and the server carry fewer members."""
    monkeypatch.delattr(frame_reader, "FrameProtocol")
    reading = Reading()
    assert reading.take(client_frame(b"one") + client_frame("é".encode() * 1000))
    assert reading.calls == [(MESSAGE, "one"), (MESSAGE, "é" * 1000)]


def test_a_text_that_comes_in_pieces_is_delivered_once_whole() -> None:
    """A message in two TCP segments would be lost, doubled or cut."""
    data = client_frame(b"one") + client_frame(b"two" * 100)
    for cut in range(1, len(data)):
        reading = Reading()
        is_whole = cut == len(client_frame(b"one"))
        assert reading.take(data[:cut]) == is_whole, "what is cut off may be the last that comes"
        assert reading.take(data[cut:])
        assert reading.calls == [(MESSAGE, "one"), (MESSAGE, "two" * 100)]


@pytest.mark.parametrize(
    "data",
    [ping(), client_frame(b"", PONG), fragments(b"a", b"b")],
    ids=["ping", "pong", "fragments"],
)
def test_says_when_a_read_held_anything_but_small_texts(data: bytes) -> None:
    """A member that vanished behind a ping would stay in the room: nobody would read again."""
    assert not Reading().take(data)
    assert not Reading().take(client_frame(b"one"), client_frame(b"two") + data)


def test_a_message_in_fragments_is_put_together() -> None:
    """Clients that send messages in fragments could not chat."""
    reading = Reading()
    reading.take(fragments(b"a", b"", "é".encode()[:1], "é".encode()[1:], b"z"))
    assert reading.calls == [(MESSAGE, "aéz")]


def test_an_empty_message_in_fragments_is_a_message() -> None:
    """The sender of an empty message would not be told that it is a bad one."""
    reading = Reading()
    reading.take(fragments(b"", b""))
    assert reading.calls == [(MESSAGE, "")]


def test_control_frames_between_fragments_are_handled_at_once() -> None:
    """A ping in the middle of a long message would go unanswered, or break the message."""
    reading = Reading()
    first, rest = client_frame(b"a", fin=False), client_frame(b"b", CONTINUATION)
    reading.take(first + ping(b"now") + client_frame(b"", PONG))
    assert reading.calls == [(PING, b"now")]
    reading.take(rest)
    assert reading.calls == [(PING, b"now"), (MESSAGE, "ab")]


def test_nothing_overtakes_a_message_that_is_under_way() -> None:
    """A short message would appear before a long one that was sent first."""
    reading = Reading()
    long = client_frame(LONG.encode())
    reading.take(long[:100])
    reading.take(long[100:] + client_frame(b"small") + fragments(b"a", b"b") + client_frame(b"c"))
    assert reading.messages == [LONG, "small", "ab", "c"]


@pytest.mark.parametrize(
    "data",
    [
        ping(b"x"),
        client_frame(b"x", PONG),
        client_frame(LONG.encode()),
        fragments(b"a", b"b"),
        client_frame(b"a", BINARY),
        client_frame(b"a", BINARY, fin=False) + client_frame(b"b", CONTINUATION),
    ],
    ids=["ping", "pong", "long text", "fragments", "binary", "binary in fragments"],
)
def test_an_idle_reader_keeps_no_parser(data: bytes) -> None:
    """Each idle member would cost kilobytes, and the server hold fewer of them."""
    reading = Reading()
    reading.take(data[:1])
    assert not reading.keeps_parser
    reading.take(data[1:])
    assert not reading.keeps_parser
    assert reading.take(client_frame(b"back in place"))
    assert reading.messages[-1] == "back in place"


def test_pongs_need_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle members, which send nothing but pongs, would cost twice the processor time."""
    monkeypatch.delattr(frame_reader, "FrameProtocol")
    reading = Reading()
    for payload in (b"", b"x" * 125):
        reading.take_bytewise(client_frame(payload, PONG))
        reading.take(client_frame(payload, PONG))
    assert reading.calls == []


@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))])
def test_pings_are_handed_on_with_their_payload(payload: bytes) -> None:
    """A client that compares the pong with its ping would close the connection."""
    reading = Reading()
    reading.take_bytewise(ping(payload))
    reading.take(ping(payload))
    assert reading.calls == [(PING, payload)] * 2


@pytest.mark.parametrize("code", VALID_CODES)
@pytest.mark.parametrize("reason", [b"", "tschüß".encode(), b"x" * 123], ids=["-", "short", "long"])
def test_close_codes_of_the_registry_are_valid(code: int, reason: bytes) -> None:
    """A client that leaves with a valid code would be told that it broke the protocol."""
    reading = Reading()
    reading.take_bytewise(close_frame(code, reason))
    assert reading.calls == [(CLOSE, code)]


def test_a_close_frame_without_a_code() -> None:
    """Browsers close without a code: each tab that is closed would count as a violation."""
    reading = Reading()
    reading.take(client_frame(b"", frames.CLOSE))
    assert reading.calls == [(CLOSE, 1005)]


@pytest.mark.parametrize("code", [1000, 1014])
def test_a_close_frame_in_the_middle_of_a_message(code: int) -> None:
    """A client that gives up in the middle of a message would not be answered."""
    reading = Reading()
    reading.take(client_frame(b"half", fin=False) + close_frame(code))
    assert reading.calls == [(CLOSE, code)]


@pytest.mark.parametrize("code", [1000, 1014])
def test_nothing_is_delivered_behind_a_close_frame(code: int) -> None:
    """Messages of a member that has left would still appear in the room."""
    reading = Reading()
    reading.take(close_frame(code) + client_frame(b"late") + ping() + close_frame(1001))
    reading.take(client_frame(b"later"))
    reading.take(ping() + close_frame(1001) + b"\xff" * 20)
    assert reading.calls == [(CLOSE, code)]
    assert reading.reader.is_done


def test_the_longest_message_is_taken() -> None:
    """A message of exactly the allowed size would be refused."""
    text = "x" * MOST_ASSEMBLED
    for data in (client_frame(text.encode()), fragments(text[:-9].encode(), text[-9:].encode())):
        reading = Reading()
        reading.take(data)
        assert reading.messages == [text]


def test_a_message_in_as_many_frames_as_may_be() -> None:
    """A message in exactly the allowed number of frames would be refused."""
    reading = Reading()
    reading.take(fragments(*[b"x"] * MOST_FRAMES))
    assert reading.calls == [(MESSAGE, "x" * MOST_FRAMES)]


@pytest.mark.parametrize("size", [0, 5, 200, 70_000])
def test_a_binary_message_is_reported_without_its_contents(size: int) -> None:
    """A client that sends binary would not be told that only text is taken."""
    reading = Reading()
    reading.take(client_frame(bytes(size), BINARY) + client_frame(b"text"))
    assert reading.calls == [(MESSAGE, None), (MESSAGE, "text")]


def test_a_binary_message_is_reported_once_however_it_comes() -> None:
    """One message would use up the pace of many, and keep its sender waiting for minutes."""
    pieces = Reading()
    data = client_frame(bytes(70_000), BINARY)
    pieces.take(data[:1000], data[1000:2000], data[2000:])
    fragmented = Reading()
    first, last = client_frame(b"a", BINARY, fin=False), client_frame(b"b", CONTINUATION)
    fragmented.take(first, last)
    assert (pieces.calls, fragmented.calls) == ([(MESSAGE, None)], [(MESSAGE, None)])
