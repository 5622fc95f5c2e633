"""Enters version 1 of the word lists from data/words/v1.json."""

import json
from datetime import date
from pathlib import Path

from django.db import migrations

FILE = Path(__file__).resolve().parents[3] / "data" / "words" / "v1.json"


def enter(apps, schema_editor) -> None:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    apps.get_model("screening", "Dictionary").objects.get_or_create(
        version=data["version"],
        defaults={
            "words": data["words"],
            "effective_on": date.fromisoformat(data["effective_on"]),
            "remark": data["remark"],
        },
    )


class Migration(migrations.Migration):
    dependencies = [("screening", "0003_examination_run")]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
