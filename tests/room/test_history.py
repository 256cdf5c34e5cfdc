from __future__ import annotations

from chat.protocol.frames import frame, payloads
from chat.protocol.messages import SYSTEM, Action, encode
from chat.room.history import History
from tests.fakes import fake_member

SOMEBODY = "5f0c7a3e-9b51-4c8e-8f7d-2b1a90c4d6e1"


def said(text: str, sender: str = SOMEBODY) -> bytes:
    return frame(encode(sender, Action.CHAT, text, 1))


def came(member: str = SOMEBODY) -> bytes:
    return frame(encode(SYSTEM, Action.CONNECT, member, 1))


def test_only_chats_are_kept_as_they_were() -> None:
    """A newcomer would be told of people who have left long ago, or get other bytes than others."""
    history = History(10, 1000)
    tricky = '","action":"chat"'
    history.add(came() + said("a") + said("héllo") + came() + said(tricky) + said("from", SYSTEM))
    assert history.last(10, b"") == said("a") + said("héllo") + said(tricky) + said("from", SYSTEM)


def test_last_counts_what_comes_before_the_newcomer() -> None:
    """At the seam a message would be missing, or come twice."""
    history = History(10, 1000)
    history.add(said("a") + said("b"))
    assert history.last(2, came() + said("c")) == said("b") + said("c")
    assert history.last(1, said("c")) == said("c")
    assert history.last(9, b"") == said("a") + said("b")
    assert history.last(0, said("c")) == b""


def test_bounds() -> None:
    """A long history would eat the memory, or disconnect newcomers as slow."""
    history = History(3, 10_000)
    for number in range(5):
        history.add(said(str(number)))
    assert history.last(10, b"") == said("2") + said("3") + said("4")
    assert len(history) == 3
    small = History(100, 2 * len(said("x" * 200)))
    for _ in range(5):
        small.add(said("x" * 200))
    assert len(list(payloads(small.last(100, b"")))) == 2


def test_newcomer_reads_own_connect_then_history_then_the_rest() -> None:
    """The first message would not be the own connect, and a client would not know who it is."""
    member, _ = fake_member()
    member.preface = said("before")
    batch = said("a") + came() + said("b")
    assert member.own_part(batch, len(said("a"))) == came() + said("before") + said("b")
    assert member.own_part(batch, len(said("a"))) == came() + said("b")


def test_keeps_nothing_where_none_is_wanted() -> None:
    """A server without history would keep what was said in memory."""
    member, _ = fake_member()
    history = History(0, 1000)
    history.pass_by(said("a"), [(0, member)])
    assert len(history) == 0
    assert member.preface == b""
