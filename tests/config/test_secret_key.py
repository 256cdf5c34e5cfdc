from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from chat.config.secret_key import read_or_make, read_or_make_or_exit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_makes_a_key_that_nobody_else_can_read(tmp_path: Path, umask: int) -> None:
    """Anybody on the machine could forge sessions of the admin."""
    before = os.umask(umask)
    try:
        key = read_or_make(tmp_path / "new" / "secret_key")
    finally:
        os.umask(before)
    assert len(key) >= 50
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_keeps_the_key(tmp_path: Path) -> None:
    """Everybody would be logged out by every restart."""
    path = tmp_path / "secret_key"
    assert read_or_make(path) == read_or_make(path)
    assert read_or_make(tmp_path / "other") != read_or_make(path)


def test_many_that_start_at_once_agree(tmp_path: Path) -> None:
    """Processes of one server would sign with different keys."""
    for number in range(20):
        path = tmp_path / str(number) / "secret_key"
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(read_or_make, [path] * 8))) == 1


def test_names_the_setting_where_the_folder_cannot_be_used(tmp_path: Path) -> None:
    """Somebody with a wrong WSCHAT_VAR would see a traceback."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SystemExit) as caught:
        read_or_make_or_exit(file / "secret_key")
    assert str(caught.value.code).startswith("WSCHAT_VAR: ")
    assert str(file) in str(caught.value.code)
