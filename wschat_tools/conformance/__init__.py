"""The protocol as named checks against any server, over sockets of their own.

`CHECKS` are all of them by name, and a `Runner` runs them. Nothing of the server is imported here
but what the protocol says of itself.
"""

from wschat_tools.conformance.check import Check, Level
from wschat_tools.conformance.checks import CHECKS
from wschat_tools.conformance.outcome import Outcome, Status
from wschat_tools.conformance.room import Room
from wschat_tools.conformance.runner import GoneError, Runner

__all__ = ["CHECKS", "Check", "GoneError", "Level", "Outcome", "Room", "Runner", "Status"]
