from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def merge(batches: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return batches that follow each other as one.

    Several processes say as much in several batches as one says in one, and every batch costs each
    member a system call.
    """
    if len(batches) == 1:
        return batches[0]
    joins: list[tuple[int, str]] = []
    size = 0
    for batch in batches:
        joins += [(size + offset, member) for offset, member in batch["joins"]]
        size += len(batch["frames"])
    return {
        **batches[0],
        "count": sum(batch["count"] for batch in batches),
        "frames": b"".join(batch["frames"] for batch in batches),
        "joins": joins,
        "leaves": [member for batch in batches for member in batch["leaves"]],
        "controls": [control for batch in batches for control in batch["controls"]],
    }
