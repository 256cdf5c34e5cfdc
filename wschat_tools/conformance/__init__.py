"""The protocol as named checks against any server, over sockets of their own.

`CHECKS` are all of them by name, and a `Runner` runs them. Nothing of the server is imported here
but what the protocol says of itself.
"""

from chat.conformance.check import Check, Level
from chat.conformance.checks import CHECKS
from chat.conformance.outcome import Outcome, Status
from chat.conformance.room import Room
from chat.conformance.runner import GoneError, Runner

__all__ = ["CHECKS", "Check", "GoneError", "Level", "Outcome", "Room", "Runner", "Status"]
