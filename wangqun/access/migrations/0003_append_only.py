from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("access", "0002_initial")]

    operations = [
        guard("access_grantchange"),
    ]
