from __future__ import annotations

import json
import logging
from logging.config import DictConfigurator
from typing import Any

from chat.config.process import this_process
from wschat_project.settings import LOGGING

config: dict[str, Any] = dict(LOGGING)
formatter: Any = DictConfigurator(config).configure_formatter(config["formatters"]["json"])


def test_a_line_is_one_object_with_what_was_added() -> None:
    """A log collector could not read the lines, or would miss who came from where."""
    record = logging.LogRecord("chat", logging.INFO, "f", 1, "joined %s\n", ("é",), None)
    record.address = "192.0.2.1"
    record.odd = {1}
    line = formatter.format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert read["message"] == "joined é\n"
    assert (read["level"], read["logger"], read["address"]) == ("INFO", "chat", "192.0.2.1")
    assert read["odd"] == "{1}"
    assert "args" not in read
    assert read["time"][10] == "T"


def test_a_line_names_its_process() -> None:
    """In the log of all workers nobody could tell which of them is in trouble."""
    record = logging.LogRecord("chat", logging.INFO, "f", 1, "joined", (), None)
    assert json.loads(formatter.format(record))["process"] == str(this_process())


def test_exceptions_are_kept() -> None:
    """A fault would be logged without the reason."""
    error = ValueError("why")
    record = logging.LogRecord(
        "chat", logging.ERROR, "f", 1, "failed", (), (ValueError, error, None)
    )
    assert "ValueError: why" in json.loads(formatter.format(record))["exception"]
