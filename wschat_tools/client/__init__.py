"""A member of a room that stays in it: for bots, in a few lines. Needs `websockets` alone."""

from wschat_tools.client.client import Client
from wschat_tools.client.errors import StayAwayError
from wschat_tools.client.event import Event

__all__ = ["Client", "Event", "StayAwayError"]
