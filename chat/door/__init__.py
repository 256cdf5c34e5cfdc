"""Who may come in: visitors, origins, addresses, bans, limits; no sockets, no room."""
