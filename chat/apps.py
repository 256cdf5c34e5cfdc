from django.apps import AppConfig

import chat.serving.loop  # noqa: F401 - installs the reactor, before Daphne's app does


class ChatConfig(AppConfig):
    """The one app of the project."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the start-up checks."""
        from chat.serving import checks  # noqa: F401, PLC0415 - importing registers them
