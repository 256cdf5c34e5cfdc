from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, Permission

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def quick_pages(settings: Settings) -> None:
    """Do without collected static files and slow hashes: no test here is about them."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "static_files" not in name]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def groups(db: None) -> None:
    """Have the groups of the migrations: a test that flushes the database takes them away."""
    if Group.objects.exists():
        return
    made = import_module("chat.migrations.0003_groups_and_switches").GROUPS
    logins = import_module("chat.migrations.0005_logins").GROUPS
    for name, allowed in made.items():
        group = Group.objects.create(name=name)
        later = [("chat", codename) for codename in ("view_sweep", *logins[name])]
        for label, codename in [*allowed, *later]:
            found = Permission.objects.get(content_type__app_label=label, codename=codename)
            group.permissions.add(found)
