from __future__ import annotations

import time
from datetime import UTC, datetime

from chat.config.process import this_process
from chat.door.visitor import Visitor
from chat.ops.rows import connection_row, message_rows
from chat.protocol.frames import frame
from chat.protocol.messages import SYSTEM, Action, encode
from chat.room.member import Member
from tests.fakes import FakeConsumer, FakeTransport


def somebody() -> Member:
    visitor = Visitor(address="a" * 70, user_agent="wscat", origin="http://a.example")
    member = Member("7f3a", FakeTransport(), visitor, FakeConsumer())
    member.joined_at, member.last_seen = 1000.0, 2000.0
    member.messages, member.bytes = 3, 300
    member.transport.backlog = 7  # type: ignore[misc]
    return member


def test_a_member_as_it_stands() -> None:
    """The operator's list would show nonsense, or somebody who is there as gone."""
    member = somebody()
    row = connection_row(member)
    assert row._asdict() == {
        "member": member.id, "address": "a" * 60, "user_agent": "wscat",
        "origin": "http://a.example", "joined": 1000.0, "left": None, "code": None, "reason": "",
        "messages": 3, "bytes": 300, "last_seen": 2000.0, "backlog": 7,
    }  # fmt: skip
    model = row.as_model(60.0)
    assert (model.member, model.process, model.left) == (member.id, this_process().id, None)
    assert model.joined == datetime.fromtimestamp(1060, UTC)
    assert model.last_seen == datetime.fromtimestamp(2060, UTC)


def test_one_who_left() -> None:
    """Nobody could tell when and why somebody went; a long reason would stop the recorder."""
    before = time.time()
    row = connection_row(somebody(), code=4001, reason="x" * 400, has_left=True)
    assert row.left is not None
    assert before <= row.left <= time.time()
    assert (row.code, row.backlog) == (4001, 0)
    model = row._replace(left=3000.0).as_model(-10.0)
    assert model.left == datetime.fromtimestamp(2990, UTC)
    assert (model.code, model.reason, model.messages) == (4001, "x" * 300, 3)


def test_only_chats_are_rows() -> None:
    """The log would have joins in it as if somebody had said them."""
    frames = b"".join(
        frame(encode(*message, 7))
        for message in [
            (SYSTEM, Action.CONNECT, "anna"),
            ("anna", Action.CHAT, "hi"),
            ("anna", Action.CHAT, 'é "'),
        ]
    )
    rows = [(row.sender, row.contents, row.timestamp) for row in message_rows(frames)]
    assert rows == [("anna", "hi", 7), ("anna", 'é "', 7)]
