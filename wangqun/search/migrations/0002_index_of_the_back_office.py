"""The full-text index that the back office's search on PostgreSQL needs and that no migration of Wagtail makes."""

from django.db import migrations

NAME = "wagtailsearch_title_body_gin"


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {NAME} ON wagtailsearch_indexentry USING gin ((title || body))")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):

    dependencies = [("search", "0001_asked_and_synonyms"), ("wagtailsearch", "0010_add_text_fields")]

    operations = [migrations.RunPython(make, drop)]
