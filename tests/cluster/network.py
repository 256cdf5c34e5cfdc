"""Hosts in network namespaces, each at the end of a cable that can be pulled, around a hub."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLONE_NEWNET = 0x40000000
_THIS_NETWORK = Path("/proc/thread-self/ns/net")


@contextmanager
def hub() -> Iterator[None]:
    """Put this thread, and every thread and process it starts, into a network of its own.

    A cable in the machine's own network would break every page that a browser is loading then:
    Chromium gives up its requests when an interface comes or goes (ERR_NETWORK_CHANGED).
    Raises OSError where that is not permitted.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with _THIS_NETWORK.open("rb") as before:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "no network of its own for a test")
        try:
            ip("link", "set", "lo", "up")
            yield
        finally:
            libc.setns(before.fileno(), _CLONE_NEWNET)


class Host:
    """A network namespace; `here` is the hub's address on its cable, `there` its own."""

    def __init__(self, number: int) -> None:
        self.name = f"wschat-{os.getpid()}-{number}"
        self.cable = f"cable{number}"
        self.here = f"10.213.0.{4 * number + 1}"
        self.there = f"10.213.0.{4 * number + 2}"

    def __enter__(self) -> Self:
        try:
            ip("netns", "add", self.name)
            ip("link", "add", self.cable, "type", "veth", "peer", "eth0", "netns", self.name)
            ip("address", "add", f"{self.here}/30", "dev", self.cable)
            ip("link", "set", self.cable, "up")
            ip("-n", self.name, "address", "add", f"{self.there}/30", "dev", "eth0")
            ip("-n", self.name, "link", "set", "eth0", "up")
            ip("-n", self.name, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["ip", "link", "delete", self.cable], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)

    def pull_cable(self) -> None:
        """Lose every packet from now on."""
        ip("link", "set", self.cable, "down")

    def plug_cable(self) -> None:
        """Lose no packet any more."""
        ip("link", "set", self.cable, "up")


class HostedServer(RunningServer):
    """A server on such a host."""

    def __init__(self, host: Host, env: Mapping[str, str]) -> None:
        super().__init__(env=env, host=host.there)
        self._name = host.name

    @property
    def command(self) -> list[str]:
        """The command line."""
        return ["ip", "netns", "exec", self._name, *super().command]


def ip(*arguments: str) -> None:
    """Run iproute2."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def why_no_hosts() -> str:
    """Return why hosts cannot be made here; empty if they can."""
    missing = [name for name in ("ip", "ss", "nginx", "redis-server") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    try:
        with hub(), Host(9):
            return ""
    except OSError as error:
        return f"network namespaces are not permitted: {error}"
    except subprocess.CalledProcessError as error:
        return f"network namespaces are not permitted: {error.stderr.decode().strip()}"
