"""Tries to log in, counted in few rows: django-axes, which did that before, added what was sent to
one row at every try. Its tables are left where they are, for a way back."""

from django.contrib.auth.management import create_permissions
from django.db import migrations, models

GROUPS = {"wschat operators": ("view_login", "change_login"), "wschat viewers": ("view_login",)}


def let_groups_see(apps, schema_editor):
    # Django makes permissions after all migrations; here they are needed before.
    config = apps.get_app_config("chat")
    config.models_module = True
    create_permissions(config, apps=apps, using=schema_editor.connection.alias, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        for codename in GROUPS[group.name]:
            group.permissions.add(
                permissions.get(content_type__app_label="chat", codename=codename)
            )


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0004_operators'),
    ]

    operations = [
        migrations.CreateModel(
            name='Login',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=150)),
                ('network', models.CharField(max_length=60, verbose_name='from')),
                ('failures', models.PositiveIntegerField(default=0, verbose_name='wrong passwords')),
                ('last', models.DateTimeField(db_index=True, verbose_name='last try')),
                ('succeeded', models.DateTimeField(null=True, verbose_name='last got in')),
            ],
            options={
                'ordering': ('-last',),
                'constraints': [models.UniqueConstraint(fields=('name', 'network'), name='login_of_name_from')],
            },
        ),
        migrations.RunPython(let_groups_see, migrations.RunPython.noop),
    ]
