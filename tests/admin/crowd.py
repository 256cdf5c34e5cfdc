"""People as the recorder writes them down, without a server."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from chat.models import Connection, ServerProcess

PROCESS = "p"


def serve() -> None:
    """Have a process that is alive, however long the test takes."""
    now = timezone.now()
    beat = now + timedelta(hours=1)
    ServerProcess.objects.get_or_create(
        id=PROCESS, defaults={"host": "h", "pid": 1, "version": "1", "started": now, "beat": beat}
    )


def come(
    address: str = "192.0.2.1", *, minutes_ago: float = 0, agent: str = "", has_left: bool = False
) -> Connection:
    """Write down somebody who came so long ago, and is still there or not."""
    serve()
    row = somebody(address, minutes_ago=minutes_ago, agent=agent, has_left=has_left)
    row.save()
    return row


def somebody(
    address: str = "192.0.2.1", *, minutes_ago: float = 0, agent: str = "", has_left: bool = False
) -> Connection:
    """Return a row that is not written yet."""
    joined = timezone.now() - timedelta(minutes=minutes_ago)
    return Connection(
        member=str(uuid4()),
        process=PROCESS,
        address=address,
        user_agent=agent,
        joined=joined,
        last_seen=joined,
        left=joined if has_left else None,
    )
