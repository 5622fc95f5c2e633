"""What a right may be given for: a site, a column with all below it, or the whole group."""

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page, Site, get_page_models

WHOLE_GROUP = "all"
STEP = 4  # characters of the tree's path for each level


def choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Return the choices of a select, grouped by site: the site itself, then its columns, each below its parent."""
    holders = [model for model in get_page_models() if model is not Page and model.clean_subpage_models()]
    types = ContentType.objects.get_for_models(*holders).values()
    pages = list(Page.objects.filter(content_type__in=types).order_by("path").only("pk", "title", "path", "depth"))
    found: list[tuple[str, str | list[tuple[str, str]]]] = [(WHOLE_GROUP, "整个网站群")]
    for site in Site.objects.select_related("root_page").order_by("root_page__path"):
        root = site.root_page
        inside = [page for page in pages if page.path.startswith(root.path)]
        rows = [
            (str(page.pk), "　" * (page.depth - root.depth) + (page.title if page.pk != root.pk else "全站")) for page in inside
        ]
        found.append((site.site_name or root.title, rows))
    return found


def page_of(value: str) -> Page | None:
    """Return the page that a choice names; None for the whole group."""
    return None if value == WHOLE_GROUP else Page.objects.get(pk=int(value))


def name_of(page: Page | None, sites: dict[str, str]) -> str:
    """Return “site · column” of a scope; `sites` maps the path of each site's root to its name."""
    if page is None:
        return "整个网站群"
    root = next((path for path in sorted(sites, key=len, reverse=True) if page.path.startswith(path)), None)
    if root is None:
        return page.title
    return f"{sites[root]}（全站）" if page.path == root else f"{sites[root]} · {page.title}"


def sites_by_path() -> dict[str, str]:
    """Return the name of every site by the path of its root."""
    return {site.root_page.path: site.site_name or site.root_page.title for site in Site.objects.select_related("root_page")}
