from django.db import migrations

from wangqun.base.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("assessment", "0002_initial")]

    operations = [
        guard("assessment_ranking"),
        guard("assessment_rankingrow"),
        guard("assessment_rankingpoint"),
    ]
