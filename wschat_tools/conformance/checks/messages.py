"""The form of messages: four fields, known actions, a time in seconds."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, LEAVE, differs, must
from wschat_tools.conformance.errors import expect
from wschat_tools.conformance.heard import FIELDS

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.heard import Heard
    from wschat_tools.conformance.room import Room

BOTH = (CHAT, LEAVE)
LATEST_SECONDS = 10**11
SKEW_SECONDS = 60
UNITS = ((10**17, "nanoseconds"), (10**14, "microseconds"), (10**11, "milliseconds"))


async def one_of_each(room: Room) -> list[Heard]:
    """Return a connect, a chat and a disconnect as somebody else hears them."""
    anna, bert, joined, said = await _two_members(room)
    bert.send_close()
    return [joined, said, (await room.hear_leave(anna, bert))[-1]]


async def two_kinds(room: Room) -> tuple[Heard, Heard]:
    """Return a connect and a chat as somebody else hears them."""
    *_, joined, said = await _two_members(room)
    return joined, said


async def _two_members(room: Room) -> tuple[Connection, Connection, Heard, Heard]:
    (anna,) = await room.join_each(1)
    bert = await room.join()
    joined = await room.hear(anna)
    await room.settle([anna, bert])
    room.say(bert, "hello")
    (said,) = await room.hear_chats(anna)
    return anna, bert, joined, said


@must("known-actions", "actions are spelled connect, chat and disconnect", texts.ACTION, BOTH)
async def known_actions(room: Room) -> None:
    """Look at one message of each kind."""
    expected = ["connect", "chat", "disconnect"]
    got = [message.action for message in await one_of_each(room)]
    expect(got == expected, f"the actions {', '.join(expected)}", ", ".join(got))


@must("system-sender", "a connect comes from system", texts.SENDER)
async def system_sender(room: Room) -> None:
    """Look at a message about joining; that of a leave is another check."""
    joined, _ = await two_kinds(room)
    expect(joined.sender == "system", 'sender "system"', joined)


@must("same-uuid", "a connect and its disconnect have the same UUID", texts.CONTENTS, BOTH)
async def same_uuid(room: Room) -> None:
    """Look at the messages about joining and leaving."""
    joined, _, left = await one_of_each(room)
    expect(joined.contents == left.contents, f"contents {joined.contents}", left)


@must("leave-like-connect", "a disconnect has the form of its connect", texts.FORMAT, BOTH)
async def leave_like_connect(room: Room) -> None:
    """Compare all but the action; of the time, the unit."""
    joined, _, left = await one_of_each(room)
    same = list(left.fields) == list(joined.fields) and left.sender == joined.sender
    same = same and type(left.timestamp) is type(joined.timestamp)
    same = same and left.timestamp is not None and _unit(left) == _unit(joined)
    expect(same, f"the form of {joined}", left)


@must("text-fields", "sender, action and contents are strings", texts.FORMAT)
async def text_fields(room: Room) -> None:
    """Look at a connect and a chat."""
    for message in await two_kinds(room):
        for name in FIELDS[:3]:
            value = message.fields.get(name)
            expect(isinstance(value, str), f"{name} to be a string", message)


@differs("timestamp-number", "the time is a JSON number, and whole", texts.NUMBER)
async def timestamp_number(room: Room) -> None:
    """Look at a connect and a chat."""
    for message in await two_kinds(room):
        expect(type(message.timestamp) is int, "a whole number as timestamp", message)


@differs("timestamp-seconds", "the time is in seconds since 1970", texts.TIME)
async def timestamp_seconds(room: Room) -> None:
    """Tell the unit by the size of the number; that of a chat is a check of its own."""
    joined, _ = await two_kinds(room)
    unit = _unit(joined)
    expect(unit == "seconds", "seconds since 1970", f"{unit}: {joined.timestamp}")


@differs("timestamp-now", "the time is the present, by a clock that is right", texts.TIME)
async def timestamp_now(room: Room) -> None:
    """Compare with our own clock; that of a chat is a check of its own."""
    joined, _ = await two_kinds(room)
    value = _number(joined)
    while value >= LATEST_SECONDS:
        value /= 1000
    apart = value - time.time()
    text = f"{joined.timestamp}, {apart:+.0f} s apart"
    expect(abs(apart) < SKEW_SECONDS, f"a time within {SKEW_SECONDS} s of ours", text)


@differs("key-order", "fields come as sender, action, contents, timestamp", texts.FORMAT)
async def key_order(room: Room) -> None:
    """Look at a chat; a client that reads JSON does not mind."""
    said = await _one_chat(room)
    expect(list(said.fields) == list(FIELDS), ", ".join(FIELDS), ", ".join(said.fields))


@differs("exact-form", "no spaces, and UTF-8 with nothing escaped in vain", texts.FORMAT)
async def exact_form(room: Room) -> None:
    """Compare the bytes of a chat with its fields written anew."""
    said = await _one_chat(room)
    expected = json.dumps(said.fields, ensure_ascii=False, separators=(",", ":"))
    expect(said.raw == expected.encode(), expected, said)


async def _one_chat(room: Room) -> Heard:
    (anna,) = await room.join_each(1)
    room.say(anna, 'é😀 "quoted"')
    return (await room.hear_chats(anna))[0]


def _unit(message: Heard) -> str:
    value = _number(message)
    return next((unit for least, unit in UNITS if value >= least), "seconds")


def _number(message: Heard) -> float:
    value = message.timestamp
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    expect(is_number, "a timestamp", message)
    return float(value)
