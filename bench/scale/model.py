"""What a room costs, from a handful of measured constants."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

# Bytes of a chat as members get it: 64 of contents, the sender's id, the keys and the header.
CHAT_BYTES: Final = 190
# Seconds that one flush of a process may take: a chat waits for the one before, for as long again
# at most where little is said (chat/room/fanout.py), for what everything else takes meanwhile, and
# for its own.
FLUSH_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured: processor time in seconds, memory in bytes.

    Attributes:
        write: a flush to one member.
        byte: one byte to one member.
        idle: a second of a member that says nothing: pings, and their answers.
        batch: a batch over Redis, in each process.
        order: a batch in Redis.
        hear: a batch in Redis, for each process that hears it.
        member: memory of one that is idle.
        process: memory of a process without members.

    """

    write: float
    byte: float
    idle: float
    batch: float
    order: float
    hear: float
    member: float
    process: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a room takes.

    Attributes:
        processes: how many.
        cores: processor time a second, all processes together.
        wait: seconds at most from a chat to the last member that hears it.
        to_members: bytes a second out of all processes.
        from_redis: bytes a second out of Redis.
        redis: processor time of Redis a second.
        memory: bytes, all processes together.

    """

    processes: int
    cores: float
    wait: float
    to_members: float
    from_redis: float
    redis: float
    memory: float


def predict(
    known: Constants, members: int, chats: float, *, processes: int = 0, size: int = CHAT_BYTES
) -> Cost:
    """Return what a room of so many members at so many chats a second takes.

    Without `processes`, there are as many as keep a flush within FLUSH_SECONDS.
    """
    processes = processes or ceil(members * known.write / FLUSH_SECONDS)
    flush = members / processes * known.write
    is_clustered = processes > 1
    beside = (
        members * (known.idle + chats * size * known.byte)
        + is_clustered * chats * processes * known.batch
    )
    idle = max(1 - beside / processes, 0.1)
    flushes = min(chats, idle / flush)
    return Cost(
        processes=processes,
        cores=beside + flushes * members * known.write,
        wait=flush * (2 + 1 / idle),
        to_members=chats * members * size,
        from_redis=is_clustered * chats * processes * size,
        redis=is_clustered * chats * (known.order + processes * known.hear),
        memory=members * known.member + processes * known.process,
    )
