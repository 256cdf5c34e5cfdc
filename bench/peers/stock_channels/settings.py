"""The least that Channels' tutorial needs: Daphne, Channels and the in-memory layer."""

SECRET_KEY = "for the benchmark on this machine only"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["daphne", "channels"]
ASGI_APPLICATION = "bench.peers.stock_channels.asgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
USE_TZ = True
