"""One socket's bytes: Daphne's fast path, and the ASGI way for any other server."""
