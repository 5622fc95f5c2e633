"""The log of questions, its report, and synonyms: for the office, without personal data, each change in the log."""

from datetime import date

import pytest
from django.urls import reverse

from tests.staff import signed_in
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.search import actions, asked, follow
from wangqun.search.models import AskedText, SynonymGroup
from wangqun.search.tests.test_results import ask, titles

pytestmark = pytest.mark.req("PUB-2")


def counted() -> list[tuple]:
    asked.count()
    asked.count()  # what is set aside by one call is counted by the next
    return list(AskedText.objects.order_by("text").values_list("text", "times", "times_empty", "is_everywhere"))


def test_questions_are_counted_by_day_site_and_text(searched, index):
    for _ in range(3):
        ask("工作动态")
    ask("火星 天气", scope="all")
    ask("工作动态", page=2)  # reading on is no new question
    ask("")
    ask("字" * 300, status=400)
    assert counted() == [("工作动态", 3, 0, False), ("火星 天气", 1, 1, True)]
    row = AskedText.objects.get(text="工作动态")
    assert (row.day, row.website, row.hits) == (date(2026, 3, 10), searched.zhengding, 1)


def test_writings_of_one_text_are_one(searched, index):
    for q in ("工作動態", "  工作动态 ", "工作动态"):
        ask(q)
    assert counted() == [("工作动态", 3, 0, False)]


@pytest.mark.req("PUB-2", "SEC-1")
@pytest.mark.parametrize(
    "q",
    ["13812345678", "张三 138-1234-5678", "一三八一二三四五六七八", "130104199001011234", "1304 0119 9001 0112 34",
     "0311-88001234", "zhang@example.org", "６２２２０２０２００１２３４５６７８９", "QQ 12345678", "字" * 60],
)  # fmt: skip
def test_what_looks_like_a_persons_number_is_not_kept(searched, index, settings, q):
    ask(q)
    assert counted() == []
    assert not list(settings.SEARCH_ROOT.glob("asked/*.log"))


def test_a_line_holds_nothing_of_the_person(searched, index, settings):
    ask("工作动态")
    line = (settings.SEARCH_ROOT / "asked" / "asked.log").read_text(encoding="utf-8")
    assert line == f"2026-03-10\t{searched.zhengding.pk}\t0\t1\t工作动态\n"


def test_broken_lines_are_passed_over(searched, index, settings):
    folder = settings.SEARCH_ROOT / "asked"
    folder.mkdir()
    (folder / "asked.log").write_bytes(b"\xff\xfe\nhalf a line\t1\n2026-13-99\tx\t0\t1\ta\n2026-03-10\t99999\t0\t1\tgone\n")
    assert counted() == []


def test_a_question_is_answered_though_nothing_can_be_written(searched, index, settings):
    (settings.SEARCH_ROOT / "asked").write_text("a file in the way")
    assert titles(ask("工作动态"))


def test_rows_older_than_two_years_are_forgotten(world):
    for day in ("2024-03-01", "2026-03-01"):
        AskedText.objects.create(day=day, website=world.zhengding, text="商务", times=1)
    assert asked.forget() == 1


@pytest.fixture
def rows(world):
    for day, text, times, empty, site in [
        ("2026-03-01", "以旧换新", 5, 0, world.zhengding), ("2026-03-02", "以旧换新", 4, 0, world.zhengding),
        ("2026-03-02", "火星", 7, 7, world.portal), ("2026-02-01", "外贸", 20, 0, world.portal),
    ]:  # fmt: skip
        AskedText.objects.create(day=day, website=site, text=text, times=times, times_empty=empty, hits=1)
    return world


def listed(client, **choices) -> list[str]:
    answer = client.get(reverse("asked:index"), choices)
    assert answer.status_code == 200
    return [row["text"] for row in answer.context["object_list"]]


def test_the_office_sees_what_is_asked_most_and_what_is_not_found(rows):
    client = signed_in(rows.zhou)
    assert listed(client) == ["外贸", "以旧换新", "火星"]
    assert listed(client, since="2026-03-01") == ["以旧换新", "火星"]
    assert listed(client, outcome="empty") == ["火星"]
    assert listed(client, website=rows.zhengding.pk) == ["以旧换新"]
    assert listed(client, ordering="-empty")[0] == "火星"
    assert listed(client, q="旧换") == ["以旧换新"]
    line = next(row for row in client.get(reverse("asked:index")).context["object_list"] if row["text"] == "以旧换新")
    assert (line["sum"], line["days"]) == (9, 2)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_report_is_exported(rows, kind):
    answer = signed_in(rows.zhou).get(reverse("asked:index"), {"export": kind})
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if kind == "csv":
        assert "以旧换新,正定县商务局,9,0,2,2026-03-02" in content.decode("utf-8-sig")


def test_others_do_not_see_the_report(rows):
    for name in ("asked:index", "synonyms:index"):
        assert signed_in(rows.wang).get(reverse(name)).status_code in {302, 403}


def test_synonyms_are_entered_by_the_office_and_heeded_at_once(searched, index):
    searched.released(title="石市消费券发放")
    follow.step(index)
    assert titles(ask("石家庄市消费券")) == []
    client = signed_in(searched.zhou)
    answer = client.post(reverse("synonyms:enter"), {"words": "石家庄市, 石市"})
    assert answer.status_code == 302
    assert SynonymGroup.objects.get().words == "石家庄市、石市"
    assert titles(ask("石家庄市消费券")) == ["石市消费券发放"]
    assert Entry.objects.filter(verb="search.save_synonyms").count() == 1
    group = SynonymGroup.objects.get()
    assert client.post(reverse("synonyms:change", args=[group.pk]), {"words": "石家庄、石市"}).status_code == 302
    assert client.post(reverse("synonyms:remove", args=[group.pk])).status_code == 302
    assert titles(ask("石家庄市消费券")) == []
    assert Entry.objects.filter(verb="search.remove_synonyms").count() == 1


@pytest.mark.parametrize("words", ["石市", "石市、石市", "石、石家庄", "、", "字" * 300])
def test_odd_groups_are_refused_in_one_sentence(world, words):
    with pytest.raises(Refused, match="。$"):
        actions.save_synonyms(words, by=world.zhou)


def test_a_word_stands_in_one_group_only(world):
    actions.save_synonyms("石家庄、石市", by=world.zhou)
    with pytest.raises(Refused, match="已在"):
        actions.save_synonyms("石市、省会", by=world.zhou)


def test_others_may_not_enter_or_remove_synonyms(world):
    group = actions.save_synonyms("石家庄、石市", by=world.zhou)
    with pytest.raises(Refused):
        actions.save_synonyms("商务、商业", by=world.wang)
    with pytest.raises(Refused):
        actions.remove_synonyms(group, by=world.wang)
    assert signed_in(world.wang).get(reverse("synonyms:enter")).status_code == 404


def test_the_menu_leads_the_office_there_and_nobody_else(world):
    def menu(user) -> str:
        return signed_in(user).get(reverse("wagtailadmin_home")).content.decode()

    for user, is_shown in ((world.zhou, True), (world.wang, False)):
        content = menu(user)
        assert (reverse("asked:index") in content) == is_shown
        assert (reverse("synonyms:index") in content) == is_shown
