from __future__ import annotations

import os
import resource
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chat.transport.pages import LEAST_BYTES, Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = os.urandom(LEAST_BYTES)


def files() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def limit(kind: int, most: int) -> Iterator[None]:
    """Have the system give no more than that."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def test_a_large_batch_stands_in_pages_and_a_small_one_does_not() -> None:
    """A room of ten would pay for what only large batches gain."""
    pages = Pages.of(LARGE)
    assert pages is not None
    assert os.pread(pages.number, pages.size + 1, 0) == LARGE
    pages.close()
    assert Pages.of(LARGE[1:]) is None


def test_what_a_socket_took_is_not_changed_by_the_next_batch() -> None:
    """A slow member would get later words in place of those that were said."""
    here, there = socket.socketpair()
    with here, there:
        for batch in (LARGE, LARGE[::-1]):
            pages = Pages.of(batch)
            assert pages is not None
            assert os.sendfile(here.fileno(), pages.number, 0, pages.size) == len(batch)
            pages.close()
        heard = b""
        while len(heard) < 2 * len(LARGE):
            heard += there.recv(2 * len(LARGE))
    assert heard == LARGE + LARGE[::-1]


@pytest.mark.parametrize(
    ("kind", "most"),
    [(resource.RLIMIT_NOFILE, 3), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_FSIZE, 4096)],
    ids=["no file", "no memory", "too little memory"],
)
def test_a_batch_for_which_there_are_no_pages_goes_without(kind: int, most: int) -> None:
    """A process at its limits would stop to hand out what is said, or open files for ever."""
    before = files()
    with limit(kind, most):
        assert Pages.of(LARGE) is None
    assert files() == before


def test_a_system_that_has_no_such_files_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS a busy room would hear nothing."""
    monkeypatch.delattr(os, "memfd_create")
    assert Pages.of(LARGE) is None
