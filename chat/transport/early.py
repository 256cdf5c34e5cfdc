"""What a client said before its connection was adopted: Daphne and Twisted still hold it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chat.transport.hearer import Hearer
    from chat.transport.member_protocol import MemberProtocol


def early_messages(protocol: MemberProtocol, hearer: Hearer) -> Iterator[Callable[[], None]]:
    """Take what came before the handshake was answered, and waits for the application."""
    queue = protocol.application_queue
    while not queue.empty():
        event = queue.get_nowait()
        if "bytes" in event:
            yield partial(hearer.hear, event["bytes"], is_binary=True)
        elif "text" in event:
            yield partial(hearer.hear, event["text"].encode())


def early_bytes(connection: Any) -> bytes:
    """Return what came in one segment with the handshake: the HTTP side still holds it."""
    producer = getattr(connection, "producer", None)
    http = getattr(producer, "_producer", producer)  # Twisted's TLS puts something before it
    return b"".join(getattr(http, "_dataBuffer", ()))
