"""The ASGI application: Django for HTTP, the room for WebSockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wschat_project.settings")
django.setup()  # before the imports that need its apps

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from chat.ops.gateway import Gateway
from chat.ops.operations import the_operations
from chat.routing import websocket_application
from chat.serving.checks import refuse_bad_settings
from chat.serving.prepare import prepare

refuse_bad_settings()
prepare()  # before whitenoise looks at the folder of static files
router = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": websocket_application})
the_operations().start()
application = Gateway(router, the_operations())
