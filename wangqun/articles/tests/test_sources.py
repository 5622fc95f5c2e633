"""转载来源: the office keeps the list, everybody may look at it, every change is on record."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from wangqun.articles.actions import approve_source, save_source, withdraw_approval
from wangqun.articles.models import Source
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused

pytestmark = pytest.mark.req("COL-6")


@pytest.fixture
def daily(world):
    return save_source(name="河北日报", domain="hebnews.cn", by=world.zhou)


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def last_verb() -> str:
    return Entry.objects.latest("pk").verb


def test_a_source_is_entered_without_approval(world, daily):
    assert (daily.is_approved, daily.approved_by) == (False, None)
    assert last_verb() == "articles.save_source"


def test_a_domain_is_kept_in_small_letters(world):
    assert save_source(name="新华网", domain=" News.CN. ", by=world.zhou).domain == "news.cn"


def test_a_source_without_a_site_needs_no_domain(world):
    assert save_source(name="石家庄日报", domain="", by=world.zhou).domain == ""


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "  "}, "请填写来源名称"),
        ({"name": "河北省商务厅"}, "已经登记"),
        ({"domain": "https://hebnews.cn/"}, "不是域名"),
        ({"domain": "hebnews"}, "不是域名"),
        ({"domain": "新华网.中国"}, "不是域名"),
        ({"remark": "长" * 256}, "备注不超过255字"),
    ],
)
def test_what_cannot_be_a_source_is_refused(world, values, sentence):
    with pytest.raises(Refused, match=sentence):
        save_source(by=world.zhou, **{"name": "河北日报", "domain": "hebnews.cn"} | values)
    assert not Source.objects.filter(name="河北日报").exists()


def test_approval_and_its_withdrawal_are_on_record(world, daily):
    assert approve_source(daily, by=world.zhou).approved_by == world.zhou
    assert last_verb() == "articles.approve_source"
    assert not withdraw_approval(daily, by=world.zhou, reason="停刊").is_approved
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.data) == ("articles.withdraw_approval", {"reason": "停刊"})


def test_a_second_click_is_refused(world, daily):
    approve_source(daily, by=world.zhou)
    with pytest.raises(Refused, match="已经核准"):
        approve_source(daily, by=world.zhou)
    withdraw_approval(daily, by=world.zhou, reason="停刊")
    with pytest.raises(Refused, match="没有核准"):
        withdraw_approval(daily, by=world.zhou, reason="停刊")


def test_a_withdrawal_needs_a_reason(world, daily):
    approve_source(daily, by=world.zhou)
    with pytest.raises(Refused, match="事由"):
        withdraw_approval(daily, by=world.zhou, reason=" ")


def test_another_name_or_domain_needs_a_new_approval(world, daily):
    approve_source(daily, by=world.zhou)
    assert save_source(source=daily, name="河北日报", domain="hebnews.cn", remark="省报", by=world.zhou).is_approved
    changed = save_source(source=daily, name="河北日报", domain="example.com", by=world.zhou)
    assert (changed.is_approved, changed.approved_by) == (False, None)


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "chen", "zheng"])
def test_only_the_office_changes_the_list(world, daily, who):
    by = getattr(world, who)
    with pytest.raises(Refused, match="权限"):
        save_source(name="某网", domain="", by=by)
    with pytest.raises(Refused, match="权限"):
        approve_source(daily, by=by)
    with pytest.raises(Refused, match="权限"):
        withdraw_approval(daily, by=by, reason="停刊")


def test_every_member_of_staff_sees_the_list_and_changes_nothing(world, daily, enter):
    client = enter(world.wang)
    text = client.get("/admin/sources/").content.decode()
    assert "河北日报" in text
    assert "登记来源" not in text
    page = client.get(f"/admin/sources/inspect/{daily.pk}/").content.decode()
    assert "hebnews.cn" in page
    assert "核准转载" not in page
    assert client.get("/admin/sources/enter/").status_code == 404
    assert client.get(f"/admin/sources/{daily.pk}/change/").status_code == 404
    assert client.post(f"/admin/sources/{daily.pk}/approve/").status_code == 409
    assert not Source.objects.get(pk=daily.pk).is_approved


def test_the_list_is_searched_and_filtered(world, daily, enter):
    client = enter(world.zhou)
    found = client.get("/admin/sources/?q=hebnews").content.decode()
    assert "河北日报" in found
    assert "某论坛" not in found
    approved = client.get("/admin/sources/?is_approved=true").content.decode()
    assert "河北省商务厅" in approved
    assert "河北日报" not in approved


def test_the_list_is_exported(world, daily, enter):
    answer = enter(world.wang).get("/admin/sources/?export=xlsx")
    rows = list(load_workbook(BytesIO(b"".join(answer.streaming_content))).active.values)
    assert rows[0][:3] == ("来源名称", "网址域名", "准予转载")
    assert ("河北日报", "hebnews.cn") in {row[:2] for row in rows}


def test_a_source_is_entered_changed_approved_and_withdrawn_on_screen(world, enter):
    client = enter(world.zhou)
    assert "登记来源" in client.get("/admin/sources/").content.decode()
    assert client.get("/admin/sources/enter/").status_code == 200
    client.post("/admin/sources/enter/", {"name": "河北日报", "domain": "hebnews.cn", "remark": ""})
    source = Source.objects.get(name="河北日报")
    assert "核准转载" in client.get(f"/admin/sources/inspect/{source.pk}/").content.decode()
    client.post(f"/admin/sources/{source.pk}/approve/")
    assert Source.objects.get(pk=source.pk).is_approved
    assert "须重新核准" in client.get(f"/admin/sources/{source.pk}/change/").content.decode()
    client.post(f"/admin/sources/{source.pk}/change/", {"name": "河北日报", "domain": "hebnews.cn", "remark": "省报"})
    client.post(f"/admin/sources/{source.pk}/withdraw/", {"reason": "停刊"})
    source.refresh_from_db()
    assert (source.is_approved, source.remark) == (False, "省报")


def test_a_refusal_on_screen_keeps_what_was_typed(world, enter):
    answer = enter(world.zhou).post("/admin/sources/enter/", {"name": "某报", "domain": "https://a.cn/", "remark": "待查"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "不是域名" in text
    assert "待查" in text
