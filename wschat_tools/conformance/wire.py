"""The bytes under a connection: read in time and strictly, written as they are."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any, Final

from wschat_tools.conformance.errors import ClosedError, SilentError, UnframedError
from wschat_tools.conformance.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

if TYPE_CHECKING:
    from wschat_tools.load import Address

LONGEST_MESSAGE: Final = 16 * 1024 * 1024
OPCODES: Final = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)


class Ending(asyncio.StreamReaderProtocol):
    """Ends our side as soon as the server has ended its own: some wait for that to be sure."""

    def eof_received(self) -> bool:
        """Let what has come be read, and the transport be closed."""
        super().eof_received()
        return False


class Wire:
    """A TCP connection whose reads last `timeout` seconds at most."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout = timeout

    async def read_answer(self) -> bytes:
        """Return the head of an HTTP answer, or what comes in place of one."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return await self._reader.read(1024)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                return error.partial
            raise ClosedError(None) from None
        except ConnectionError:
            raise ClosedError(None) from None
        except TimeoutError:
            raise SilentError(f"no answer to the handshake within {self._timeout:g} s") from None

    async def read_frame(self) -> tuple[bool, int, bytes]:
        """Return whether the next frame is final, its opcode and its payload."""
        try:
            async with asyncio.timeout(self._timeout):
                first, length = await self._reader.readexactly(2)
                opcode = first & 0x0F
                if first & 0x70 or length > 127 or opcode not in OPCODES:
                    start = bytes((first, length))
                    raise UnframedError(f"a frame that starts {start!r}, not a server's")
                if length == 126:
                    length = int.from_bytes(await self._reader.readexactly(2), "big")
                elif length == 127:
                    length = int.from_bytes(await self._reader.readexactly(8), "big")
                if length > LONGEST_MESSAGE:
                    raise UnframedError(f"a frame that announces {length} bytes")
                return first > 127, opcode, await self._reader.readexactly(length)
        except TimeoutError:
            raise SilentError(f"nothing within {self._timeout:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ClosedError(None) from None

    async def is_eof(self) -> bool:
        """Tell whether the server ended the TCP connection and sent nothing more before."""
        with contextlib.suppress(ConnectionError):
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._reader.read(1) == b""
            except TimeoutError:
                return False
        return True

    def write(self, data: bytes) -> None:
        """Send bytes, all in one write; none where the connection has ended."""
        if not self._writer.transport.is_closing():
            self._writer.write(data)

    def write_eof(self) -> None:
        """End our side of the TCP connection, without a close frame."""
        raw = self._raw
        with contextlib.suppress(OSError):  # the server has ended it already
            if self._writer.can_write_eof():
                self._writer.write_eof()
            elif raw is not None:  # TLS of asyncio has no half of a connection
                raw.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Reset the TCP connection."""
        raw = self._raw
        if raw is not None:
            with contextlib.suppress(OSError):  # it is down already
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    @property
    def _raw(self) -> socket.socket | None:
        """The socket; TLS of asyncio has none any more once the server has ended it."""
        raw: socket.socket | None = self._writer.get_extra_info("socket")
        return raw

    async def aclose(self) -> None:
        """End the connection, without a close frame and without waiting for the server."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def open_wire(address: Address, timeout: float) -> Wire:  # noqa: ASYNC109 - of every read
    """Connect.

    Raises:
        OSError: nobody listens.
        SilentError: nobody answers.

    """
    loop = asyncio.get_running_loop()
    raw = address.new_socket()
    try:
        async with asyncio.timeout(timeout):
            await loop.sock_connect(raw, address.sockaddr)
    except TimeoutError:
        raw.close()
        raise SilentError(f"no connection within {timeout:g} s") from None
    except BaseException:
        raw.close()
        raise
    reader = asyncio.StreamReader()
    tls: dict[str, Any] = {"ssl": address.tls, "server_hostname": address.host}
    if address.tls:
        tls["ssl_handshake_timeout"] = timeout
    try:
        transport, protocol = await loop.create_connection(
            lambda: Ending(reader), sock=raw, **(tls if address.tls else {})
        )
    except TimeoutError:
        raise SilentError(f"no TLS handshake within {timeout:g} s") from None
    return Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), timeout)
