"""Members that read slowly: what they do not take is the server's to keep, or to give up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member

# 16 KiB a second each, and a small buffer in the kernel.
READ_BYTES: Final = 1024
EVERY_SECONDS: Final = 1 / 16
RECEIVE_BUFFER: Final = 4096


async def read_slowly(crowd: Crowd, members: Sequence[Member]) -> None:
    """Let members read 16 KiB a second each until cancelled."""
    while True:
        for member in members:
            if not member.closed:
                crowd.read(member, READ_BYTES)
        await asyncio.sleep(EVERY_SECONDS)
