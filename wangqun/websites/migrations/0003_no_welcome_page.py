from django.db import migrations


def remove(apps, schema_editor):
    """Take away the page and the site that Wagtail makes for newcomers: no page may be live without a release."""
    Page = apps.get_model("wagtailcore", "Page")
    welcome = Page.objects.filter(depth=2, slug="home", title__startswith="Welcome to your new Wagtail site").first()
    if welcome is None:
        return
    apps.get_model("wagtailcore", "Site").objects.filter(root_page_id=welcome.pk).delete()
    welcome.delete()
    root = Page.objects.get(depth=1)
    root.numchild = Page.objects.filter(depth=2).count()
    root.save(update_fields=["numchild"])


class Migration(migrations.Migration):
    dependencies = [("websites", "0002_append_only"), ("wagtailcore", "0098_apitoken")]

    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
