"""Changed columns become public by a record, and people know before what a change touches."""

import shutil

import pytest
from django.conf import settings
from django.urls import reverse

from wangqun.publication import actions as publication
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Generation, Rebuild, Release

HOST = "zhengding.localhost"

pytestmark = pytest.mark.req("COL-8")


@pytest.fixture
def built(world):
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    return world


def rename(world):
    column = world.zhengding_news
    column.title = "正定动态"
    column.save_revision(user=world.sun)
    return column


def test_the_office_sees_what_a_changed_column_touches_and_publishes_it(built, client):
    column = rename(built)
    client.force_login(built.sun)
    address = reverse("publish_structure", args=[column.pk])
    shown = client.get(address).content.decode()
    assert "至多重新生成" in shown
    assert built.zhengding.name in shown
    assert client.post(address, {"reason": ""}).status_code == 409
    assert client.post(address, {"reason": "栏目更名"}).status_code == 302
    assert Release.objects.filter(page=column).latest("pk").note == "栏目更名"
    work_off()
    assert "正定动态" in (settings.RELEASE_ROOT / "current" / HOST / "index.html").read_text(encoding="utf-8")
    assert "没有新的改动" in client.get(address).content.decode()


def test_who_may_not_publish_columns_finds_no_such_screen(built, client):
    column = rename(built)
    client.force_login(built.wang)
    assert client.get(reverse("publish_structure", args=[column.pk])).status_code == 404
    assert client.post(reverse("publish_structure", args=[column.pk]), {"reason": "试"}).status_code == 404


def test_the_registry_says_what_a_change_touches(built, client):
    client.force_login(built.zhou)
    shown = client.get(reverse("website_registration", args=[built.zhengding.pk])).content.decode()
    assert "至多重新生成" in shown


def test_a_site_is_made_again_behind_everything_else_and_the_list_shows_the_progress(built, client):
    client.force_login(built.zhou)
    assert client.post(reverse("website_rebuild", args=[built.zhengding.pk])).status_code == 302
    rebuild = Rebuild.objects.get()
    assert f"0/{rebuild.total}（0%）" in client.get(reverse("rebuilds:index")).content.decode()
    work_off()
    assert f"{rebuild.total}/{rebuild.total}（100%）" in client.get(reverse("rebuilds:index")).content.decode()


def test_an_editor_may_not_have_a_site_made_again(built, client):
    client.force_login(built.wang)
    client.post(reverse("website_rebuild", args=[built.zhengding.pk]))
    assert not Rebuild.objects.exists()


def test_the_list_of_generations_says_which_one_is_shown_and_why(built, client):
    client.force_login(built.zhou)
    shown = client.get(reverse("generations:index")).content.decode()
    assert str(Generation.objects.get(is_current=True)) in shown
