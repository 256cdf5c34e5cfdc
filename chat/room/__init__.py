"""The one room: members, the order they share, the fan-out to them; no ORM, no sockets."""
