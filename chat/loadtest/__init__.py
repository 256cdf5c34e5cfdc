"""The load test: what one command asks of the load engine, and how its outcome is shown."""

from chat.loadtest.plan import Plan
from chat.loadtest.report import Report
from chat.loadtest.run import Run

__all__ = ["Plan", "Report", "Run"]
