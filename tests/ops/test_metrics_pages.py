"""What is served at the metrics' address."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from bench.process import free_port
from chat.ops.metrics_pages import serve_pages


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_shows_the_metrics_and_why_it_is_not_ready(
    capfd: pytest.CaptureFixture[str], host: str, shown: str
) -> None:
    """An operator would be told that something is wrong, and not what; a monitor nothing."""
    registry, port = CollectorRegistry(), free_port()
    Counter("said", "What was said.", registry=registry).inc(7)
    told: dict[str, Any] = {"ready": True, "problems": {}}
    serve_pages(host, port, registry, lambda: told)

    served = [thread for thread in threading.enumerate() if thread.name == "metrics"]
    assert served
    assert all(thread.daemon for thread in served), "a process would never end"

    def get(path: str) -> tuple[str, str, str]:
        answer: Any
        try:
            answer = urllib.request.urlopen(f"http://{shown}:{port}{path}", timeout=5)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            status = f"{answer.status} {answer.reason}"
            return status, answer.headers["Content-Type"], answer.read().decode()

    status, kind, text = get("/metrics")
    assert status == "200 OK"
    assert kind.startswith("text/plain")
    assert "said_total 7.0\n" in text
    assert get("/readyz") == ("200 OK", "application/json", json.dumps(told) + "\n")
    told = {"ready": False, "problems": {"database": "gone"}}
    unready = ("503 Service Unavailable", "application/json", json.dumps(told) + "\n")
    assert get("/readyz") == unready
    with pytest.raises(OSError, match="in use"):
        serve_pages(host, port, registry, lambda: told)
    assert capfd.readouterr().err == ""
