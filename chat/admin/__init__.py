from chat.admin import (
    announcements,
    audit,
    bans,
    connections,
    live,
    messages,
    processes,
    server,
    switches,
)

__all__ = [
    "announcements",
    "audit",
    "bans",
    "connections",
    "live",
    "messages",
    "processes",
    "server",
    "switches",
]
