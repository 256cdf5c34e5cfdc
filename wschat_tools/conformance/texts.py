"""What stands behind a rule: a line of the family's own text, or of RFC 6455."""

from typing import Final

FIRST: Final = (
    'The first message sent to a connecting client is a "connect" message, specifically, the same '
    "one that is echoed to the rest of the connected clients."
)
THEN: Final = "After this first message is sent, the client can start receiving other messages."
ASSIGNED: Final = "Users are assigned a UUID by the system."
NO_HISTORY: Final = "On join, users do not receive the chat history."
SEEN_BY_ALL: Final = (
    "Everything that goes on in the server can be seen by all, including all messages sent."
)
SENDER: Final = 'The sender of the message. "connect" and "disconnect" have this as "system".'
ACTION: Final = "One of 4 possible strings: connect, chat, disconnect, error."
ERROR: Final = (
    '"error" should only be sent by the server, after which the server should disconnect the '
    "client."
)
CONTENTS: Final = (
    'Contents of the message. This is the UUID of the user if the action is "connect" or '
    '"disconnect".'
)
TIME: Final = (
    "A unix timestamp with second precision. Populated by the server on message receipt or right "
    'before a "system" message is sent.'
)
NUMBER: Final = "A server should prefer sending a timestamp as a number, not a string."
OPTIONAL: Final = (
    "As of this time, client may possibly forgo sending the sender?, action?, and timestamp fields."
)
FORMAT: Final = "The message format sent to/from servers and clients is as follows"
BAD: Final = (
    "If a bad message format is received on the websocket, the server should immediately close "
    "the connection (TODO: Send error message?)."
)
LEAVES: Final = "Notify when a user disconnects from the chat."
WEB: Final = "Users can join via the web to any of the different servers"
FRAMES: Final = "RFC 6455, section 5: how messages are framed and fragmented"
CONTROL: Final = "RFC 6455, section 5.5: control frames, also in the midst of a fragmented message"
CLOSING: Final = "RFC 6455, section 5.5.1: a Close frame is answered with one"
CODES: Final = "RFC 6455, section 7.4.1: what the close codes mean"
HANDSHAKE: Final = "RFC 6455, section 4.2: what a server makes of the opening handshake"
