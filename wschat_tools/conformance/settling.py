"""Wait until members hear what is said: a server may take a moment to let somebody in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wschat_tools.conformance.errors import SilentError

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.heard import Heard
    from wschat_tools.conformance.words import Words

# A mark is lost to who is not let in yet: some servers take milliseconds, others take as long for
# each chat, and get few in vain.
MARK_AGAIN_SECONDS = 0.01
MARK_AGAIN_SECONDS_MOST = 0.05


async def settle(members: list[Connection], words: Words, seconds: float) -> None:
    """Let the first say marks until all have heard one.

    Raises:
        SilentError: not all did in time; its text says what came instead.

    """
    came: list[Heard] = []
    ids = {member.id for member in members}
    waiting = [asyncio.create_task(_hear_mark(member, words, ids, came)) for member in members]
    try:
        async with asyncio.timeout(seconds):
            pending = set(waiting)
            again = MARK_AGAIN_SECONDS
            while pending and not any(task.exception() for task in set(waiting) - pending):
                members[0].say(words.next_mark())
                _, pending = await asyncio.wait(
                    waiting, timeout=again, return_when=asyncio.FIRST_EXCEPTION
                )
                again = min(2 * again, MARK_AGAIN_SECONDS_MOST)
            await asyncio.gather(*(task for task in waiting if task not in pending))
    except TimeoutError:
        who = "its sender" if len(members) == 1 else f"each of {len(members)} members"
        text = f"no chat in the fullest form at {who} within {seconds:g} s"
        raise SilentError(f"{text}, but {came[-1]}" if came else text) from None
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _hear_mark(member: Connection, words: Words, ids: set[str], came: list[Heard]) -> None:
    """Hear up to a mark; chats of ours that are none are put into `came`."""
    while not words.is_mark(message := await member.hear()):
        if message.action == "chat" and message.sender in ids:
            came.append(message)
