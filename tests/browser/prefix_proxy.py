from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class PrefixProxy:
    """A reverse proxy that serves a server under a path; a context manager that ends it.

    It is as simple as can be: one request a connection, and the prefix cut off its first line.
    """

    def __init__(self, prefix: str, port: int) -> None:
        self._prefix = prefix.encode()
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._clients: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            with contextlib.suppress(OSError):  # closed already
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._clients.append(client)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            head = self._read_head(client)
            server.sendall(self._rewrite(head))
            back = threading.Thread(target=_pass_on, args=(server, client))
            back.start()
            _pass_on(client, server)
            back.join()

    @staticmethod
    def _read_head(client: socket.socket) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                break
            head += byte
        return head

    def _rewrite(self, head: bytes) -> bytes:
        head = head.replace(b" " + self._prefix, b" ", 1)
        return head.replace(b"Connection: keep-alive", b"Connection: close")


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
