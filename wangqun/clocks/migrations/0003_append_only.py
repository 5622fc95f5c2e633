from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("clocks", "0002_initial")]

    operations = [
        guard("clocks_clockentry"),
        guard("clocks_clockevent"),
    ]
