"""The first scoring rules, as data: the office enters later versions beside them."""

from datetime import date

from django.db import migrations

POINTS = {
    # tenths of a point per fact
    "release": 20,
    "reprint": 5,
    "adopted": 20,
    "withdrawn": -40,
    "overdue_clock": -10,
    "first_reminder": -10,
    "second_reminder": -20,
    "escalation": -50,
    "receipt_late": -5,
    # limits
    "daily_cap": 3,
    "receipt_workdays": 2,
}


def forwards(apps, schema_editor):
    apps.get_model("assessment", "Scheme").objects.get_or_create(
        version=1,
        defaults={
            "valid_from": date(2016, 1, 1),
            "points": POINTS,
            "remark": "首发每篇 2 分，转载 0.5 分，报送被采用 2 分；同一栏目每日最多计 3 篇；逾期、提醒、撤下按项减分。",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("assessment", "0003_append_only")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
