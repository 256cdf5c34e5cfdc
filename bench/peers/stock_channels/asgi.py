"""The ASGI application of the stock recipe."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.stock_channels.settings")
http = get_asgi_application()

from bench.peers.stock_channels.consumers import ChatConsumer  # noqa: E402 - Django must be set up before

application = ProtocolTypeRouter(
    {"http": http, "websocket": URLRouter([path("", ChatConsumer.as_asgi())])}
)
