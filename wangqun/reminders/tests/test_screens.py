"""The screens: each organisation its own, the office all of them; receipt, telephone, printing, export, rules."""

import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from pypdf import PdfReader

from wangqun.base import pdf
from wangqun.base.moments import now
from wangqun.reminders import views
from wangqun.reminders.actions import confirm, record_phone_call, remind
from wangqun.reminders.basis import numeral, spell_out
from wangqun.reminders.models import Escalation, PhoneCall, Receipt, Reminder, ReminderRule

pytestmark = pytest.mark.req("REM-2", "REM-3")

needs_pango = pytest.mark.skipif(not pdf.pdf_is_available(), reason="pango or a Chinese font is missing")
INDEX = "reminders:index"


@pytest.fixture
def slips(cast, travel) -> list[Reminder]:
    """One of the county, one of another county; both of 2026-03-13."""
    travel("2026-03-13 09:00")
    cast.clock("2026-03-12")
    cast.clock("2026-03-12", name="行唐县 · 公众留言", kind="column_interaction", organisation=cast.other)
    remind()
    return list(Reminder.objects.order_by("serial"))


def listed(client, **asked) -> list[Reminder]:
    answer = client.get(reverse(INDEX), asked)
    assert answer.status_code == 200
    return list(answer.context["object_list"])


def test_each_organisation_sees_its_own_slips_and_the_office_sees_all(client, cast, slips):
    ours, theirs = slips
    for who, expected in [
        (cast.editor, {ours}),
        (cast.head, {ours}),
        (cast.leader, {ours, theirs}),
        (cast.stranger, {theirs}),
        (cast.supervisor, {ours, theirs}),
    ]:
        client.force_login(who)
        assert set(listed(client)) == expected, who


def test_each_number_in_the_list_opens_its_slip(client, cast, slips):
    client.force_login(cast.supervisor)
    content = client.get(reverse(INDEX)).content.decode()
    assert all(f'href="{slip.url}"' in content for slip in slips)
    assert "2026-03-13 09:00" in content


def test_the_leader_in_charge_sees_the_organisations_he_leads_from_wherever_he_sits(cast, slips):
    cast.other.leader = cast.editor
    cast.other.save()
    assert set(Reminder.objects.visible_to(cast.editor)) == set(slips)


def test_the_slip_of_another_organisation_does_not_exist_for_me(client, cast, slips):
    client.force_login(cast.stranger)
    number = slips[0].pk
    assert client.get(slips[0].url).status_code == 404
    assert client.get(reverse("reminders:slip", args=[number])).status_code == 404
    assert client.get(reverse("reminders:call", args=[number])).status_code == 404
    assert client.post(reverse("reminders:confirm", args=[number])).status_code == 404
    for page in ("history", "history-results", "usage"):
        assert client.get(f"{reverse(INDEX)}{page}/{number}/").status_code == 404
    assert not Receipt.objects.exists()


def test_the_list_is_found_by_number_in_any_writing_and_by_words(client, cast, slips):
    ours, theirs = slips
    client.force_login(cast.supervisor)
    assert listed(client, q="石商网提〔2026〕2号") == [theirs]
    assert listed(client, q="〔2026〕1号") == [ours]
    assert listed(client, q="石商网提[2026]1") == [ours]
    assert listed(client, q="2号") == listed(client, q="2") == [theirs]
    assert set(listed(client, q="提〔2026〕")) == {ours, theirs}
    assert listed(client, q="公众留言") == [theirs]
    assert listed(client, q="正定县") == [ours]
    assert listed(client, q="没有这样的") == []


def test_the_list_is_filtered_by_organisation_stage_state_and_month(client, cast, slips, travel):
    ours, theirs = slips
    confirm(ours, by=cast.editor)
    travel("2026-04-01 09:00")
    remind()
    client.force_login(cast.supervisor)
    assert set(listed(client, month="2026-03")) == {ours, theirs}
    assert {slip.stage for slip in listed(client, month="2026-04")} == {2}
    assert {slip.organisation for slip in listed(client, organisation=cast.other.pk)} == {cast.other}
    assert set(listed(client, stage=1)) == {ours, theirs}
    assert ours not in listed(client, state="unconfirmed") and theirs in listed(client, state="unconfirmed")
    assert listed(client, state="closed") == [] and len(listed(client, state="open")) == 4


def test_the_filters_offer_only_organisations_that_stand_in_ones_list(client, cast, slips):
    client.force_login(cast.stranger)
    content = client.get(reverse(INDEX)).content.decode()
    assert cast.other.name in content and cast.county.name not in content


def test_three_slips_cost_no_more_queries_than_one(client, cast, travel, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    travel("2026-03-13 09:00")
    client.force_login(cast.supervisor)
    cast.clock("2026-03-12")
    remind()
    client.get(reverse(INDEX))
    with CaptureQueriesContext(connection) as one:
        listed(client)
    cast.clock("2026-03-12")
    cast.clock("2026-03-12")
    remind()
    with django_assert_num_queries(len(one)):
        assert len(listed(client)) == 3


def test_the_list_goes_into_a_spreadsheet(client, cast, slips):
    from openpyxl import load_workbook

    client.force_login(cast.supervisor)
    answer = client.get(reverse(INDEX), {"export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert rows[0][:4] == ("编号", "被提醒单位", "事项", "次第")
    assert {row[0] for row in rows[1:]} == {"石商网提〔2026〕1号", "石商网提〔2026〕2号"}
    assert {row[3] for row in rows[1:]} == {"第一次提醒"}


def test_the_slip_page_tells_its_whole_history(client, cast, slips, travel):
    record_phone_call(slips[0], by=cast.supervisor, answered_by="李处长", phone="0311-1", called_at=now(), content="请更新。")
    travel("2026-03-14 09:00")
    confirm(slips[0], by=cast.editor, remark="已安排")
    for day in ("2026-03-18", "2026-03-21"):
        travel(f"{day} 09:00")
        remind()
    client.force_login(cast.editor)
    page = client.get(slips[0].url)
    assert [what for _, what, _ in page.context["history"]] == [
        "签发第一次提醒单 石商网提〔2026〕1号",
        "电话提醒 李处长（0311-1）：请更新。",
        "签收：已安排",
        "签发第二次提醒单 石商网提〔2026〕3号",
        "列入通报批评建议名单，并报分管领导赵局长",
    ]
    content = page.content.decode()
    assert "《石家庄市商务系统政府网站建设与管理办法总则》第十五条第1项" in content
    assert "打印提醒单" in content and "去更新" in content


def test_the_receipt_button_stands_there_for_those_who_may_and_only_until_it_was_used(client, cast, slips):
    confirm_url = reverse("reminders:confirm", args=[slips[0].pk])
    client.force_login(cast.supervisor)
    assert confirm_url not in client.get(slips[0].url).content.decode()
    client.force_login(cast.editor)
    assert confirm_url in client.get(slips[0].url).content.decode()
    answer = client.post(confirm_url, {"remark": "马上办"}, follow=True)
    assert "已签收 石商网提〔2026〕1号。" in answer.content.decode()
    assert confirm_url not in answer.content.decode()
    again = client.post(confirm_url, follow=True)
    assert "不必重复签收" in again.content.decode()
    assert Receipt.objects.get().remark == "马上办"


def test_a_receipt_needs_a_post(client, cast, slips):
    client.force_login(cast.editor)
    assert client.get(reverse("reminders:confirm", args=[slips[0].pk])).status_code == 405
    assert not Receipt.objects.exists()


def test_the_office_enters_a_telephone_reminder(client, cast, slips):
    client.force_login(cast.supervisor)
    url = reverse("reminders:call", args=[slips[0].pk])
    assert "0311-80000000" in client.get(url).content.decode(), "the organisation's number stands there already"
    typed = {"answered_by": "李处长", "phone": "0311-2", "called_at": "2026-03-13 08:50", "content": "请今日更新。"}
    answer = client.post(url, typed)
    assert answer.url == slips[0].url
    assert PhoneCall.objects.get().content == "请今日更新。"


def test_a_refused_telephone_reminder_keeps_what_was_typed(client, cast, slips):
    client.force_login(cast.supervisor)
    url = reverse("reminders:call", args=[slips[0].pk])
    typed = {"answered_by": "李处长", "phone": "0311-2", "called_at": "2026-03-13 23:50", "content": "请今日更新。"}
    content = client.post(url, typed).content.decode()
    assert "通话时间晚于现在" in content and "请今日更新。" in content
    assert not PhoneCall.objects.exists()


def test_an_editor_cannot_enter_telephone_reminders(client, cast, slips):
    client.force_login(cast.editor)
    url = reverse("reminders:call", args=[slips[0].pk])
    assert client.get(url).status_code == 409
    typed = {"answered_by": "李处长", "phone": "0311-2", "called_at": "2026-03-13 08:50", "content": "请今日更新。"}
    assert client.post(url, typed).status_code == 409
    assert not PhoneCall.objects.exists()


@needs_pango
def test_the_printed_slip_says_everything_on_one_page_of_a4(client, cast, slips):
    client.force_login(cast.editor)
    answer = client.get(reverse("reminders:slip", args=[slips[0].pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="reminder-2026-1.pdf"'
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    page = pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    text = _squeeze(page.extract_text())
    for words in [
        "石家庄市商务局（测试）",
        "石商网提〔2026〕1号",
        "网站内容更新提醒单",
        "正定县商务局（测试）：",
        "中国石家庄商务·工作动态",
        "2026年3月12日",
        "《石家庄市商务系统政府网站建设与管理办法总则》第十五条第1项",
        "2026年3月17日（含当日）",
        "将发出第二次提醒单",
        "商务信息处（测试）",
        "（盖章处）",
        "签收回执",
        "签收人",
        "签收日期",
    ]:
        assert words in text, words


def _squeeze(text: str) -> str:
    """Without the blanks that a PDF reader guesses between spaced letters."""
    return "".join(text.split())


@needs_pango
def test_the_longest_slip_still_prints_whole(client, cast, travel):
    travel("2026-03-13 09:00")
    cast.clock("2026-03-12", name="长" * 255, basis="石15(1)，沪23")
    remind()
    travel("2026-03-18 09:00")
    remind()
    client.force_login(cast.editor)
    second = Reminder.objects.get(stage=2)
    answer = client.get(reverse("reminders:slip", args=[second.pk]))
    text = _squeeze("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages))
    assert text.count("长") == 510 and "签收回执" in text


def test_the_second_slip_names_the_first_and_what_comes_next(cast, slips, travel):
    travel("2026-03-18 09:00")
    remind()
    html = views.slip_page(Reminder.objects.get(stage=2, organisation=cast.county))
    assert "此前已于2026年3月13日发出第一次提醒单（石商网提〔2026〕1号）" in html
    assert "列入通报批评建议名单" in html and "现予第二次提醒" in html


def test_a_confirmed_slip_prints_who_received_it(cast, slips):
    confirm(slips[0], by=cast.editor)
    assert "王编辑" in views.slip_page(Reminder.objects.get(pk=slips[0].pk))


def test_where_pango_is_missing_the_same_page_is_printed_from_the_browser(client, cast, slips, monkeypatch):
    def unavailable(html):
        raise pdf.PdfUnavailable

    monkeypatch.setattr(views, "render_pdf", unavailable)
    client.force_login(cast.editor)
    answer = client.get(reverse("reminders:slip", args=[slips[0].pk]))
    assert answer["Content-Type"].startswith("text/html")
    assert "网站内容更新提醒单" in answer.content.decode() and "css/print" in answer.content.decode()


def test_names_from_people_are_shown_as_text(cast, travel):
    travel("2026-03-13 09:00")
    cast.clock("2026-03-12", name="<script>alert(1)</script>A&B")
    remind()
    html = views.slip_page(Reminder.objects.get())
    assert "<script>" not in html and "A&amp;B" in html


def test_the_criticism_list_shows_each_their_own_and_opens_the_slip(client, cast, slips, travel):
    for day in ("2026-03-18", "2026-03-21"):
        travel(f"{day} 09:00")
        remind()
    client.force_login(cast.supervisor)
    page = client.get(reverse("escalations:index"))
    assert len(page.context["object_list"]) == 2
    assert Reminder.objects.get(stage=2, organisation=cast.county).url in page.content.decode()
    assert len(client.get(reverse("escalations:index"), {"month": "2026-03"}).context["object_list"]) == 2
    client.force_login(cast.editor)
    shown = client.get(reverse("escalations:index")).context["object_list"]
    assert [entry.organisation for entry in shown] == [cast.county]
    theirs = Escalation.objects.get(organisation=cast.other)
    assert client.get(reverse("escalations:inspect", args=[theirs.pk])).status_code == 404


def test_nobody_adds_changes_or_deletes_slips_by_a_form(client, cast, slips):
    client.force_login(cast.supervisor)
    for page in ("new", f"edit/{slips[0].pk}", f"delete/{slips[0].pk}"):
        assert client.post(f"{reverse(INDEX)}{page}/", {"subject": "改过"}).status_code == 404
        assert client.post(f"{reverse('escalations:index')}{page}/").status_code == 404
    assert Reminder.objects.count() == 2
    assert not Reminder.objects.filter(subject="改过").exists()


def test_the_office_changes_a_rule_on_its_screen_and_others_cannot(client, cast):
    rule = ReminderRule.objects.get(kind="column_news")
    url = reverse("reminder_rules:edit", args=[rule.pk])
    figures = {"warn_days": 2, "second_after_workdays": 4, "escalate_after_workdays": 5}
    client.force_login(cast.editor)
    client.post(url, figures)
    rule.refresh_from_db()
    assert rule.second_after_workdays == 2
    client.force_login(cast.supervisor)
    assert client.post(url, figures).status_code == 302
    rule.refresh_from_db()
    assert (rule.warn_days, rule.second_after_workdays, rule.escalate_after_workdays) == (2, 4, 5)
    refused = client.post(url, figures | {"warn_days": 99})
    assert "应为0到60日" in refused.content.decode()
    rule.refresh_from_db()
    assert rule.warn_days == 2


def test_rules_are_neither_added_nor_removed(client, cast):
    client.force_login(cast.supervisor)
    before = set(ReminderRule.objects.values_list("pk", "kind"))
    for number, _ in before:
        client.post(reverse("reminder_rules:delete", args=[number]))
    client.post(reverse("reminder_rules:add"), {"warn_days": 1, "second_after_workdays": 1, "escalate_after_workdays": 1})
    assert set(ReminderRule.objects.values_list("pk", "kind")) == before
    content = client.get(reverse("reminder_rules:index")).content.decode()
    assert reverse("reminder_rules:add") not in content


def test_the_menu_has_the_screens(client, cast, slips):
    from wagtail.admin.menu import admin_menu

    client.force_login(cast.editor)
    answer = client.get(reverse("wagtailadmin_home"))
    names = {item.name for item in admin_menu.menu_items_for_request(answer.wsgi_request)}
    assert "reminders" in names


def test_articles_are_spelled_out_as_a_form_prints_them():
    assert spell_out("石15(1)") == "《石家庄市商务系统政府网站建设与管理办法总则》第十五条第1项"
    assert spell_out("沪23") == "《政府网站管理办法》第二十三条"
    assert spell_out("市局通知") == "市局通知"
    assert [numeral(number) for number in (1, 10, 11, 20, 31)] == ["一", "十", "十一", "二十", "三十一"]


def test_the_months_to_choose_from_reach_over_the_turn_of_the_year(cast, travel):
    travel("2025-12-31 09:00")
    cast.clock(date(2025, 12, 31) - timedelta(days=1))
    remind()
    travel("2026-02-01 09:00")
    choices = views.months(Reminder, "issued_at")()
    assert [value for value, _ in choices] == ["2026-02", "2026-01", "2025-12"]
