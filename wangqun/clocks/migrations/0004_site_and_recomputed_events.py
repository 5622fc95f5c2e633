from django.db import migrations, models

from wangqun.base.append_only import guard


def guard_again(apps, schema_editor):
    """SQLite changes a constraint by making the table anew, which loses its triggers; PostgreSQL keeps them."""
    if schema_editor.connection.vendor == "sqlite":
        guard("clocks_clockevent").code(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("clocks", "0003_append_only")]

    operations = [
        migrations.RemoveConstraint(model_name="clockevent", name="one_event_per_clock_cycle_and_kind"),
        migrations.AddField(
            model_name="clock",
            name="site",
            field=models.CharField(
                blank=True, default="", help_text="所属网站的名称，用于分类。", max_length=64, verbose_name="网站"
            ),
        ),
        migrations.AddConstraint(
            model_name="clockevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "recomputed"), _negated=True),
                fields=("clock", "cycle", "kind", "due_on"),
                name="one_event_per_clock_cycle_and_kind",
            ),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
    ]
