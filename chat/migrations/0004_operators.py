"""What operators do many times at once and can undo, from which address they did what, and what
the charts show. Columns have a default of the database's: processes of the version before, which
know nothing of them, go on writing while they are replaced one by one."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

GROUPS = ("wschat operators", "wschat viewers")


def let_groups_see(apps, schema_editor):
    # Django makes permissions after all migrations; here they are needed before.
    config = apps.get_app_config("chat")
    config.models_module = True
    create_permissions(config, apps=apps, using=schema_editor.connection.alias, verbosity=0)
    config.models_module = None
    seen = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="chat", codename="view_sweep"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(seen)


class Migration(migrations.Migration):

    dependencies = [
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('chat', '0003_groups_and_switches'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LogAddress',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='origin', serialize=False, to='admin.logentry')),
                ('address', models.CharField(db_index=True, max_length=60)),
            ],
        ),
        migrations.AddField(
            model_name='minute',
            name='members',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='minute',
            name='refused',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='serverprocess',
            name='problem',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('whom', models.CharField(max_length=300)),
                ('reason', models.CharField(blank=True, help_text='Whoever is refused or put out is told this.', max_length=200)),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('members', models.PositiveIntegerField(default=0, verbose_name='put out')),
                ('replaced', models.JSONField(default=list, editable=False)),
                ('made', models.DateTimeField(auto_now_add=True)),
                ('undone', models.DateTimeField(editable=False, null=True)),
                ('made_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-made',),
            },
        ),
        migrations.AddField(
            model_name='ban',
            name='sweep',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='bans', to='chat.sweep'),
        ),
        migrations.RunPython(let_groups_see, migrations.RunPython.noop),
    ]
