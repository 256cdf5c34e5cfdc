from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Close
from wsproto.frame_protocol import FrameProtocol, ParseFailed

from chat.protocol import frames as ours
from chat.protocol.frames import (
    close_frame,
    count_from,
    frame,
    frame_size,
    payloads,
    take_texts,
    whole_frames,
)
from wschat_tools.conformance.frames import BINARY, CLOSE, CONTINUATION, PING, TEXT, client_frame

SIZES = [0, 1, 4, 5, 125, 126, 127, 65535, 65536, 70000]
MASKS = st.binary(min_size=4, max_size=4)


@pytest.mark.parametrize("size", SIZES)
def test_frames_what_any_client_can_read(size: int) -> None:
    """Clients would fail on messages of some lengths."""
    payload = b"x" * size
    reader = FrameProtocol(client=True, extensions=[])
    reader.receive_bytes(frame(payload))
    assert _joined(reader) == payload
    reader.receive_bytes(b"\x81\x02ok")
    assert [part.payload for part in reader.received_frames()] == ["ok"]


@pytest.mark.parametrize(
    ("first", "opcode"),
    [(ours.TEXT, 1), (ours.BINARY, 2), (ours.CLOSE, 8), (ours.PING, 9), (ours.PONG, 10)],
)
@pytest.mark.parametrize("size", [0, 2, 125])
def test_the_first_byte_says_what_a_frame_is(first: int, opcode: int, size: int) -> None:
    """Pings would show up in the room as messages, and messages go unread."""
    payload = b"\x0f\x7f"[:size] + b"x" * (size - 2)
    reader = FrameProtocol(client=True, extensions=[])
    reader.receive_bytes(frame(payload, first))
    [received] = reader.received_frames()
    assert (received.opcode, received.message_finished) == (opcode, True)
    if first in {ours.BINARY, ours.PING, ours.PONG}:
        assert received.payload == payload


@pytest.mark.parametrize("code", [1000, 1002, 1012, 4003])
@pytest.mark.parametrize("reason", ["", "kicked", "é" * 61])
def test_a_close_frame_says_its_code_and_reason(code: int, reason: str) -> None:
    """Clients would not learn why they were disconnected, or whether to come back."""
    assert Close.parse(_payload(close_frame(code, reason))) == Close(code, reason)


@pytest.mark.parametrize("reason", ["", "not sent"])
def test_a_close_frame_without_a_code_is_empty(reason: str) -> None:
    """A client that closes without a code would get one that nobody may send, and complain."""
    assert close_frame(1005, reason) == b"\x88\x00"


@given(st.text(max_size=200), st.sampled_from([1000, 3000, 4999]))
@example("x" * 124, 1000)
@example("é" * 62, 1000)
@example("x" * 121 + "😀", 1000)
def test_a_long_reason_is_cut_between_characters(reason: str, code: int) -> None:
    """Clients would take the close frame for a violation, and lose its code."""
    payload = _payload(close_frame(code, reason))
    assert len(payload) <= 125
    shown = Close.parse(payload).reason
    assert reason.startswith(shown)
    assert shown == reason or len(payload) > 125 - 4


def _payload(data: bytes) -> bytes:
    """Return the payload of a close frame."""
    assert data[0] == 0x88
    assert data[1] == len(data) - 2
    return data[2:]


@given(st.lists(st.binary(max_size=300) | st.sampled_from(SIZES).map(bytes), max_size=6))
def test_payloads_come_out_as_they_went_in(messages: list[bytes]) -> None:
    """On servers other than Daphne, a batch would be cut in the wrong places."""
    assert list(payloads(b"".join(map(frame, messages)))) == messages


@given(st.lists(st.tuples(st.sampled_from(SIZES), st.booleans()), max_size=12))
def test_counts_from_where_each_begins_to_hear(sizes: list[tuple[int, bool]]) -> None:
    """What newcomers were sent would be counted wrong."""
    frames, starts, expected = b"", set(), 0
    for index, (size, is_start) in enumerate(sizes):
        if is_start:
            starts.add(len(frames))
            expected += len(sizes) - index
        frames += frame(bytes(size))
    assert count_from(frames, starts) == expected


@given(st.lists(st.sampled_from(SIZES), min_size=1, max_size=8), st.integers(0, 200_000))
@example([5], 7)
@example([5, 5], 14)
@example([5, 5, 70000], 14)
def test_as_many_whole_frames_as_fit(sizes: list[int], most: int) -> None:
    """A flush would cut a message in two, hand out more than it may, or nothing at all."""
    frames = [frame(bytes(size)) for size in sizes]
    ends = [len(b"".join(frames[: index + 1])) for index in range(len(frames))]
    expected = max([end for end in ends if end <= most], default=ends[0])
    assert whole_frames(b"".join(frames), most) == expected


@pytest.mark.parametrize(
    "data",
    [b"\x81\xff", b"\x81\x05", b"\x81\x7e", b"\x81\xfe\x00\x05mask", b"\x82\x85"],
    ids=["long", "unmasked", "unmasked, two bytes of length", "short in two bytes", "binary"],
)
def test_what_is_no_text_is_seen_by_its_head(data: bytes) -> None:
    """A client that breaks the rules would be waited for, instead of being disconnected."""
    assert take_texts(data) == ([], 0, False)


def test_the_size_is_told_as_soon_as_it_can_be() -> None:
    """A frame that is there would be waited for."""
    for size, head in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)]:
        for masked in (True, False):
            whole = client_frame(bytes(size), masked=masked)
            assert frame_size(whole[: head - 1]) == 0
            assert frame_size(whole[:head]) == len(whole)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 65535])
def test_takes_texts_of_every_length(size: int) -> None:
    """Messages of some lengths would come out garbled or be left lying."""
    payload = bytes(range(256)) * (size // 256 + 1)
    data = client_frame(payload[:size], mask=b"\xa1\x00\xff\x37")
    assert take_texts(data) == ([payload[:size]], len(data), True)


@pytest.mark.parametrize(
    "data",
    [
        client_frame(b"x", BINARY),
        client_frame(b"x", PING),
        client_frame(b"\x03\xe8", CLOSE),
        client_frame(b"x", fin=False),
        client_frame(b"x", CONTINUATION),
        client_frame(b"x", reserved=4),
        client_frame(b"x", masked=False),
        client_frame(b"x" * 200, masked=False),
        client_frame(b"x" * 65536),
        b"\x81\xfe\x00\x05" + client_frame(b"abcde")[2:],
        b"\x81\xff" + (5).to_bytes(8, "big") + client_frame(b"abcde")[2:],
    ],
    ids=[
        "binary",
        "ping",
        "close",
        "first of many",
        "continuation",
        "reserved bit",
        "unmasked",
        "unmasked, two bytes of length",
        "long",
        "short length in two bytes",
        "short length in eight bytes",
    ],
)
def test_leaves_the_rest_to_the_server_s_parser(data: bytes) -> None:
    """Pings would go unanswered, fragments be lost, violations of RFC 6455 be let through."""
    before = client_frame(b"before")
    assert take_texts(before + data + client_frame(b"after")) == ([b"before"], len(before), False)


@pytest.mark.parametrize("size", [0, 5, 200])
def test_waits_for_the_rest_of_a_text(size: int) -> None:
    """A message that comes in two segments would be lost."""
    whole = client_frame(b"before")
    data = client_frame(b"x" * size)
    for cut in range(len(data)):
        assert take_texts(whole + data[:cut]) == ([b"before"], len(whole), True)


@st.composite
def _sent_by_client(draw: st.DrawFn) -> bytes:
    """Draw frames of all kinds, one after the other, mostly right."""
    frames = draw(
        st.lists(
            st.builds(
                client_frame,
                st.text(max_size=40).map(str.encode)
                | st.sampled_from([b"", b"y" * 125, b"y" * 126, b"y" * 65535, b"y" * 65536]),
                st.sampled_from([TEXT] * 6 + [BINARY, CONTINUATION, PING]),
                fin=st.sampled_from([True, True, True, False]),
                reserved=st.sampled_from([0] * 9 + [4]),
                masked=st.sampled_from([True] * 9 + [False]),
                mask=MASKS,
            ),
            max_size=6,
        )
    )
    return b"".join(frames)


def _whole_texts(data: bytes) -> list[bytes]:
    """Return the texts of less than 64 KiB that `data` begins with, as wsproto reads them."""
    reader = FrameProtocol(client=False, extensions=[])
    texts: list[bytes] = []
    position = 0
    while position < len(data):
        size = _frame_size(data[position:])
        if size is None or data[position] != 0x81:
            break
        try:
            reader.receive_bytes(data[position : position + size])
            payload = _joined(reader)
        except ParseFailed:
            break
        if len(payload) >= 1 << 16:
            break
        texts.append(payload)
        position += size
    return texts


def _joined(reader: FrameProtocol) -> bytes:
    """Return the text that was received, in as many parts as it comes."""
    return "".join(str(part.payload) for part in reader.received_frames()).encode()


def _frame_size(data: bytes) -> int | None:
    """Return how long the first frame is, None if it is not whole."""
    if len(data) < 2:
        return None
    length, size = data[1] & 0x7F, 2
    if length == 126:
        length, size = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, size = int.from_bytes(data[2:10], "big"), 10
    size += length + (4 if data[1] & 0x80 else 0)
    return size if size <= len(data) else None


@given(_sent_by_client(), st.integers(0, 2**20))
@example(client_frame(b"x" * 65535) + client_frame(b"x" * 65536), 2**20)
def test_finds_the_texts_that_another_parser_finds(data: bytes, cut: int) -> None:
    """A client's message would be read as something else than what it sent."""
    data = data[:cut]
    texts, used, may_be_text = take_texts(data)
    assert texts == _whole_texts(data)
    assert used == sum(len(client_frame(text)) for text in texts)
    if used == len(data):
        assert may_be_text


@given(st.lists(st.binary(max_size=130), max_size=5), MASKS, st.data())
def test_finds_the_same_however_the_bytes_are_cut(
    messages: list[bytes], mask: bytes, data: st.DataObject
) -> None:
    """What the network does to a stream would change what is said."""
    stream = b"".join(client_frame(message, mask=mask) for message in messages)
    found: list[bytes] = []
    rest = b""
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        rest, stream = rest + stream[:cut], stream[cut:]
        texts, used, may_be_text = take_texts(rest)
        assert may_be_text
        found += texts
        rest = rest[used:]
    assert (found, rest) == (messages, b"")


@given(st.binary(max_size=400))
def test_takes_any_bytes_without_an_exception(data: bytes) -> None:
    """A client's junk would end its connection without a reason, and fill the log."""
    texts, used, _ = take_texts(data)
    assert 0 <= used <= len(data)
    assert texts == _whole_texts_of(data, used)


def _whole_texts_of(data: bytes, used: int) -> list[bytes]:
    found: list[bytes] = []
    position = 0
    while position < used:
        size = _frame_size(data[position:])
        assert size is not None
        body = data[position : position + size]
        start = 8 if body[1] & 0x7F == 126 else 6
        mask = body[start - 4 : start]
        found.append(bytes(byte ^ mask[index % 4] for index, byte in enumerate(body[start:])))
        position += size
    return found


@given(st.sampled_from(SIZES).map(bytes), st.booleans())
def test_the_size_of_a_frame_is_read_from_its_head(payload: bytes, masked: bool) -> None:
    """A frame would be cut in the wrong place, and what follows taken for something else."""
    whole = client_frame(payload, PING, masked=masked)
    assert frame_size(whole + b"rest") == len(whole)
    heads = [frame_size(whole[:length]) for length in range(11)]
    assert set(heads) <= {0, len(whole)}
    assert heads == sorted(heads)
