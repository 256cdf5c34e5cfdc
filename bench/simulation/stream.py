"""A stream of the model: entries by id, milliseconds and number."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Id = tuple[int, int]


def id_text(id_: Id) -> bytes:
    """Return an id as Redis writes it."""
    return b"%d-%d" % id_


class Stream:
    """What XADD and its kin work on."""

    def __init__(self) -> None:
        self.last: Id = (0, 0)
        self.ids: list[Id] = []
        self.fields: dict[Id, list[bytes]] = {}

    def copy(self) -> Stream:
        """Return one that changes apart from this one."""
        made = Stream()
        made.last, made.ids, made.fields = self.last, list(self.ids), dict(self.fields)
        return made

    @property
    def size(self) -> int:
        """Bytes that the entries take."""
        return sum(len(part) for fields in self.fields.values() for part in fields)

    def add(self, now: int, fields: list[bytes]) -> bytes:
        """Append an entry at this millisecond, or behind the last one if that is later."""
        milliseconds, number = self.last
        self.last = (now, 0) if now > milliseconds else (milliseconds, number + 1)
        self.ids.append(self.last)
        self.fields[self.last] = fields
        return id_text(self.last)

    def range(self, first: bytes, last: bytes, count: int | None) -> list[list[object]]:
        """Return entries between two ids, these among them, the oldest first."""
        low = bisect_left(self.ids, _parse(first, 0)) if first != b"-" else 0
        high = bisect_right(self.ids, _parse(last, 2**64)) if last != b"+" else len(self.ids)
        ids = self.ids[low:high]
        return [[id_text(id_), self.fields[id_]] for id_ in ids[:count]]

    def remove(self, ids: list[bytes]) -> int:
        """Delete entries; return how many there were."""
        count = 0
        for text in ids:
            id_ = _parse(text, 0)
            if self.fields.pop(id_, None) is not None:
                self.ids.remove(id_)
                count += 1
        return count

    def trim(self, most: int) -> int:
        """Delete the oldest entries over a number of them; return how many."""
        gone, self.ids = self.ids[: max(0, len(self.ids) - most)], self.ids[-most:]
        for id_ in gone:
            del self.fields[id_]
        return len(gone)


def _parse(text: bytes, missing: int) -> Id:
    milliseconds, _, number = text.partition(b"-")
    return int(milliseconds), int(number) if number else missing
