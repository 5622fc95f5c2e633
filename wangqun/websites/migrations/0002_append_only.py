from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("websites", "0001_initial")]

    operations = [
        guard("websites_websitechange"),
    ]
