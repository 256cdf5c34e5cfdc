"""The attackers that speak TLS.

Run as `python -m tests.attacks.handshakers STORY PORT [ARGUMENTS]`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.attackers import PATIENCE, UPGRADE, connect
from tests.attacks.openssl import Session

if TYPE_CHECKING:
    from collections.abc import Callable


def handshakes(port: int, kind: str, count: str, enough: str) -> dict[str, Any]:
    """Do TLS handshakes, `count` at a time: complete ones, or ones with garbage in the middle.

    Stops when `enough` handshakes have ended.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    shaking: list[ssl.SSLSocket] = []
    ended = {"whole": 0, "broken": 0}
    until = time.monotonic() + PATIENCE
    while sum(ended.values()) < int(enough) and time.monotonic() < until:
        while len(shaking) < int(count):
            one = connect(port)
            one.setblocking(False)
            shaking.append(
                context.wrap_socket(
                    one, do_handshake_on_connect=False, server_hostname="wrong.example"
                )
            )
            _shake(shaking[-1], kind)
            if kind == "garbage":
                socket.socket.send(shaking[-1], os.urandom(4000))
        for one in select.select(shaking, [], [], 0.1)[0]:
            if (outcome := _shake(one, kind)) in ended:
                ended[outcome] += 1
                shaking.remove(one)
                one.close()
    return ended


def _shake(one: ssl.SSLSocket, kind: str) -> str:
    """Go on with a handshake; the server's alert about garbage comes behind its end."""
    try:
        one.do_handshake()
        return "broken" if kind == "garbage" and not one.recv(1) else "whole"
    except ssl.SSLWantReadError:
        return "under way"
    except OSError:
        return "broken"


def key_updates(port: int, count: str) -> dict[str, Any]:
    """Become a member by TLS, and send messages that there is a new key, all made beforehand."""
    opened = connect(port)
    session = Session(opened)
    opened.sendall(session.seal(UPGRADE.encode()))
    opened.recv(65536)
    messages = session.key_updates(int(count))
    with contextlib.suppress(OSError):
        opened.sendall(messages)
    until = time.monotonic() + PATIENCE
    while not (is_out := _is_out(opened)) and time.monotonic() < until:
        pass
    return {"is_out": is_out}


def _is_out(one: socket.socket) -> bool:
    try:
        return not one.recv(65536)
    except OSError:
        return True


STORIES: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "handshakes": handshakes,
    "key_updates": key_updates,
}

if __name__ == "__main__":
    story, at, *arguments = sys.argv[1:]
    print("begun", flush=True)
    print(json.dumps(STORIES[story](int(at), *arguments)))
