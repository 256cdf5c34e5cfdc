"""The data of the model, and the commands that the room's scripts use on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bench.simulation.stream import Stream
from bench.simulation.wire import RedisFailure, Status

if TYPE_CHECKING:
    from collections.abc import Callable

OK: Final = Status(b"OK")
# By what Redis's table of commands says: what writes, and what of it is refused for want of memory.
WRITES: Final = frozenset(
    b"SET DEL INCRBY DECRBY HSET HDEL HINCRBY SADD SREM ZADD ZREM XADD XDEL XTRIM FLUSHALL".split()
)
NEEDS_MEMORY: Final = frozenset(b"SET INCRBY DECRBY HSET HINCRBY SADD ZADD XADD".split())


class Keyspace:
    """One database; `now` returns milliseconds since 1970."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.data: dict[bytes, Any] = {}
        self._now = now

    def copy(self) -> Keyspace:
        """Return one that changes apart from this one."""
        made = Keyspace(self._now)
        made.data = {
            key: value if isinstance(value, bytes) else value.copy()
            for key, value in self.data.items()
        }
        return made

    @property
    def size(self) -> int:
        """Bytes that streams take: all else is little."""
        return sum(value.size for value in self.data.values() if isinstance(value, Stream))

    def run(self, name: bytes, arguments: list[bytes]) -> Any:
        """Run one command; an empty container is none.

        Raises:
            RedisFailure: there is no such command, or it takes other arguments.

        """
        command = getattr(self, f"do_{name.decode().lower()}", None)
        if command is None:
            raise RedisFailure(f"ERR unknown command '{name.decode()}'")
        try:
            answer = command(*arguments)
        except (TypeError, ValueError, IndexError) as error:
            raise RedisFailure(f"ERR {name.decode()}: {error}") from error
        if name in WRITES and arguments:
            held = self.data.get(arguments[0])
            if held is not None and not isinstance(held, bytes | Stream) and not held:
                del self.data[arguments[0]]
        return answer

    def do_time(self) -> list[bytes]:
        """Tell the time."""
        now = self._now()
        return [b"%d" % (now // 1000), b"%d" % (now % 1000 * 1000)]

    def do_get(self, key: bytes) -> Any:
        """Return a string."""
        return self.data.get(key)

    def do_exists(self, *keys: bytes) -> int:
        """Count keys that are there."""
        return sum(key in self.data for key in keys)

    def do_set(self, key: bytes, value: bytes) -> Status:
        """Set a string."""
        self.data[key] = value
        return OK

    def do_del(self, *keys: bytes) -> int:
        """Delete keys."""
        return sum(self.data.pop(key, None) is not None for key in keys)

    def do_incrby(self, key: bytes, by: bytes) -> int:
        """Add to a number."""
        value = int(self.data.get(key, b"0")) + int(by)
        self.data[key] = b"%d" % value
        return value

    def do_decrby(self, key: bytes, by: bytes) -> int:
        """Subtract from a number."""
        return self.do_incrby(key, b"%d" % -int(by))

    def do_hset(self, key: bytes, *pairs: bytes) -> int:
        """Set fields of a hash."""
        held = self.data.setdefault(key, {})
        before = len(held)
        held.update(zip(pairs[::2], pairs[1::2], strict=True))
        return len(held) - before

    def do_hget(self, key: bytes, field: bytes) -> Any:
        """Return a field of a hash."""
        return self.data.get(key, {}).get(field)

    def do_hmget(self, key: bytes, *fields: bytes) -> list[Any]:
        """Return fields of a hash."""
        return [self.do_hget(key, field) for field in fields]

    def do_hdel(self, key: bytes, *fields: bytes) -> int:
        """Delete fields of a hash."""
        held = self.data.get(key, {})
        return sum(held.pop(field, None) is not None for field in fields)

    def do_hgetall(self, key: bytes) -> list[bytes]:
        """Return a hash, field and value in turn."""
        return [part for pair in self.data.get(key, {}).items() for part in pair]

    def do_hlen(self, key: bytes) -> int:
        """Count the fields of a hash."""
        return len(self.data.get(key, {}))

    def do_hincrby(self, key: bytes, field: bytes, by: bytes) -> int:
        """Add to a number in a hash."""
        value = int(self.do_hget(key, field) or b"0") + int(by)
        self.do_hset(key, field, b"%d" % value)
        return value

    def do_sadd(self, key: bytes, *members: bytes) -> int:
        """Add to a set, which keeps the order of adding here so that runs repeat."""
        held = self.data.setdefault(key, {})
        before = len(held)
        held.update(dict.fromkeys(members))
        return len(held) - before

    def do_srem(self, key: bytes, *members: bytes) -> int:
        """Take out of a set."""
        held = self.data.get(key, {})
        return sum(held.pop(member, self) is None for member in members)

    def do_smembers(self, key: bytes) -> list[bytes]:
        """Return a set."""
        return list(self.data.get(key, {}))

    def do_sismember(self, key: bytes, member: bytes) -> int:
        """Tell whether something is in a set."""
        return int(member in self.data.get(key, {}))

    def do_scard(self, key: bytes) -> int:
        """Count a set."""
        return len(self.data.get(key, {}))

    def do_zadd(self, key: bytes, *rest: bytes) -> int:
        """Set scores; XX only those of members that are there, NX only those of others."""
        flags, pairs = (rest[0], rest[1:]) if rest[0] in {b"XX", b"NX"} else (b"", rest)
        held = self.data.setdefault(key, {})
        before = len(held)
        for score, member in zip(pairs[::2], pairs[1::2], strict=True):
            if not flags or (member in held) == (flags == b"XX"):
                held[member] = float(score)
        return len(held) - before

    def do_zrem(self, key: bytes, *members: bytes) -> int:
        """Take out of a sorted set."""
        held = self.data.get(key, {})
        return sum(held.pop(member, None) is not None for member in members)

    def do_zscore(self, key: bytes, member: bytes) -> bytes | None:
        """Return a score."""
        score = self.data.get(key, {}).get(member)
        return None if score is None else b"%.17g" % score

    def do_zcard(self, key: bytes) -> int:
        """Count a sorted set."""
        return len(self.data.get(key, {}))

    def do_zrange(self, key: bytes, first: bytes, last: bytes, *options: bytes) -> list[bytes]:
        """Return a part of a sorted set by rank."""
        ranked = self._ranked(key)
        end = len(ranked) + int(last) + 1 if int(last) < 0 else int(last) + 1
        return _with_scores(ranked[int(first) : end], b"WITHSCORES" in options)

    def do_zrangebyscore(self, key: bytes, low: bytes, high: bytes, *rest: bytes) -> list[bytes]:
        """Return a part of a sorted set by score; a bound that begins with ( is not in it."""
        (least, is_open), (most, is_closed) = _bound(low), _bound(high)
        found = [
            (member, score)
            for member, score in self._ranked(key)
            if (least < score or (least == score and not is_open))
            and (score < most or (score == most and not is_closed))
        ]
        return _with_scores(found, b"WITHSCORES" in rest)

    def _ranked(self, key: bytes) -> list[tuple[bytes, float]]:
        held: dict[bytes, float] = self.data.get(key, {})
        return sorted(held.items(), key=lambda item: (item[1], item[0]))

    def do_xadd(self, key: bytes, id_: bytes, *fields: bytes) -> bytes:
        """Append to a stream."""
        if id_ != b"*":
            raise ValueError("only * is known as an id")
        stream: Stream = self.data.setdefault(key, Stream())
        return stream.add(self._now(), list(fields))

    def do_xrange(self, key: bytes, first: bytes, last: bytes, *count: bytes) -> list[Any]:
        """Read a stream."""
        stream: Stream = self.data.get(key) or Stream()
        return stream.range(first, last, int(count[1]) if count else None)

    def do_xdel(self, key: bytes, *ids: bytes) -> int:
        """Delete entries of a stream."""
        stream = self.data.get(key)
        return stream.remove(list(ids)) if stream is not None else 0

    def do_xlen(self, key: bytes) -> int:
        """Count a stream."""
        return len(self.data[key].ids) if key in self.data else 0

    def do_xtrim(self, key: bytes, _: bytes, *most: bytes) -> int:
        """Shorten a stream to a number of entries."""
        stream = self.data.get(key)
        return stream.trim(int(most[-1])) if stream is not None else 0


def _bound(text: bytes) -> tuple[float, bool]:
    return float(text.removeprefix(b"(")), text.startswith(b"(")


def _with_scores(ranked: list[tuple[bytes, float]], is_wanted: bool) -> list[bytes]:  # noqa: FBT001
    if not is_wanted:
        return [member for member, _ in ranked]
    return [part for member, score in ranked for part in (member, b"%.17g" % score)]
