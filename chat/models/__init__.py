from chat.models.announcement import Announcement
from chat.models.ban import Ban
from chat.models.connection import Connection, LiveMember
from chat.models.log_address import LogAddress
from chat.models.logged_message import LoggedMessage
from chat.models.login import Login
from chat.models.minute import Minute
from chat.models.server import Server
from chat.models.server_process import ServerProcess
from chat.models.sweep import Sweep
from chat.models.switches import Switches

__all__ = [
    "Announcement",
    "Ban",
    "Connection",
    "LiveMember",
    "LogAddress",
    "LoggedMessage",
    "Login",
    "Minute",
    "Server",
    "ServerProcess",
    "Sweep",
    "Switches",
]
