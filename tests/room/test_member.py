from __future__ import annotations

import time
import uuid

from tests.fakes import fake_member


def test_begins_with_an_id_and_nothing_said() -> None:
    """The operator's list would show somebody who has just come as if it had talked."""
    before = time.time()
    member, _ = fake_member()
    assert str(uuid.UUID(member.id)) == member.id
    assert member.opening == b'{"sender":"%b","action":"chat","contents":' % member.id.encode()
    assert not member.in_room
    assert (member.messages, member.bytes, member.pauses, member.preface) == (0, 0, 0, b"")
    assert before <= member.joined_at == member.last_seen <= time.time()
    assert member.free_at == 0


def test_is_read_from_again_when_the_last_reason_not_to_is_gone() -> None:
    """A flood would be read on while the memory is full, or a member never be heard again."""
    member, socket = fake_member()
    seen = []
    for change in (member.pause, member.pause, member.resume, member.resume, member.pause):
        change()
        seen.append(socket.is_paused)
    assert seen == [True, True, True, False, True]
