"""The handshake: who may join, where, and what is not negotiated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import JOIN, differs, must
from wschat_tools.conformance.errors import Difference, RefusedError, expect

if TYPE_CHECKING:
    from wschat_tools.conformance.room import Room


@must("origin-of-another-page", "a page of any other server may join", texts.WEB, (JOIN,))
async def origin_of_another_page(room: Room) -> None:
    """Join from elsewhere."""
    for origin in ("http://elsewhere.example", "https://a.b:8443"):
        await _join_from(room, origin)


@differs(
    "origin-null", "a page without an origin of its own (null) may join", texts.HANDSHAKE, (JOIN,)
)
async def origin_null(room: Room) -> None:
    """Join as a page from a file does."""
    await _join_from(room, "null")


@differs("origin-none", "a client that sends no origin may join", texts.HANDSHAKE, (JOIN,))
async def origin_none(room: Room) -> None:
    """Join as programs do."""
    await _join_from(room, None)


async def _join_from(room: Room, origin: str | None) -> None:
    try:
        await room.join(headers={"Origin": origin})
    except RefusedError as refused:
        who = "who sends no Origin" if origin is None else f"Origin {origin}"
        raise Difference(f"{who} to be let in", refused.got) from None


@must("query", "a query behind the root is no other place", texts.HANDSHAKE, (JOIN,))
async def query(room: Room) -> None:
    """Join with a query."""
    try:
        await room.join(path="/?name=value")
    except RefusedError as refused:
        raise Difference("/?name=value to be let in", refused.got) from None


@differs("other-paths", "any other path than the root is refused", texts.HANDSHAKE, (JOIN,))
async def other_paths(room: Room) -> None:
    """Join in four other places."""
    for path in ("/chat", "/ws/", "/%2e", "/admin/"):
        try:
            await room.open(path=path)
        except RefusedError as refused:
            is_refusal = refused.status is not None and 400 <= refused.status < 500
            expect(is_refusal, f"a 403 or 404 for {path}", refused.got)
        else:
            raise Difference(f"a 403 or 404 for {path}", "HTTP/1.1 101")


@differs(
    "nothing-negotiated", "no extension and no subprotocol is negotiated", texts.HANDSHAKE, (JOIN,)
)
async def nothing_negotiated(room: Room) -> None:
    """Offer compression and a subprotocol."""
    offer = {
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Protocol": "chat",
    }
    connection = await room.open(headers=offer)
    for name in offer:
        got = connection.headers.get(name.lower())
        expect(got is None, f"no {name} in the answer", got)
