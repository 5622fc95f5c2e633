from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]

    operations = [
        guard("screening_justification"),
    ]
