"""The rules that the office starts with. 依据：石15、沪23。"""

from django.db import migrations

RULES = [
    # kind, name, basis, warn days before, working days to the second slip, working days to the escalation
    ("column_news", "新闻动态类栏目", "石15(1)", 1, 2, 2),
    ("column_interaction", "互动交流类栏目", "石15(2)", 1, 2, 2),
    ("column_other", "随时更新类及其他栏目", "石15(4)", 2, 3, 3),
    ("website", "网站每周更新不少于两次", "沪23", 2, 2, 2),
    ("law", "法规文件施行前上网", "沪23", 7, 1, 1),
]


def write(apps, schema_editor):
    rule = apps.get_model("reminders", "ReminderRule")
    for kind, name, basis, warn, second, escalate in RULES:
        rule.objects.get_or_create(
            kind=kind,
            defaults={
                "name": name,
                "basis": basis,
                "warn_days": warn,
                "second_after_workdays": second,
                "escalate_after_workdays": escalate,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("reminders", "0002_append_only")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
