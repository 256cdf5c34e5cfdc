from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rosters:
    """Who is in the room by process, as told by the batches received.

    Redis knows it, too. When it is restarted empty while a process dies, nobody else does.
    """

    def __init__(self) -> None:
        self._members: dict[str, set[str]] = {}

    def reset(self, members: Mapping[str, set[str]]) -> None:
        """Begin anew with what Redis knows."""
        self._members = {process: set(ids) for process, ids in members.items()}

    def note(self, batch: Mapping[str, Any]) -> None:
        """Take over what a batch tells; a process without members is not kept."""
        process = batch["process"]
        members = self._members.setdefault(process, set())
        members.update(member for _, member in batch["joins"])
        members.difference_update(batch["leaves"])
        if not members:
            del self._members[process]
        self._members.pop(batch.get("buried", ""), None)

    def known(self) -> dict[str, set[str]]:
        """Return the members of every process that has some."""
        return self._members
