"""The ASGI application of the stock recipe."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.stock_channels.settings")
http = get_asgi_application()

from bench.peers.stock_channels.consumers import ChatConsumer  # noqa: E402 - Django must be set up before

consumer: Any = ChatConsumer.as_asgi()  # Django's path() is typed for views alone
routes: list[Any] = [path("", consumer)]
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(routes)})
