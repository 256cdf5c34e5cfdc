from __future__ import annotations

import asyncio
import contextlib
import logging
import socket as sockets
import struct
from typing import TYPE_CHECKING, Any, Final

from chat.protocol.frames import BINARY, PING, PONG, close_frame, frame
from chat.protocol.messages import ABNORMAL, FAILED, SYSTEM, Action, close_code, encode
from chat.transport.base import take_nothing
from chat.transport.frame_reader import FrameReader
from chat.transport.hangups import the_hangups
from chat.transport.heartbeat import the_heartbeat
from chat.transport.sending_socket import SendingSocket
from chat.transport.sockets import the_sockets

if TYPE_CHECKING:
    from chat.protocol.messages import CloseCode
    from chat.transport.base import Receiver

logger = logging.getLogger(__name__)

# One read takes at most this much, so that a hundred members that flood take turns in milliseconds.
READ_BYTES: Final = 16 * 1024
# Seconds for a client to answer our close frame, or to take what is left to send.
CLOSE_SECONDS: Final = 2.5
# How often that time is given to a client that goes on taking what is queued.
CLOSE_CHANCES: Final = 10
# Seconds for the end of a connection to be read that takes nothing any more.
BROKEN_SECONDS: Final = 0.5
# Reads of what came behind a client's close frame: unread bytes would make `close` a reset.
MOST_DISCARDING_READS: Final = 16

_PING: Final = frame(b"", PING)
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time


class MemberSocket(SendingSocket):
    """One member's TCP connection after its handshake, in our hands alone (Transport).

    Nothing is read until `start`. From then on each message goes to the receiver, by a callback of
    the event loop: an idle member has no task and no coroutine.

    Args:
        connection: connected and non-blocking; a `TlsSocket` if TLS is spoken on it.
        unread: what the client sent behind its handshake.
        address: the peer's, by which open sockets are counted.

    """

    __slots__ = (
        "_address",
        "_code",
        "_is_answered",
        "_is_closed",
        "_is_failed",
        "_is_paused",
        "_is_rate_limited",
        "_is_silent",
        "_reader",
        "_receiver",
        "_slot",
        "_unread",
    )

    def __init__(self, connection: sockets.socket, unread: bytes, address: str) -> None:
        super().__init__(connection)
        self._unread = unread
        self._address = address
        self._code = ABNORMAL.code  # of the end
        self._receiver: Receiver | None = None
        self._reader = FrameReader(self)
        self._is_closed = False
        self._is_paused = False  # by the room
        self._is_rate_limited = False  # more frames came than the rate limit allows
        self._is_silent = False  # nothing came since the last ping
        self._is_answered = False  # the client's close frame came
        self._is_failed = False  # after a violation, the client's close frame cannot be told
        self._slot = the_heartbeat.add(self)

    def start(self, receiver: Receiver) -> None:
        """Read from now on; messages and the end go to `receiver`."""
        self._receiver = receiver
        if not self._is_open:
            receiver.ended(self._code)
        unread, self._unread = self._unread, b""
        if unread:
            self._take(unread)
        self._watch()

    async def send_event(self, event: Any) -> None:
        """Send what a consumer sends (ASGI's `send`)."""
        if event["type"] == "websocket.send":
            text = event.get("text")
            data = frame(text.encode()) if text is not None else frame(event["bytes"], BINARY)
            self.write(data)
        elif event["type"] == "websocket.close":
            self._close(event.get("code") or 1000, event.get("reason") or "")

    def _sending_failed(self) -> None:
        """Read how the connection ended, behind what the client sent; abort if it goes on."""
        super()._sending_failed()
        self._watch_again()
        asyncio.get_running_loop().call_later(BROKEN_SECONDS, self.abort)

    def _sent_all(self) -> None:
        super()._sent_all()
        self._finish()

    # What comes in

    def pause_reading(self) -> None:
        """Stop reading until the room resumes it."""
        self._is_paused = True
        self._stop_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        if self._is_paused:
            self._is_paused = False
            self._go_on_reading()

    def pause_for(self, seconds: float) -> None:
        """Stop reading for a while: the member sends more frames than the rate limit allows."""
        self._is_rate_limited = True
        self._stop_reading()
        asyncio.get_running_loop().call_later(seconds, self._end_rate_limit)

    def _end_rate_limit(self) -> None:
        self._is_rate_limited = False
        self._go_on_reading()

    @property
    def _is_reading(self) -> bool:
        return not (self._is_paused or self._is_rate_limited or self._is_closed)

    def _stop_reading(self) -> None:
        """Read nothing; an answer to a ping may be waiting behind what is not read."""
        if self._is_closed:
            return
        asyncio.get_running_loop().remove_reader(self._number)
        the_hangups.watch(self._number, self)
        self._is_silent = False

    def _go_on_reading(self) -> None:
        if self._is_reading and self._reader.is_rate_limited:
            self._take(b"")
        if self._is_reading:
            the_hangups.unwatch(self._number)
            self._watch()

    def _watch(self) -> None:
        if self._is_reading and self._receiver is not None:
            asyncio.get_running_loop().add_reader(self._number, self._read)

    def _watch_again(self) -> None:
        """Ask for a call if there is more to read, once this one is over.

        uvloop calls once after a reset and not again (serving/loop.py): who has then read anything
        but messages, which are answered, would never learn of it.
        """
        asyncio.get_running_loop().call_soon(self._watch)

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:  # a part of a TLS record came
            self._watch_again()
            return
        except OSError:
            data = b""
        if not data:
            self._end()
            return
        self._is_silent = False
        if not self._take(data):
            self._watch_again()

    def _take(self, data: bytes) -> bool:
        """Read the frames in `data`; return whether they were small texts and nothing else."""
        try:
            if self._reader.is_rate_limited and not data:
                self._reader.resume()
                return False
            return self._reader.take(data)
        except Exception:
            logger.exception("reading from a member failed")
            self.close(FAILED)
            return False

    def receive_message(self, text: str | bytes | None) -> None:
        """Hand on a message, unless the connection is closing."""
        if self._is_open and self._receiver is not None:
            self._receiver.receive_message(text)

    def receive_ping(self, payload: bytes) -> None:
        """Answer (RFC 6455 section 5.5.2)."""
        self.write(frame(payload, PONG))

    # Pings

    def ping(self) -> None:
        """Ping, unless reading is paused or a backlog waits: the answer could then be late."""
        if self._is_reading and not self.backlog:
            self._is_silent = True
            self.write(_PING)

    def end_if_silent(self) -> None:
        """Abort if nothing came since the last ping."""
        if self._is_silent and self._is_open:
            self.abort()

    def probe(self) -> None:
        """Send a pong if nothing waits: a client that closed its socket answers with a reset."""
        if not self.backlog:
            self.write(frame(b"", PONG))

    # The end

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Send the last message and the close frame; its answer has CLOSE_SECONDS."""
        if error is not None:
            self.write(error)
        self._close(code.code, code.meaning)

    def close_slow(self, code: CloseCode) -> None:
        """Drop the frames that have not begun to be sent, then close."""
        if self._buffer is not None:
            self._buffer.drop_unsent()
        self.close(code)

    def receive_close(self, code: int) -> None:
        """Answer the client's close frame, unless it is an answer to ours."""
        self._is_answered = True
        if self._is_open:
            self._close(code, "")
        self._finish()

    def receive_violation(self, code: int, reason: str) -> None:
        """Say what was wrong, close, and read no more frames."""
        self._is_failed = True
        if self._is_open and self._receiver is not None:
            self._receiver.receive_violation(code, reason)
        if self._is_open:
            self.close(close_code(code), frame(encode(SYSTEM, Action.ERROR, reason)))
        self._finish()

    def abort(self) -> None:
        """Reset the connection; harmless if it is down already."""
        if not self._is_closed:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _RESET)
            self._end(is_reset=True)

    def end(self) -> None:
        """End the connection now: without a reset, unless the client takes no more of our data."""
        if self.backlog:
            self.abort()
        else:
            self._end()

    def _close(self, code: int, reason: str) -> None:
        if not self._is_open:
            return
        self._is_open, self._code = False, code
        self._write(close_frame(code, reason))
        self.send = take_nothing
        if self._receiver is not None:
            self._receiver.ended(code)
        self.resume_reading()  # the client's answer may stand behind a flood
        # A client that has taken all is given the time twice: to read it, and to answer.
        taken = self.taken if self.backlog else -1
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS, self._wait_for_end, CLOSE_CHANCES, taken)

    def _finish(self) -> None:
        """Close the TCP connection once both close frames are through (RFC 6455 section 7.1.1).

        After a violation only our side is closed: the client may be sending, and a reset could
        reach it before our close frame does.
        """
        if self._buffer is not None or self._is_open or self._is_closed:
            return
        if self._is_answered:
            self._end()
        elif self._is_failed:
            self._shut_down()

    def _wait_for_end(self, chances: int, taken: int) -> None:
        """End the connection when its time is up; a client that still takes data gets more time."""
        if self._is_closed:
            return
        if chances and self.taken != taken:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_SECONDS, self._wait_for_end, chances - 1, self.taken)
        else:
            self.end()

    def _shut_down(self) -> None:
        with contextlib.suppress(OSError):  # it is down already
            self._socket.shutdown(sockets.SHUT_WR)

    def _end(self, *, is_reset: bool = False) -> None:
        """Close the socket, and tell the receiver."""
        if self._is_closed:
            return
        was_open, self._is_open, self._is_closed = self._is_open, False, True
        self.send = take_nothing
        asyncio.get_running_loop().remove_reader(self._number)
        if self._buffer is not None:
            self._buffer.close()
        the_hangups.forget(self._number)
        the_heartbeat.remove(self, self._slot)
        if not is_reset:
            self._shut_down()
            self._discard_unread()
        self._socket.close()
        the_sockets.closed(self._address)
        receiver, self._receiver = self._receiver, None
        if was_open and receiver is not None:
            receiver.ended(ABNORMAL.code)

    def _discard_unread(self) -> None:
        """Read what is left: closing a socket with unread bytes would reset the connection."""
        with contextlib.suppress(OSError):
            for _ in range(MOST_DISCARDING_READS):
                if not self._socket.recv(READ_BYTES):
                    return
