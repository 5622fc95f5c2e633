from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_initial")]

    operations = [
        guard("audit_entry"),
    ]
