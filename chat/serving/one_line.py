from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import SuspiciousOperation
from django.db import Error as DatabaseError

if TYPE_CHECKING:
    from logging import LogRecord


class OneLine(logging.Filter):
    """Makes one line of what a stranger or a database can cause: no traceback, and no ERROR.

    Django logs a foreign Host with 27 lines, and a database that is gone with 60 a request.
    """

    def filter(self, record: LogRecord) -> bool:
        """Let the record pass, shortened where it is one of those."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DatabaseError | SuspiciousOperation):
            reason = " ".join(str(error).split())
            record.msg, record.args = "%s: %s", (record.getMessage(), reason)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
