"""What a batch looks like on its way between processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NotRequired, TypedDict

import msgspec

from chat.protocol.frames import frame
from chat.protocol.messages import SYSTEM, Action, encode
from chat.room.outbox import EVENT, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable

# Raise it when a batch changes so that a process which knows the one before cannot read it; what is
# published is then in the form that all can read, so the form before has to be written, too. Fields
# that may be missing need no new version: what a process does not know it passes over.
VERSION: Final = 1
LEAST_VERSION: Final = 1

Count = Annotated[int, msgspec.Meta(ge=0)]


class Batch(TypedDict):
    """What one process publishes; `chat.room.outbox` says what the fields of every batch mean.

    `epoch` is the one in which it was published first, `buried` a process that it declares dead.
    """

    type: Literal["room.batch"]
    version: NotRequired[Annotated[int, msgspec.Meta(ge=1, le=VERSION)]]
    at: float
    count: Count
    frames: bytes
    joins: list[tuple[Count, str]]
    leaves: list[str]
    controls: list[tuple[str, dict[str, Any]]]
    process: str
    number: Count
    epoch: NotRequired[str]
    buried: NotRequired[str]


def burial(process: str, members: Iterable[str]) -> dict[str, Any]:
    """Return a batch in which all members of a dead process leave."""
    leaves = Outbox()
    for member in members:
        leaves.add_leave(member, frame(encode(SYSTEM, Action.DISCONNECT, member)))
    return leaves.take(leaves.size) | {"buried": process}


def check(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as it came; a batch that cannot be read, as of a later version, is empty."""
    if event.get("type") != EVENT:
        return event
    try:
        batch: dict[str, Any] = msgspec.convert(event, Batch, builtin_types=(bytes,))
    except msgspec.ValidationError:
        return {}
    if any(offset >= len(batch["frames"]) for offset, _ in batch["joins"]):
        return {}
    return batch
