"""Two groups, "wschat operators" who may steer the room and "wschat viewers" who may look; and the
one row of the switches, all off."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

SEEN = (
    "announcement", "ban", "connection", "livemember", "loggedmessage", "server", "serverprocess",
    "switches",
)  # fmt: skip
VIEWED = [("chat", f"view_{name}") for name in SEEN] + [("admin", "view_logentry")]
STEERED = [
    ("chat", name)
    for name in (
        "kick_connection",
        "add_ban", "change_ban", "delete_ban",
        "add_announcement",
        "change_switches",
        "add_server", "change_server", "delete_server",
    )
]  # fmt: skip
GROUPS = {"wschat operators": VIEWED + STEERED, "wschat viewers": VIEWED}


def make_groups(apps, schema_editor):
    # Django makes permissions after all migrations; here they are needed before.
    for label in ("chat", "admin"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, using=schema_editor.connection.alias, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, allowed in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for label, codename in allowed:
            group.permissions.add(
                permissions.get(content_type__app_label=label, codename=codename)
            )


def make_switches(apps, schema_editor):
    apps.get_model("chat", "Switches").objects.get_or_create(id=1)


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_operations"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(make_groups, remove_groups),
        migrations.RunPython(make_switches, migrations.RunPython.noop),
    ]
