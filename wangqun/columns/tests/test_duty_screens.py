"""栏目责任 on screen: list, entry, comparison, import with preview."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from wangqun.columns.actions import entrust, open_column
from wangqun.columns.models import Duty
from wangqun.columns.tests.test_import_sheet import MOVED, book
from wangqun.people.actions import close_account
from wangqun.people.models import Organisation

pytestmark = pytest.mark.req("COL-1")


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def upload(client, *rows):
    return client.post("/admin/duties/import/", {"file": SimpleUploadedFile("责任表.xlsx", book(*rows))})


def payload_of(response):
    return re.search(r'name="payload" value="([^"]+)"', response.content.decode())[1]


def rows():
    return list(Duty.objects.order_by("pk").values_list("pk", "valid_from", "valid_until"))


def test_the_list_shows_who_answers_for_each_column(world, enter):
    text = enter(world.zhou).get("/admin/duties/").content.decode()
    for word in ("正定县商务局", "工作动态", "王编辑", "刘科长", "7日", "共 5 个栏目"):
        assert word in text


def test_the_list_is_filtered_by_site_organisation_and_day(world, enter):
    client = enter(world.zhou)
    assert "共 2 个栏目" in client.get(f"/admin/duties/?website={world.zhengding.pk}").content.decode()
    organisation = Organisation.objects.get(code="wmc")
    assert "共 2 个栏目" in client.get(f"/admin/duties/?organisation={organisation.pk}").content.decode()
    assert "无责任单位的栏目 5 个" in client.get("/admin/duties/?day=2025-12-31").content.decode()
    assert client.get("/admin/duties/?day=whenever&website=0").status_code == 200


def test_columns_without_an_organisation_are_listed(world, enter):
    root = world.zhengding.site.root_page.specific
    open_column(root, title="网上调查", slug="wsdc", kind="interaction", description="调查", keywords="调查", by=world.zhou)
    client = enter(world.zhou)
    assert "无责任单位的栏目 1 个" in client.get("/admin/duties/").content.decode()
    text = client.get("/admin/duties/?only=missing").content.decode()
    assert "网上调查" in text
    assert "共 1 个栏目" in text


def test_columns_whose_people_left_are_listed(world, enter):
    close_account(world.wang, by=world.zhou, reason="调离")
    text = enter(world.zhou).get("/admin/duties/?only=left").content.decode()
    assert "共 2 个栏目" in text
    assert "（已停用）" in text


def test_a_child_column_without_a_row_of_its_own_follows_the_one_above(world, enter):
    open_column(
        world.zhengding_news, title="图片新闻", slug="tpxw", kind="news", description="图片", keywords="图片", by=world.zhou
    )
    assert "随上级栏目“工作动态”" in enter(world.zhou).get("/admin/duties/").content.decode()


def test_an_editor_sees_the_columns_of_the_own_site_only(world, enter):
    client = enter(world.wang)
    text = client.get("/admin/duties/").content.decode()
    assert "共 2 个栏目" in text
    assert "外人" not in text
    assert client.get(f"/admin/duties/{world.gaocheng_news.pk}/").status_code == 404


def test_the_office_entrusts_a_column_from_a_day_on_and_a_second_click_is_refused(world, enter):
    client = enter(world.zhou)
    gaocheng = Organisation.objects.get(code="gaocheng")
    address = f"/admin/duties/{world.zhengding_news.pk}/?organisation={gaocheng.pk}"
    data = {"editors": [world.outsider.pk], "reviewers": [world.gao.pk], "valid_from": "2026-04-01", "remark": "代管"}
    assert "高科长（gao.kezhang）" in client.get(address).content.decode()
    assert client.post(address, data).status_code == 302
    assert world.zhengding_news.duty_on(date(2026, 4, 1)).organisation == gaocheng
    before = rows()
    second = client.post(address, data)
    assert second.status_code == 409
    assert "新的责任须晚于此日" in second.content.decode()
    assert "代管" in second.content.decode()  # what was typed is still there
    assert rows() == before


def test_a_form_without_people_says_so(world, enter):
    client = enter(world.zhou)
    before = rows()
    response = client.post(f"/admin/duties/{world.zhengding_news.pk}/", {"valid_from": "2026-04-01"})
    assert "请至少选一名采编人员。" in response.content.decode()
    assert rows() == before


@pytest.mark.parametrize("who", ["wang", "liu", "outsider", "gao"])
def test_others_cannot_entrust_or_import_and_nothing_changes(world, enter, who):
    client = enter(getattr(world, who))
    before = rows()
    data = {"editors": [world.wang.pk], "reviewers": [world.liu.pk], "valid_from": "2026-04-01"}
    assert client.post(f"/admin/duties/{world.zhengding_news.pk}/", data).status_code == 404
    assert client.get("/admin/duties/import/").status_code == 404
    assert upload(client, MOVED).status_code == 404
    assert rows() == before


def test_an_upload_shows_what_will_change_and_changes_it_when_confirmed(world, enter):
    client = enter(world.zhou)
    before = rows()
    preview = upload(client, MOVED)
    assert "将改变 1 个栏目的责任" in preview.content.decode()
    assert rows() == before
    assert client.post("/admin/duties/import/", {"payload": payload_of(preview)}).status_code == 302
    assert world.zhengding_news.duty_on(date(2026, 4, 1)).valid_from == date(2026, 4, 1)
    assert "共 0 处变化" in upload(client, MOVED).content.decode()


def test_a_second_confirmation_is_refused_and_changes_nothing(world, enter):
    client = enter(world.zhou)
    payload = payload_of(upload(client, MOVED))
    client.post("/admin/duties/import/", {"payload": payload})
    before = rows()
    second = client.post("/admin/duties/import/", {"payload": payload})
    assert second.status_code == 409
    assert "可能已经导入过" in second.content.decode()
    assert rows() == before


def test_a_preview_that_is_stale_tampered_or_anothers_is_refused(world, enter, travel):
    client = enter(world.zhou)
    payload = payload_of(upload(client, MOVED))
    before = rows()
    assert client.post("/admin/duties/import/", {"payload": payload[:-1] + "x"}).status_code == 409
    travel("2026-03-10 11:00")
    assert "预览已过期" in client.post("/admin/duties/import/", {"payload": payload}).content.decode()
    assert rows() == before


def test_a_list_with_a_bad_row_is_shown_with_its_faults_and_no_confirmation(world, enter):
    response = upload(enter(world.zhou), MOVED, MOVED)
    assert response.status_code == 409
    assert "第 4 行：与第 3 行是同一栏目" in response.content.decode()
    assert 'name="payload"' not in response.content.decode()


def test_a_file_that_cannot_be_read_says_so(world, enter):
    client = enter(world.zhou)
    response = client.post("/admin/duties/import/", {"file": SimpleUploadedFile("a.xlsx", b"hello")})
    assert "不是能读的 .xlsx 文件" in response.content.decode()
    assert "请选择要上传的文件" in client.post("/admin/duties/import/", {}).content.decode()


def test_two_days_are_compared(world, enter):
    gaocheng = Organisation.objects.get(code="gaocheng")
    people = {"editors": [world.outsider], "reviewers": [world.gao]}
    entrust(world.zhengding_news, organisation=gaocheng, valid_from=date(2026, 3, 5), by=world.zhou, **people)
    client = enter(world.zhou)
    text = client.get("/admin/duties/compare/?first=2026-03-04&second=2026-03-05").content.decode()
    assert text.count("采编：") == 2
    assert "外人" in text
    assert "责任相同" in client.get("/admin/duties/compare/?first=2026-03-05&second=2026-03-06").content.decode()


def test_the_paper_carries_the_annex_and_its_title(world, enter):
    text = enter(world.zhou).get(f"/admin/duties/print/?website={world.portal.pk}").content.decode()
    assert "附件一" in text
    assert "石家庄市商务局门户网站信息发布及审核责任明细表" in text


def test_the_export_is_a_spreadsheet(world, enter):
    response = enter(world.wang).get("/admin/duties/export/")
    assert response["Content-Type"].endswith("sheet")
    assert response.content[:2] == b"PK"


def test_the_list_asks_as_many_questions_for_one_column_as_for_three(world, enter, django_assert_max_num_queries):
    client = enter(world.wang)
    client.get("/admin/duties/")
    with django_assert_max_num_queries(40) as few:
        client.get("/admin/duties/")
    root = world.zhengding.site.root_page.specific
    zhengding = Organisation.objects.get(code="zhengding")
    for slug in ("a", "b", "c"):
        column = open_column(root, title=slug, slug=slug, kind="other", description="-", keywords="-", by=world.zhou)
        entrust(column, organisation=zhengding, editors=[world.wang], reviewers=[world.liu], by=world.zhou)
    with django_assert_max_num_queries(40) as many:
        client.get("/admin/duties/")
    assert len(few) == len(many)
