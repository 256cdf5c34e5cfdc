"""The ASGI application: Django for HTTP, the room for WebSockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wschat_project.settings")
django.setup()  # before the imports that need its apps

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from chat.checks import refuse_bad_settings
from chat.prepare import prepare
from chat.routing import websocket_application

refuse_bad_settings()
prepare()  # before whitenoise looks at the folder of static files
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": websocket_application}
)
