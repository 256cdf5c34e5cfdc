from chat.admin import (
    accounts,
    announcements,
    audit,
    bans,
    connections,
    live,
    login,
    messages,
    processes,
    server,
    sweeps,
    switches,
)

__all__ = [
    "accounts",
    "announcements",
    "audit",
    "bans",
    "connections",
    "live",
    "login",
    "messages",
    "processes",
    "server",
    "sweeps",
    "switches",
]
