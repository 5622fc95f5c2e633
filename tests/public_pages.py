"""Sites, columns, articles and their public rows, made directly: what release would have left behind."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from wagtail.models import Page, Site

from wangqun.articles.models import ArticlePage
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.people.models import Organisation, User
from wangqun.portal.models import HomePage
from wangqun.websites.models import Website

START = timezone.make_aware(timezone.datetime(2026, 1, 5, 9, 30))


def make_organisation(name: str = "石家庄市商务局", code: str = "sjzswj", **details: Any) -> Organisation:
    """Return the organisation called `name`, made if it is not there yet."""
    values = {"short_name": name, "code": code, "kind": Organisation.Kind.BUREAU, **details}
    return Organisation.objects.get_or_create(name=name, defaults=values)[0]


def make_home(
    *, kind: str = Website.Kind.PORTAL, name: str = "中国石家庄商务", domain: str = "portal.localhost", **details: Any
) -> HomePage:
    """Return the home page of a new open site, with its public row."""
    organisation = details.pop("organisation", None) or make_organisation()
    user = User.objects.get_or_create(username="zrr", defaults={"name": "责任人"})[0]
    home = HomePage(title=name, slug=domain.replace(".", "-"), introduction=details.pop("introduction", ""))
    Page.get_first_root_node().add_child(instance=home)
    site = Site.objects.create(hostname=domain, port=80, root_page=home, site_name=name)
    website = Website.objects.create(
        site=site, kind=kind, name=name, domain=domain, organisation=organisation, responsible_department=organisation,
        responsible_person=user, leader=user, **{"state": Website.State.OPEN, **details},
    )  # fmt: skip
    _show(home, PublicItem.Kind.HOME, website, address="/", at=START)
    return home


def make_column(parent: Page, slug: str, title: str, *, is_public: bool = True, **details: Any) -> ColumnPage:
    """Return a new column below `parent`."""
    column = ColumnPage(title=title, slug=slug, **{"description": f"{title}栏目", "keywords": "商务，石家庄", **details})
    parent.add_child(instance=column)
    above = parent if isinstance(parent, ColumnPage) else None
    if is_public:
        _show(column, PublicItem.Kind.COLUMN, column.website, column=above, address=column.public_path, at=START)
    return column


def make_article(column: ColumnPage, title: str, *, number: int, is_public: bool = True, **details: Any) -> ArticlePage:
    """Return article `number` of the installation, published so many hours after the start."""
    at = details.pop("at", START + timedelta(hours=number))
    shown = details.pop("shown", {})
    article = ArticlePage(
        title=title, slug=f"t{at:%Y%m%d}_{number:04d}", first_published_at=at, last_published_at=at, live=is_public, **details
    )
    column.add_child(instance=article)
    if is_public:
        values = {"summary": article.summary, "source": article.displayed_source, "organisation": column.website.organisation}
        website = column.website
        _show(article, PublicItem.Kind.ARTICLE, website, column=column, address=article.public_path, at=at, **(values | shown))
    return article


def show_many(column: ColumnPage, count: int, *, start: int = 1) -> None:
    """Make `count` short public articles in `column`, numbered on from `start`."""
    for number in range(start, start + count):
        make_article(column, f"第{number}篇", number=number)
    columns.seal(column)


def _show(page: Page, kind: str, website: Website, *, address: str, at: Any, column: Any = None, **values: Any) -> None:
    PublicItem.objects.create(
        page=page, kind=kind, website=website, column=column, path=page.path, title=page.title, address=address,
        published_at=at, updated_at=at, **values,
    )  # fmt: skip
