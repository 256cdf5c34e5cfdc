"""The schema of the protocol says what the server does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from chat import VERSION
from chat.protocol.messages import CLOSE_CODES, Action, ProtocolError, parse_chat
from tests.servers import ROOT
from wschat_tools.conformance import bad_texts
from wschat_tools.conformance.checks.chatting import FORMS

if TYPE_CHECKING:
    from tests.clients import Visitors

DOCS: Final = ROOT / "docs"
SCHEMA: Final[dict[str, Any]] = json.loads((DOCS / "message.schema.json").read_text())
# Rules of texts, not of values: a schema sees what a parser has made of it.
OF_TEXTS: Final = {
    "64-kib-of-braces", "64-kib-of-brackets", "deep-nesting", "negative-timestamp-close-to-zero",
}  # fmt: skip
TEXTS: Final = {
    name: text
    for name, text in {
        **bad_texts.PLAIN,
        **bad_texts.FINE,
        **{name: form[0] for name, form in FORMS.items()},
    }.items()
    if name not in OF_TEXTS
}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def is_sent(text: str) -> bool:
    """Tell whether the schema takes a text as one that a member may send."""
    try:
        value = json.loads(text, parse_constant=lambda _: 1 / 0)
        text.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, ZeroDivisionError):
        return False
    return bool(validator("sent").is_valid(value))


def is_taken(text: str) -> bool:
    """Tell whether the server takes it."""
    try:
        parse_chat(text, bad_texts.LIMIT)
    except ProtocolError:
        return False
    return True


def test_schema_is_one() -> None:
    """A tool would refuse the file."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_member_may_send(name: str) -> None:
    """A bot that keeps to the schema would be disconnected, or could not say what it may."""
    assert is_sent(TEXTS[name]) == is_taken(TEXTS[name])


async def test_what_the_server_sends(visitors: Visitors) -> None:
    """A bot that checks what it gets by the schema would refuse messages of the server."""
    anna, ben = await visitors.join_each(2)
    ben.say("héllo")
    ben.send_text(b"bad")
    heard = await ben.hear_until(lambda message: message.action == "error")
    heard += await anna.hear_until(lambda message: message.action == "disconnect")
    clara = await visitors.join()
    heard += await anna.hear_until(lambda message: message.contents == clara.id)
    assert {message.action for message in heard} == set(Action)
    for message in heard:
        validator("received").validate(json.loads(message.raw))


def test_asyncapi_names_the_same_messages() -> None:
    """A generated client would speak another protocol."""
    api = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
    assert api["info"]["version"] == VERSION
    assert set(api["components"]["messages"]) == {"received", "sent"}
    for name, message in api["components"]["messages"].items():
        file, _, place = message["payload"]["$ref"].partition("#/$defs/")
        assert (DOCS / file).exists()
        assert place == name
        assert place in SCHEMA["$defs"]


def test_close_codes_are_those_of_the_program() -> None:
    """A bot would come back to a room that put it out."""
    text = (DOCS / "protocol.md").read_text().partition("## Close codes")[2]
    for entry in CLOSE_CODES:
        come_back = "yes" if entry.come_back else "no"
        assert f"| {entry.code} | {entry.meaning} | {come_back}" in text


def test_examples_are_messages() -> None:
    """The examples would show what no server sends."""
    text = (DOCS / "protocol.md").read_text()
    examples = [line for line in text.splitlines() if line.startswith('{"')]
    assert len(examples) >= 5
    for example in examples:
        value = msgspec.json.decode(example)
        assert validator("received").is_valid(value) or validator("sent").is_valid(value), example
