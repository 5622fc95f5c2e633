from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]

    operations = [
        guard("reminders_receipt"),
        guard("reminders_phonecall"),
        guard("reminders_escalation"),
    ]
