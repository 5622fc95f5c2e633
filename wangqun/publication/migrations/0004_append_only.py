from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("publication", "0003_initial")]

    operations = [
        guard("publication_release"),
    ]
