"""The tutorial's consumer: every socket joins one group, and everything goes to the group."""

import uuid
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from bench.peers.message import message

ROOM = "chat"


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One member of the one room."""

    async def connect(self) -> None:
        """Join the group and tell it."""
        self.name = str(uuid.uuid4())
        await self.accept()
        await self.channel_layer.group_add(ROOM, self.channel_name)
        await self.tell_all("system", "connect", self.name)

    async def disconnect(self, code: int) -> None:
        """Leave the group and tell it."""
        del code
        await self.channel_layer.group_discard(ROOM, self.channel_name)
        await self.tell_all("system", "disconnect", self.name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Tell the group what this member says."""
        del kwargs
        if not isinstance(content, dict) or not isinstance(content.get("contents"), str):
            await self.send_json(message("system", "error", "expected contents to be a string"))
            await self.close(3007)
            return
        await self.tell_all(self.name, "chat", content["contents"])

    async def tell_all(self, sender: str, action: str, contents: str) -> None:
        """Send one message to the group."""
        said = message(sender, action, contents)
        await self.channel_layer.group_send(ROOM, {"type": "room.message", "message": said})

    async def room_message(self, event: dict[str, Any]) -> None:
        """Pass on what the group was told."""
        await self.send_json(event["message"])
