from chat.models.announcement import Announcement
from chat.models.ban import Ban
from chat.models.connection import Connection, LiveMember
from chat.models.logged_message import LoggedMessage
from chat.models.minute import Minute
from chat.models.server import Server
from chat.models.server_process import ServerProcess
from chat.models.switches import Switches

__all__ = [
    "Announcement",
    "Ban",
    "Connection",
    "LiveMember",
    "LoggedMessage",
    "Minute",
    "Server",
    "ServerProcess",
    "Switches",
]
