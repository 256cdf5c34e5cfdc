"""What can go wrong between the load engine and a server, each with a sentence for a person."""


class LoadError(Exception):
    """Base of everything that the load engine raises on purpose."""


class BadAddressError(LoadError):
    """The address is not of the form ``ws://HOST:PORT/``."""


class ConnectError(LoadError):
    """No TCP connection came about: refused, unreachable or timed out."""


class HandshakeError(LoadError):
    """Something answered, but not with the opening handshake of RFC 6455, section 4.2.2."""


class ChatError(LoadError):
    """It is a WebSocket, but what it says is not the chat's protocol."""
