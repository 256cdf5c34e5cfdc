from __future__ import annotations

from chat.ops.said import OVERHEAD, Said
from chat.protocol.frames import frame
from chat.protocol.messages import SYSTEM, Action, encode


def batch(*texts: str) -> bytes:
    return b"".join(frame(encode("m", Action.CHAT, text)) for text in texts)


def test_the_first_rows_stay_until_they_are_done() -> None:
    """What a locked database did not take would be missing from the log."""
    said = Said()
    said.put(batch("a", "b"), 2)
    said.put(batch("c"), 1)
    assert [row.contents for row in said.first(2)] == ["a", "b"]
    assert [row.contents for row in said.first(2)] == ["a", "b"]
    said.done(2)
    assert [row.contents for row in said.first(2)] == ["c"]
    said.done(1)
    assert said.first(2) == []
    assert (said.rows, said.size) == (0, 0)


def test_counts_bytes_until_all_of_a_batch_is_done() -> None:
    """The bound of the memory would be one of rows, which are of any size."""
    said = Said()
    frames = batch("a", "b" * 1000)
    said.put(frames, 2)
    said.first(1)
    said.done(1)
    assert said.size == len(frames) + OVERHEAD
    said.first(1)
    said.done(1)
    assert said.size == 0


def test_what_is_no_chat_does_not_wait() -> None:
    """The queue would never be empty again after the first join."""
    said = Said()
    said.put(frame(encode(SYSTEM, Action.CONNECT, "m")) + batch("a"), 2)
    said.done(len(said.first(10)))
    assert said.rows == 0


def test_batches_are_taken_apart_when_their_turn_has_come() -> None:
    """What waits would take up several times as much memory, or be counted for ever."""
    said = Said()
    for text in "abc":
        said.put(batch(text), 1)
    assert len(said.first(2)) == 2
    assert len(said._batches) == 1
    said.done(2)
    assert said.size == len(batch("c")) + OVERHEAD
