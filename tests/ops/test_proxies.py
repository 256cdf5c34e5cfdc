"""Who is behind a proxy, proved through a real nginx with the sample of the docs."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect

from tests.clients import Visitors
from tests.proxies import NAME, Nginx
from tests.servers import RunningServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

CLIENT = "127.0.0.2"
FORGED = {"X-Forwarded-For": "9.9.9.9", "X-Real-IP": "9.9.9.9", "Forwarded": "for=9.9.9.9"}


async def join(url: str, nginx: Nginx | None) -> str:
    """Return the id of somebody who joins from CLIENT with forged headers."""
    options: dict[str, Any] = {} if nginx is None else {"ssl": nginx.trust, "server_hostname": NAME}
    async with connect(url, additional_headers=FORGED, local_addr=(CLIENT, 0), **options) as client:
        first = json.loads(await client.recv())
        await client.send('{"contents":"through the proxy"}')
        heard = json.loads(await client.recv())
        assert heard["contents"] == "through the proxy"
        return str(first["contents"])


def address_of(server: RunningServer, member: str) -> str:
    match = re.search(rf"joined {member} from (\S+)", server.log)
    assert match is not None
    return match[1]


def status_and_location(nginx: Nginx, path: str) -> tuple[int, str]:
    connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, context=nginx.trust)
    connection.request("GET", path, headers={"Host": NAME})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers.get("Location", "")


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip"])
async def test_forged_headers_mean_nothing(tmp_path: Path, header: str) -> None:
    """Anybody could come with somebody else's address, and get that one banned."""
    options = {
        "WSCHAT_TRUSTED_PROXIES": "127.0.0.1/32",
        "WSCHAT_PROXY_HEADER": header,
        "WSCHAT_ALLOWED_HOSTS": f"{NAME},127.0.0.1",
        "WSCHAT_PREFIX": "/chat" if header == "x-real-ip" else "",
    }
    with RunningServer(env=options) as server, Nginx(server, tmp_path) as nginx:
        through = await join(f"wss://127.0.0.1:{nginx.port}/", nginx)
        under = await join(f"wss://127.0.0.1:{nginx.port}/chat/", nginx)
        direct = await join(server.socket_url, None)
        async with Visitors(server) as visitors:
            trusted = await visitors.join(headers={header: "198.51.100.7"})
        assert address_of(server, through) == CLIENT
        assert address_of(server, under) == CLIENT
        assert address_of(server, direct) == CLIENT
        assert address_of(server, trusted.id) == "198.51.100.7"
        status, _ = await asyncio.to_thread(status_and_location, nginx, "/readyz")
        assert status == 404
        if header == "x-real-ip":
            found = await asyncio.to_thread(status_and_location, nginx, "/chat/admin/")
            assert found == (302, "/chat/admin/login/?next=/chat/admin/")
            page = await asyncio.to_thread(status_and_location, nginx, "/chat/")
            assert page[0] == 200


def test_a_certificate_is_renewed_behind_the_sample(tmp_path: Path) -> None:
    """After ninety days no browser would come in: certbot's proof was sent on to the room."""
    proof = tmp_path / ".well-known" / "acme-challenge" / "token"
    proof.parent.mkdir(parents=True)
    proof.write_text("proof")
    with RunningServer() as server, Nginx(server, tmp_path) as nginx:
        assert plain(nginx, "/.well-known/acme-challenge/token") == (200, "proof")
        assert plain(nginx, "/")[0] == 301


def plain(nginx: Nginx, path: str) -> tuple[int, str]:
    """Return what port 80 answers: its status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port)
    connection.request("GET", path, headers={"Host": NAME})
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body
