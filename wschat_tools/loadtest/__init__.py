"""The load test: what one command asks of the load engine, and how its outcome is shown."""

from wschat_tools.loadtest.plan import Plan
from wschat_tools.loadtest.report import Report
from wschat_tools.loadtest.run import Run

__all__ = ["Plan", "Report", "Run"]
