from __future__ import annotations

from chat.cluster.merge import merge
from chat.room.outbox import Outbox


def test_batches_that_are_merged_are_as_if_said_by_one() -> None:
    """Somebody's own connect would begin in the middle of a message, or an order be lost."""
    apart, together = [Outbox(), Outbox(), Outbox()], Outbox()
    for number, outbox in enumerate(apart):
        for target in (outbox, together):
            target.add(b"chat" * number)
            target.add_join(f"joins {number}", b"connect")
            target.add_leave(f"leaves {number}", b"disconnect")
            target.add_control("kick", {"number": number})
    whole = together.take()
    batches = [outbox.take() for outbox in apart]
    merged = merge(batches)
    assert merged == whole | {"at": batches[0]["at"]}


def test_one_batch_stays_as_it_is() -> None:
    """A quiet room would pay for what a busy one needs."""
    outbox = Outbox()
    outbox.add(b"chat")
    batch = outbox.take()
    assert merge([batch]) is batch
