"""TLS on a member's own socket, so that the fast path writes to it and reads from it as ever.

Twisted's own TLS hands records to Twisted's buffers: 1.7 times the processor time in a room of 100.
Here they go to the socket, and what it does not take waits as plain text.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import ssl
from typing import Any, Final

from twisted.internet.tcp import Server

from chat.config.certificate import CertificateError, read_certificate
from chat.transport.plain_answer import plain_answer

logger = logging.getLogger(__name__)

# What is sealed at a time: the most that one record holds (RFC 8446 section 5.1).
RECORD_BYTES: Final = 16 * 1024
# What a client may send in a row of which nothing is for the room, and what may wait for it of our
# side's answers: a handshake is a tenth of that, and other keys (KeyUpdate) are asked for once in
# gigabytes. Each costs what a message does.
MOST_FRUITLESS: Final = 64 * 1024

_NOT_TLS: Final = plain_answer(
    b"400 Bad Request", b"this port speaks TLS: ask it by https:// or wss://\n"
)


class TlsSocket(socket.socket):
    """A socket that never waits, as Twisted uses one, with TLS between it and its user.

    OpenSSL gets what one read brought, and not the socket: it would take from that whatever comes
    as long as none of it is for the user, and the event loop would stand still.
    """

    def __init__(self, context: ssl.SSLContext, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._sealed = b""  # what the system has not taken yet
        self._sealed_of = 0  # so many bytes of plain text
        self._fruitless = 0

    @property
    def is_shaking_hands(self) -> bool:
        """Whether the TLS handshake is not over."""
        return self._tls.version() is None

    def recv(self, size: int = RECORD_BYTES, flags: int = 0) -> bytes:
        """Return what came, "" at the end; shake hands first, as far as that goes."""
        data = super().recv(size, flags)
        if not data:
            return data
        self._incoming.write(data)
        try:
            opened, is_end = self._open()
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                with contextlib.suppress(OSError):
                    super().send(_NOT_TLS)
            raise
        finally:
            self._answer()
        self._fruitless = 0 if opened else self._fruitless + len(data)
        if max(self._fruitless, len(self._sealed)) > MOST_FRUITLESS:
            raise ConnectionAbortedError(errno.ECONNABORTED, "nothing for the room in all that")
        if opened and is_end:
            super().shutdown(socket.SHUT_RD)  # the next read is the end, also without a FIN
        if opened or is_end:
            return opened
        raise BlockingIOError(errno.EWOULDBLOCK, "nothing whole came")

    def send(self, data: Any, flags: int = 0) -> int:
        """Send what goes out; the next call has to begin with what did not."""
        sent = self._finish_sealed()
        view = memoryview(data)
        while sent < len(view) and not self._sealed:
            piece = view[sent : sent + RECORD_BYTES]
            self._tls.write(piece)
            if self._push(self._outgoing.read()):
                sent += len(piece)
            else:
                self._sealed_of = len(piece)
        if self._sealed and not sent:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing went out")
        return sent

    def shutdown(self, how: int) -> None:
        """Say that this is the end (close_notify), as far as that goes, and end it."""
        with contextlib.suppress(OSError, ValueError):
            self._tls.unwrap()
        self._answer()
        super().shutdown(how)

    def _open(self) -> tuple[bytes, bool]:
        """Return what is in the records that came, and whether the other side says it was all."""
        opened = []
        with contextlib.suppress(ssl.SSLWantReadError):
            while self._incoming.pending:
                opened.append(self._tls.read(RECORD_BYTES))
                if not opened[-1]:
                    return b"".join(opened), True
        return b"".join(opened), False

    def _answer(self) -> None:
        """Send what TLS itself has to say, behind what is sealed already."""
        if self._sealed:
            self._sealed += self._outgoing.read()
        elif self._outgoing.pending:
            with contextlib.suppress(OSError):  # it is down, as the next read will tell
                self._push(self._outgoing.read())

    def _finish_sealed(self) -> int:
        """Send what is sealed; return how much of the plain text that was, if all is out."""
        if self._sealed and self._push(self._sealed):
            sealed_of, self._sealed_of = self._sealed_of, 0
            return sealed_of
        return 0

    def _push(self, records: bytes) -> bool:
        """Send records, and keep what the system does not take; tell whether it took all."""
        try:
            out = super().send(records)
        except BlockingIOError:
            out = 0
        self._sealed = records[out:]
        return not self._sealed


class TlsConnection(Server):
    """An accepted connection that speaks TLS."""

    socket: TlsSocket

    def __init__(self, credentials: Credentials, accepted: Any, *args: Any) -> None:
        super().__init__(TlsSocket(credentials.context, accepted), *args)


class Credentials:
    """The certificate in use, for connections to come; `reload` takes what its files hold now."""

    def __init__(self, certificate: str, key: str) -> None:
        self._files = certificate, key
        self._read()

    def reload(self) -> None:
        """Take a new certificate into use; where the files are broken keep the old one."""
        try:
            weakness = self._read()
        except CertificateError as error:
            logger.warning("the certificate stays as it is: %s", error)
        else:
            if weakness:  # that of the first one is told by the checks at the start
                logger.warning("%s", weakness)

    def _read(self) -> str:
        read = read_certificate(*self._files)
        self.context = read.context
        logger.info("certificate valid until %s", f"{read.ends:%Y-%m-%d}")
        return read.weakness
