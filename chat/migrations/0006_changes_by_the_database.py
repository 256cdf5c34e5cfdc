"""Bans are marked as changed by the database's clock: one of a host ahead would hide all changes."""

from django.db import migrations
from django.db.models.functions import Now

import chat.models.clock


def take_back_the_future(apps, schema_editor):
    bans = apps.get_model("chat", "Ban").objects.using(schema_editor.connection.alias)
    bans.filter(changed__gt=Now()).update(changed=Now())


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0005_logins'),
    ]

    operations = [
        migrations.AlterField(
            model_name='ban',
            name='changed',
            field=chat.models.clock.ChangedField(editable=False),
        ),
        migrations.RunPython(take_back_the_future, migrations.RunPython.noop),
    ]
