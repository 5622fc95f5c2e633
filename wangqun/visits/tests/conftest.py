"""Two sites with their files, and an empty log of their visits."""

import shutil

import pytest
from django.core.cache import cache

from tests.public_pages import make_article, make_column, make_home, make_organisation
from wangqun.visits.tests.factories import Place, put_files


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def log(settings):
    folder = settings.DATA / "visits"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place(db, log, travel):
    """The site fuping.localhost with two columns and three articles. It is noon of 10 March 2026."""
    travel("2026-03-10 12:00")
    host = make_organisation("阜平县商务局", "fpx", kind="county_bureau")
    home = make_home(kind="county", name="阜平县商务", domain="fuping.localhost", organisation=host)
    news, notices = make_column(home, "gzdt", "工作动态"), make_column(home, "tzgg", "通知公告")
    articles = [make_article(news, f"夜经济消费季{number}", number=number) for number in (1, 2)]
    articles.append(make_article(notices, "放假通知", number=3))
    put_files(home.website, [home, news, notices, *articles])
    return Place(home.website, home, news, notices, articles)
