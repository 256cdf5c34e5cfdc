"""The form of messages: four fields, known actions, a time in seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chat.conformance.check import differs, must
from chat.conformance.errors import expect
from chat.conformance.heard import FIELDS

if TYPE_CHECKING:
    from chat.conformance.heard import Heard
    from chat.conformance.room import Room

LATEST_SECONDS = 10**11
SKEW_SECONDS = 60
UNITS = ((10**17, "nanoseconds"), (10**14, "microseconds"), (10**11, "milliseconds"))


async def one_of_each(room: Room) -> list[Heard]:
    """Return a connect, a chat and a disconnect as somebody else hears them."""
    (anna,) = await room.join_each(1)
    bert = await room.join()
    joined = await room.hear(anna)
    await room.settle([anna, bert])
    room.say(bert, "hello")
    (said,) = await room.hear_chats(anna, 1)
    bert.send_close()
    return [joined, said, (await room.hear_leave(anna, bert))[-1]]


@must("known-actions", "actions are spelled connect, chat and disconnect")
async def known_actions(room: Room) -> None:
    """Look at one message of each kind."""
    expected = ["connect", "chat", "disconnect"]
    got = [message.action for message in await one_of_each(room)]
    expect(got == expected, f"the actions {', '.join(expected)}", ", ".join(got))


@must("system-sender", "connect and disconnect come from system, with the UUID as contents")
async def system_sender(room: Room) -> None:
    """Look at one message of each kind."""
    joined, said, left = await one_of_each(room)
    for message in (joined, left):
        expect(message.sender == "system", 'sender "system"', message)
        expect(message.contents == said.sender, f"contents {said.sender}", message)


@must("text-fields", "sender, action and contents are strings")
async def text_fields(room: Room) -> None:
    """Look at one message of each kind."""
    for message in await one_of_each(room):
        for name in FIELDS[:3]:
            value = message.fields.get(name)
            expect(isinstance(value, str), f"{name} to be a string", message)


@differs("timestamp-number", "the time is a JSON number, and whole")
async def timestamp_number(room: Room) -> None:
    """Look at one message of each kind."""
    for message in await one_of_each(room):
        expect(type(message.timestamp) is int, "a whole number as timestamp", message)


@differs("timestamp-seconds", "the time is in seconds since 1970")
async def timestamp_seconds(room: Room) -> None:
    """Tell the unit by the size of the number."""
    for message in await one_of_each(room):
        value = _number(message)
        unit = next((unit for least, unit in UNITS if value >= least), "seconds")
        expect(unit == "seconds", "seconds since 1970", f"{unit}: {message.timestamp}")


@differs("timestamp-now", "the time is that of the message, by a clock that is right")
async def timestamp_now(room: Room) -> None:
    """Compare with our own clock."""
    for message in await one_of_each(room):
        value = _number(message)
        while value >= LATEST_SECONDS:
            value /= 1000
        apart = value - time.time()
        text = f"{message.timestamp}, {apart:+.0f} s apart"
        expect(abs(apart) < SKEW_SECONDS, f"a time within {SKEW_SECONDS} s of ours", text)


@differs("exact-form", "four fields in order, no spaces, UTF-8 with nothing escaped in vain")
async def exact_form(room: Room) -> None:
    """Compare the bytes of a chat."""
    (anna,) = await room.join_each(1)
    room.say(anna, 'é😀 "quoted"')
    (said,) = await room.hear_chats(anna, 1)
    expected = (
        f'{{"sender":"{anna.id}","action":"chat",'
        f'"contents":"é😀 \\"quoted\\"","timestamp":{said.timestamp}}}'
    )
    expect(said.raw == expected.encode(), expected, said)


def _number(message: Heard) -> float:
    value = message.timestamp
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    expect(is_number, "a timestamp", message)
    return float(value)
