"""Wagtail's migrations make two groups that may publish; here nobody may, and every group comes from the archive."""

from django.db import migrations


def remove(apps, schema_editor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=["Moderators", "Editors"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_expired_grants"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailcore", "0098_apitoken"),
        ("wagtailadmin", "0006_formstate"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
    ]

    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
