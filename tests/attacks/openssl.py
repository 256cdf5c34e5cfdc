"""OpenSSL by ctypes: what Python's `ssl` has no word for, and an attacker does."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket

CHUNK: Final = 64 * 1024


def _library(name: str) -> Any:
    found = ctypes.util.find_library(name)
    assert found is not None, f"no lib{name} on this machine"
    library = ctypes.CDLL(found)
    for function in ("TLS_client_method", "SSL_CTX_new", "SSL_new", "BIO_s_mem", "BIO_new"):
        if hasattr(library, function):
            getattr(library, function).restype = ctypes.c_void_p
    return library


class Session:
    """A client's side of TLS 1.3, over a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._ssl, self._crypto = _library("ssl"), _library("crypto")
        pointer = ctypes.c_void_p
        context = pointer(self._ssl.SSL_CTX_new(pointer(self._ssl.TLS_client_method())))
        memory = pointer(self._crypto.BIO_s_mem())
        self._incoming = pointer(self._crypto.BIO_new(memory))
        self._outgoing = pointer(self._crypto.BIO_new(memory))
        self._session = pointer(self._ssl.SSL_new(context))
        self._ssl.SSL_set_bio(self._session, self._incoming, self._outgoing)
        self._ssl.SSL_set_connect_state(self._session)
        while self._ssl.SSL_do_handshake(self._session) != 1:
            connection.sendall(self._take())
            came = connection.recv(CHUNK)
            self._crypto.BIO_write(self._incoming, came, len(came))
        connection.sendall(self._take())

    def seal(self, text: bytes) -> bytes:
        """Return the record of a text."""
        self._ssl.SSL_write(self._session, text, len(text))
        return self._take()

    def key_updates(self, count: int) -> bytes:
        """Return so many messages that there is a new key (RFC 8446 section 4.6.3)."""
        for _ in range(count):
            self._ssl.SSL_key_update(self._session, 0)
            self._ssl.SSL_do_handshake(self._session)
        return self._take()

    def _take(self) -> bytes:
        taken, chunk = b"", ctypes.create_string_buffer(CHUNK)
        while (size := self._crypto.BIO_read(self._outgoing, chunk, CHUNK)) > 0:
            taken += chunk.raw[:size]
        return taken
