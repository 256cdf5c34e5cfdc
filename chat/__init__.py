"""The server: one room over WebSockets, and the page to go with it."""

from wschat_tools import VERSION

__all__ = ["VERSION"]
