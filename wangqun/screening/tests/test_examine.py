"""Examining a revision."""

from datetime import date

import pytest

from wangqun.base.errors import Refused
from wangqun.columns.models import PublicItem
from wangqun.screening.actions import examine, is_sensitive, justify, latest
from wangqun.screening.models import Dictionary, Examination
from wangqun.websites.content import content_hash

pytestmark = pytest.mark.req("COL-5")


def examined(world, **fields):
    page = world.draft(**fields)
    return page, examine(page.latest_revision)


def test_findings_are_kept_with_the_dictionary_and_the_digest(world):
    page, examination = examined(world, text="<p>联系电话13800138000，秘密★1年。</p>")
    assert examination.dictionary.version == 1
    assert examination.content_hash == content_hash(page.latest_revision)
    assert [(finding.check_code, finding.level, finding.place) for finding in examination.findings.all()] == [
        ("secrecy", "blocks", "正文第1段"),
        ("privacy", "justify", "正文第1段"),
    ]
    assert not examination.is_passed


def test_a_clean_article_passes(world):
    _page, examination = examined(world)
    assert examination.is_passed
    assert examination.findings.count() == 0
    assert not is_sensitive(examination)


def test_examining_twice_changes_nothing(world):
    page, first = examined(world, text="<p>13800138000</p>")
    assert examine(page.latest_revision) == first
    assert Examination.objects.filter(page=page).count() == 1


def test_a_new_dictionary_examines_anew(world):
    page, first = examined(world, text="<p>推进数字人民币试点。</p>")
    Dictionary.objects.create(version=2, words={"sensitive": ["数字人民币"]}, effective_on=date(2026, 1, 1))
    second = examine(page.latest_revision)
    assert second != first
    assert is_sensitive(second)
    assert not is_sensitive(first)


def test_a_dictionary_does_not_judge_before_its_day(world, travel):
    travel("2026-03-12 09:00")
    Dictionary.objects.create(version=2, words={}, effective_on=date(2026, 3, 13))
    _page, examination = examined(world)
    assert examination.dictionary.version == 1


def test_without_a_dictionary_nothing_is_examined(world):
    page = world.draft()
    Dictionary.objects.update(effective_on=date(2999, 1, 1))
    with pytest.raises(Refused, match="没有生效的检查词库"):
        examine(page.latest_revision)


def test_what_changes_outside_of_the_text_is_seen_by_a_further_run(world):
    target = world.draft(title="被链接的稿件")
    page, first = examined(world, text=f'<p><a linktype="page" id="{target.pk}">被链接的稿件</a></p>')
    assert not first.is_passed
    PublicItem.objects.create(
        page=target, kind="article", website=world.zhengding, path=target.path, title=target.title, address="/x/",
        published_at="2026-03-12T09:00+08:00", updated_at="2026-03-12T09:00+08:00",
    )  # fmt: skip
    second = examine(page.latest_revision)
    assert second.is_passed
    assert second.run == 2
    assert first.findings.count() == 1  # what was found then stays on record
    assert latest(page.latest_revision) == second


def test_a_justification_stays_with_the_same_content_and_goes_with_other_content(world):
    page, first = examined(world, text="<p>值班电话13800138000。</p>")
    justify(first.findings.get(), reason="单位公布的值班手机。", by=world.liu)
    again = page.get_latest_revision_as_object().save_revision(user=world.wang)
    assert content_hash(again) == first.content_hash
    assert examine(again).is_passed
    changed = page.get_latest_revision_as_object()
    changed.summary = "新的摘要"
    assert not examine(changed.save_revision(user=world.wang)).is_passed


def test_latest_is_none_until_this_very_content_was_examined(world):
    page, first = examined(world)
    assert latest(page.latest_revision) == first
    draft = page.get_latest_revision_as_object()
    draft.title = "另一个标题"
    revision = draft.save_revision(user=world.wang)
    assert latest(revision) is None
    assert examine(revision) == latest(revision)


def test_columns_and_home_pages_are_examined_too(world):
    column = world.zhengding_news
    column.description = "联系人13800138000"
    [finding] = examine(column.save_revision()).findings.all()
    assert finding.place == "栏目说明"
    home = world.zhengding.site.root_page.specific
    home.introduction = "机密★"
    [finding] = examine(home.save_revision()).findings.all()
    assert (finding.place, finding.level) == ("网站简介", "blocks")


def test_sensitive_words_send_a_text_to_the_leader(world):
    _page, examination = examined(world, title="关于做好征地拆迁补偿工作的通知")
    assert is_sensitive(examination)
    assert examination.is_passed
