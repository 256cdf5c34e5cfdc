from django.apps import AppConfig


class ToolsConfig(AppConfig):
    """What brings the tools' commands to `manage.py`."""

    name = "wschat_tools"
