"""What is served at WSCHAT_METRICS_ADDRESS: `/metrics`, and `/readyz` with its reasons."""

from __future__ import annotations

import json
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import CollectorRegistry


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log no line for every look of Prometheus."""


def serve_pages(
    host: str, port: int, registry: CollectorRegistry, detail: Callable[[], dict[str, Any]]
) -> None:
    """Serve the pages from now on, in a thread.

    Raises:
        OSError, OverflowError: the address cannot be had.

    """
    metrics: Any = make_wsgi_app(registry)

    def pages(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/readyz":
            shown: Iterable[bytes] = metrics(environ, start_response)
            return shown
        told = detail()
        status = "200 OK" if told["ready"] else "503 Service Unavailable"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(told).encode() + b"\n"]

    class Server(ThreadingWSGIServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    server = make_server(host, port, pages, Server, _Quiet)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
