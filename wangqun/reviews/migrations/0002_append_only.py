from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        guard("reviews_signing"),
        guard("reviews_transfer"),
    ]
