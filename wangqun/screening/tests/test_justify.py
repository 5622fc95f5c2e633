"""Why a finding may stand, by another person than the author."""

import pytest
from django.db import DatabaseError, transaction

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.screening.actions import authors, examine, justify
from wangqun.screening.models import Justification

pytestmark = pytest.mark.req("COL-5", "COL-4")


@pytest.fixture
def finding(world):
    page = world.draft(text="<p>值班电话13800138000。</p>")
    return examine(page.latest_revision).findings.get()


def refused(finding, *, reason="单位公布的值班手机。", by, match):
    before = Entry.objects.count()
    with pytest.raises(Refused, match=match):
        justify(finding, reason=reason, by=by)
    assert Justification.objects.count() == 0
    assert Entry.objects.count() == before


def test_a_reviewer_justifies_and_the_log_says_so(world, finding):
    justify(finding, reason=" 单位公布的值班手机。 ", by=world.liu)
    assert finding.justification.reason == "单位公布的值班手机。"
    assert finding.examination.is_passed
    entry = Entry.objects.order_by("-pk").first()
    assert (entry.verb, entry.actor_id) == ("screening.justify", world.liu.pk)


def test_an_editor_or_a_reviewer_of_another_county_may_not(world, finding):
    refused(finding, by=world.wang, match="没有在")
    refused(finding, by=world.gao, match="没有在")
    refused(finding, by=world.outsider, match="没有在")


def test_nobody_justifies_what_they_wrote(world):
    page = world.draft(text="<p>值班电话13800138000。</p>")
    page = page.get_latest_revision_as_object()
    page.summary = "初审人改过"
    page.save_revision(user=world.liu)
    draft = page.get_latest_revision_as_object()
    draft.summary = "采编又改"
    found = examine(draft.save_revision(user=world.wang)).findings.get()
    assert authors(page) == sorted([world.wang, world.liu], key=lambda person: person.pk)
    refused(found, by=world.liu, match="您写过或改过")
    justify(found, reason="单位公布的值班手机。", by=world.sun)


def test_after_a_release_only_those_who_changed_it_since_are_authors(world):
    page = world.draft()
    first = page.latest_revision
    page.live_revision = first
    page.live = True
    page.save(update_fields=["live_revision", "live"])
    assert authors(page) == []
    page.get_latest_revision_as_object().save_revision(user=world.liu)
    assert authors(page) == [world.liu]
    assert authors(page.get_latest_revision_as_object()) == [world.liu]


def test_a_reason_is_required_and_may_not_be_endless(world, finding):
    refused(finding, by=world.liu, reason="  ", match="请写明")
    refused(finding, by=world.liu, reason="长" * 256, match="不能超过")


def test_a_second_click_is_refused(world, finding):
    justify(finding, reason="单位公布的值班手机。", by=world.liu)
    with pytest.raises(Refused, match="已有人说明"):
        justify(finding, reason="再来一次。", by=world.sun)
    assert Justification.objects.count() == 1


def test_what_must_be_corrected_cannot_be_talked_away_and_advice_need_not(world):
    page = world.draft(text="<p>机密★</p><p>信访工作。</p>")
    found = {finding.level: finding for finding in examine(page.latest_revision).findings.all()}
    refused(found["blocks"], by=world.liu, match="必须修改")
    refused(found["advice"], by=world.liu, match="只是建议")


def test_a_finding_of_an_older_text_is_refused(world, finding):
    page = finding.examination.page.specific
    draft = page.get_latest_revision_as_object()
    draft.title = "另一个标题"
    draft.save_revision(user=world.wang)
    refused(finding, by=world.liu, match="新的版本")


def test_a_justification_cannot_be_changed_afterwards(world, finding):
    made = justify(finding, reason="单位公布的值班手机。", by=world.liu)
    with pytest.raises(Refused):
        made.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Justification._base_manager.filter(pk=made.pk)._raw_delete("default")
