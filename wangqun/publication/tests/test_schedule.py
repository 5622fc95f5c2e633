"""Approved texts that wait for the moment that their editor chose, and what is asked anew when it comes."""

from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.management.commands import publish_scheduled as stock
from wagtail.models import Page, Revision

from tests.staff import edit_url, open_form, signed_in
from wangqun.access import actions as access
from wangqun.access.models import Grant
from wangqun.articles.actions import revise, translate, withdraw_approval
from wangqun.articles.models import ArticlePage, Source
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.models import Clock
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnClock, PublicItem
from wangqun.people.actions import close_account
from wangqun.people.models import User
from wangqun.publication import actions as publication
from wangqun.publication import scheduling, verification
from wangqun.publication.models import Release, RenderOrder, ScheduledRelease
from wangqun.reminders.tests.test_concurrency import at_once
from wangqun.reviews import actions as reviews
from wangqun.screening.models import Dictionary, Examination
from wangqun.sharing import actions as sharing
from wangqun.websites import actions as websites

pytestmark = pytest.mark.req("COL-8")
SHANGHAI = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 3, 13, 9, tzinfo=SHANGHAI)


def waiting(world, **fields) -> tuple[ArticlePage, ScheduledRelease]:
    """An article of 王编辑 that everybody signed and that waits for Friday nine o'clock."""
    article = world.released(**{"go_live_at": FRIDAY} | fields)
    return article, ScheduledRelease.objects.waiting().get(page=article)


def outcome(scheduled: ScheduledRelease) -> tuple[str, str]:
    scheduled.refresh_from_db()
    return scheduled.state, scheduled.outcome


# Before the moment


@pytest.mark.req("COL-7")
def test_the_last_signature_makes_nothing_public_before_the_moment(world):
    orders = RenderOrder.objects.count()
    article, scheduled = waiting(world)
    assert scheduled.due_at == FRIDAY
    assert not Release.objects.filter(page=article).exists()
    assert not PublicItem.objects.filter(page_id=article.pk).exists()
    assert not article.live
    assert RenderOrder.objects.count() == orders
    assert scheduling.release_due() == scheduling.Result()
    assert not publication.is_public(article)


def test_the_clock_of_the_column_runs_on_until_the_moment(world, travel):
    clock = ColumnClock.objects.get(column=world.zhengding_news).clock
    article, _ = waiting(world)
    due_on = Clock.objects.get(pk=clock.pk).due_on
    travel("2026-03-13 09:01")
    scheduling.release_due()
    assert Clock.objects.get(pk=clock.pk).due_on > due_on
    assert publication.is_public(article)


def test_a_moment_that_passed_during_the_review_lets_the_text_out_at_once(world, travel):
    article = world.submitted(go_live_at=FRIDAY)
    travel("2026-03-13 09:30")
    world.pass_review(article)
    assert publication.is_public(article)
    assert not ScheduledRelease.objects.exists()


def test_a_text_whose_time_is_over_before_the_last_signature_is_refused(world, travel):
    article = world.submitted(expire_at=FRIDAY)
    reviews.approve(reviews.task_of(article), by=world.liu)
    travel("2026-03-13 09:30")
    with pytest.raises(Refused, match="到期下线时间 2026-03-13 09:00 不晚于发布时间"):
        reviews.approve(reviews.task_of(article), by=world.sun)
    assert not publication.is_public(article)


def test_a_waiting_text_is_edited_by_nobody(world):
    article, _ = waiting(world)
    with pytest.raises(Refused, match="等待发布时间，不能修改"):
        revise(article, by=world.wang, base_revision=article.latest_revision_id, title="偷改")
    client = signed_in(world.wang)
    page = client.get(edit_url(article)).content.decode()
    assert "请先在“定时发布”中撤回定时" in page
    form = open_form(client, article) | {"title": "偷改", "go_live_at": "2026-03-12 09:00"}
    client.post(edit_url(article), form)
    assert ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object().title != "偷改"


def test_a_returned_text_with_another_moment_needs_every_signature_anew(world):
    article = world.submitted(go_live_at=FRIDAY)
    reviews.approve(reviews.task_of(article), by=world.liu)
    reviews.send_back(reviews.task_of(article), by=world.sun, reason="请改时间")
    article = ArticlePage.objects.get(pk=article.pk)
    later = FRIDAY.replace(hour=15)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, go_live_at=later)
    reviews.submit(article, by=world.wang)
    with pytest.raises(Refused, match="处室初审人员"):
        reviews.approve(reviews.task_of(article), by=world.sun)
    world.pass_review(article)
    assert ScheduledRelease.objects.waiting().get(page=article).due_at == later


# At the moment


def test_at_the_moment_it_is_released_like_any_other_text(world, travel):
    article, scheduled = waiting(world)
    travel("2026-03-13 09:01")
    assert scheduling.release_due() == scheduling.Result(released=1)
    made = Release.objects.get(page=article)
    assert (made.kind, made.released_by.is_system, made.author) == ("first", True, world.wang)
    assert [item["level"] for item in made.approvers] == ["department", "centre"]
    assert made.released_at >= made.published_at >= FRIDAY
    assert outcome(scheduled) == ("released", "按时发布。")
    article.refresh_from_db()
    assert (article.live, article.locked, article.first_published_at) == (True, False, made.published_at)
    assert PublicItem.objects.filter(page_id=article.pk).exists()
    assert verification.reconcile() == []


def test_minutes_that_were_missed_are_made_up_and_a_second_run_changes_nothing(world, travel):
    article, _ = waiting(world)
    travel("2026-03-20 08:00")
    assert scheduling.release_due().released == 1
    entries = Entry.objects.count()
    assert scheduling.release_due() == scheduling.Result()
    assert Entry.objects.count() == entries
    assert Release.objects.filter(page=article).count() == 1


def test_a_correction_waits_while_the_old_text_stays_public(world, travel):
    article = world.released(title="旧题目")
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="新题目", go_live_at=FRIDAY)
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    assert PublicItem.objects.get(page_id=article.pk).title == "旧题目"
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert PublicItem.objects.get(page_id=article.pk).title == "新题目"
    assert list(Release.objects.filter(page=article).order_by("number").values_list("kind", flat=True)) == [
        "first",
        "correction",
    ]


def test_one_text_that_cannot_be_handled_does_not_hold_up_the_others(world, travel, monkeypatch):
    bad, _ = waiting(world, title="出故障的稿件")
    good, _ = waiting(world, title="正常的稿件")
    release = publication.release

    def faulty(state, *, by):
        if int(state.object_id) == bad.pk:
            raise OSError("disk")
        return release(state, by=by)

    monkeypatch.setattr(publication, "release", faulty)
    travel("2026-03-13 09:00")
    with pytest.raises(ExceptionGroup, match="1 texts"):
        scheduling.release_due()
    assert publication.is_public(good)
    assert ScheduledRelease.objects.get(page=bad).state == "waiting"
    monkeypatch.undo()
    assert scheduling.release_due().released == 1


# What is asked anew


def hide_grant(world):
    access.suspend(Grant.objects.filter(user=world.liu).first(), by=world.zhou, reason="调查")


def end_grant(world):
    held = Grant.objects.filter(user=world.liu).first()
    Grant.objects.filter(pk=held.pk).update(ends_on=date(2026, 3, 12))


def leave(world):
    close_account(world.liu, by=world.zhou, reason="调离")


def hand_over(world):
    columns.entrust(
        world.zhengding_news,
        organisation=world.zhengding.organisation,
        editors=[world.wang],
        reviewers=[world.gao],
        by=world.zhou,
    )


def new_words(words):
    return lambda world: Dictionary.objects.create(version=2, words=words, effective_on=date(2026, 3, 12))


def suspend_site(world):
    websites.suspend(world.zhengding, by=world.zhou, reason="检查")


def close_column(world):
    columns.hide(world.zhengding_news)


def save_around(world):
    article = ScheduledRelease.objects.get().page.specific
    draft = article.get_latest_revision_as_object()
    draft.title = "绕过锁定的改动"
    draft.save_revision(user=world.wang)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (hide_grant, "处室初审签署人刘科长现已无权审核此稿，不能发布"),
        (end_grant, "处室初审签署人刘科长现已无权审核此稿，不能发布"),
        (leave, "处室初审签署人刘科长现已无权审核此稿，不能发布"),
        (hand_over, "处室初审签署人刘科长现已无权审核此稿，不能发布"),
        (new_words({"undecided": ["夜经济"]}), "按现行规则检查未通过（标题"),
        (new_words({"sensitive": ["夜经济"]}), "须经主管领导审核"),
        (suspend_site, "网站“正定县商务局”已暂停，不能发布"),
        (close_column, "所在栏目没有公开"),
        (save_around, "稿件在审核通过之后有改动"),
    ],
)
def test_what_no_longer_passes_is_refused_and_its_owner_and_the_office_are_told(world, travel, change, sentence):
    travel("2026-03-12 10:00")
    article, scheduled = waiting(world)
    change(world)
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(refused=1)
    state, said = outcome(scheduled)
    assert state == "refused"
    assert sentence in said and said.endswith("。")
    assert not publication.is_public(article)
    for person in (world.wang, world.zhou):
        assert person.notices.get(title=f"定时发布未成：{scheduled.title}").body == said
    assert Entry.objects.filter(verb="publication.refuse_scheduled", subject_id=str(scheduled.pk)).count() == 1
    assert scheduling.release_due() == scheduling.Result()
    article.refresh_from_db()
    assert not article.locked, "the editor can go on"


@pytest.mark.req("COL-6")
def test_a_reprint_whose_source_lost_its_approval_is_refused(world, travel):
    source = Source.objects.get(name="河北省商务厅")
    _, scheduled = waiting(world, is_reprint=True, source=source, source_url="https://swt.hebei.gov.cn/a.html")
    withdraw_approval(source, by=world.zhou, reason="侵权")
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert "未列入准予转载的名单" in outcome(scheduled)[1]


def test_a_refused_text_goes_through_the_review_again_and_out(world, travel):
    article, _ = waiting(world)
    Dictionary.objects.create(version=2, words={"undecided": ["夜经济"]}, effective_on=date(2026, 3, 12))
    travel("2026-03-13 09:00")
    scheduling.release_due()
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="正定县举办消费季", go_live_at=None)
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    assert publication.is_public(article)


def test_content_changed_behind_the_signatures_is_refused(world, travel):
    _, scheduled = waiting(world)
    content = scheduled.revision.content | {"title": "偷换的题目"}
    Revision.objects.filter(pk=scheduled.revision_id).update(content=content)
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert outcome(scheduled) == ("refused", "审核签署不全，不能发布，请重新提交审核。")


def test_a_signature_given_for_an_absent_person_counts_as_theirs(world, travel):
    reviews.delegate(
        absent=world.liu, deputy=world.gao, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 11), reason="出差", by=world.liu
    )
    article, scheduled = waiting(world)
    assert scheduled.workflow_state.signings.get(level="department").by == world.gao
    travel("2026-03-13 09:00")
    assert scheduling.release_due().released == 1
    assert publication.is_public(article)


def test_a_withdrawn_article_is_not_brought_back_by_a_correction_that_waits(world, travel):
    article = world.released()
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="新题目", go_live_at=FRIDAY)
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    publication.withdraw(article, by=world.liu, reason="secret")
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(refused=1)
    assert not publication.is_public(article)


def test_a_translation_or_a_copy_whose_source_is_gone_is_refused(world, travel):
    source = world.released(title="原稿")
    english = translate(source, language="en", by=world.wang)
    english = revise(english, by=world.wang, base_revision=english.latest_revision_id, go_live_at=FRIDAY)
    reviews.submit(english, by=world.wang)
    world.pass_review(english)
    copy = sharing.accept(sharing.submit_upward(source, world.portal_news, by=world.wang), by=world.sun)
    ScheduledRelease.objects.waiting().get(page=english)
    reviews.recall(copy, by=world.wang)
    revise(copy, by=world.wu, base_revision=copy.latest_revision_id, go_live_at=FRIDAY)
    reviews.submit(ArticlePage.objects.get(pk=copy.pk), by=world.wu)
    world.pass_review(copy)
    publication.withdraw(source, by=world.liu, reason="wrong")
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(refused=2)
    assert set(ScheduledRelease.objects.values_list("outcome", flat=True)) == {"原稿已撤下，不能发布。"}


def test_the_examination_of_the_day_is_kept_with_the_record(world, travel):
    article, _ = waiting(world)
    Dictionary.objects.create(version=2, words={"secrecy": ["别的词"]}, effective_on=date(2026, 3, 12))
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert Release.objects.get(page=article).examination.dictionary.version == 2
    assert Examination.objects.filter(page_id=article.pk).count() == 2


# By hand


@pytest.mark.parametrize("who", ["wang", "liu", "sun"])
def test_writer_reviewer_and_office_take_the_moment_back(world, travel, who):
    article, scheduled = waiting(world)
    done = scheduling.cancel(scheduled, by=getattr(world, who), reason="改期")
    assert done.state == "cancelled"
    assert done.outcome.endswith("撤回：改期")
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result()
    assert not publication.is_public(article)
    article.refresh_from_db()
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="改期之后")


def test_nobody_else_does_and_not_without_a_reason_and_not_twice(world):
    _, scheduled = waiting(world)
    with pytest.raises(Refused, match="没有在"):
        scheduling.cancel(scheduled, by=world.outsider, reason="试")
    with pytest.raises(Refused, match="写明"):
        scheduling.cancel(scheduled, by=world.wang, reason=" ")
    assert outcome(scheduled)[0] == "waiting"
    scheduling.cancel(scheduled, by=world.wang, reason="改期")
    with pytest.raises(Refused, match="已办结（已取消）"):
        scheduling.cancel(scheduled, by=world.wang, reason="改期")


def test_only_those_who_give_the_final_review_release_ahead(world):
    article, scheduled = waiting(world)
    for person in (world.wang, world.liu, world.zhou, world.outsider):
        with pytest.raises(Refused, match="没有在"):
            scheduling.release_ahead(scheduled, by=person, reason="急")
    assert not publication.is_public(article)
    made = scheduling.release_ahead(scheduled, by=world.qian, reason="上级要求")
    assert (made.kind, made.released_by) == ("first", world.qian)
    assert outcome(scheduled) == ("released", "钱副主任提前发布：上级要求")
    article.refresh_from_db()
    assert (article.live, article.go_live_at) == (True, None)
    with pytest.raises(Refused, match="已办结（已发布）"):
        scheduling.release_ahead(scheduled, by=world.qian, reason="再来")


def test_released_ahead_it_passes_the_same_checks(world):
    article, scheduled = waiting(world)
    hide_grant(world)
    with pytest.raises(Refused, match="刘科长现已无权审核此稿"):
        scheduling.release_ahead(scheduled, by=world.sun, reason="急")
    assert not publication.is_public(article)
    assert outcome(scheduled)[0] == "waiting"


def test_a_correction_of_what_was_released_ahead_does_not_wait_for_the_old_moment(world):
    article, scheduled = waiting(world)
    scheduling.release_ahead(scheduled, by=world.sun, reason="急")
    article = ArticlePage.objects.get(pk=article.pk)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="更正后的题目")
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    assert PublicItem.objects.get(page_id=article.pk).title == "更正后的题目"


# In the back office


def save(world, **values):
    article, client = world.draft(), signed_in(world.wang)
    answer = client.post(edit_url(article), open_form(client, article) | {"title": "改过"} | values)
    return ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object(), answer.content.decode()


def test_the_editor_chooses_the_moments_in_local_time(world):
    saved, _ = save(world, go_live_at="2026-03-13 09:00", expire_at="2026-04-13 09:00")
    assert (saved.go_live_at, saved.expire_at) == (FRIDAY, datetime(2026, 4, 13, 9, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"go_live_at": "2026-03-10 08:59"}, "定时发布的时间已过"),
        ({"go_live_at": "2026-03-13 09:00", "expire_at": "2026-03-13 09:00"}, "到期下线须晚于定时发布"),
        ({"expire_at": "2026-03-10 08:00"}, "到期下线的时间已过"),
        ({"expire_at": "2026-04-10 08:00", "genre": "law"}, "法规、政策失效后不下线"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_in_one_sentence(world, values, sentence):
    saved, page = save(world, **values)
    assert saved.title != "改过"
    assert page.count(sentence) == 1
    assert "Expiry" not in page and "Go live" not in page


def test_a_draft_whose_moment_has_passed_meanwhile_can_still_be_saved(world, travel):
    article = world.draft(go_live_at=FRIDAY)
    travel("2026-03-16 09:00")
    client = signed_in(world.wang)
    client.post(edit_url(article), open_form(client, article) | {"title": "改过"})
    assert ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object().title == "改过"


def test_the_list_shows_filters_sorts_and_exports_what_waits(world, django_assert_max_num_queries):
    waiting(world, title="三月展会")
    waiting(world, title="四月展会", go_live_at=FRIDAY.replace(month=4))
    client, address = signed_in(world.wang), reverse("scheduled:index")
    with django_assert_max_num_queries(40):
        page = client.get(address, {"state": "waiting", "ordering": "-due_at"}).content.decode()
    assert page.index("四月展会") < page.index("三月展会")
    page = client.get(address, {"until": "2026-03-31"}).content.decode()
    assert "三月展会" in page and "四月展会" not in page
    assert "三月展会" not in client.get(address, {"website": world.gaocheng_news.website.pk}).content.decode()
    assert "三月展会" not in client.get(address, {"q": "四月"}).content.decode()
    export = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode()
    assert "三月展会" in export and "等待发布" in export


def test_others_see_nothing_of_it(world):
    _, scheduled = waiting(world, title="三月展会")
    client = signed_in(world.outsider)
    assert "三月展会" not in client.get(reverse("scheduled:index")).content.decode()
    assert client.get(reverse("scheduled:inspect", args=[scheduled.pk])).status_code == 404
    for name in ("cancel", "release"):
        assert client.post(reverse(f"scheduled:{name}", args=[scheduled.pk]), {"reason": "试"}).status_code == 404
    assert outcome(scheduled)[0] == "waiting"


def test_the_editor_sees_it_on_the_first_page_and_takes_it_back(world):
    _, scheduled = waiting(world, title="三月展会")
    client = signed_in(world.wang)
    assert "我的定时发布" in client.get(reverse("wagtailadmin_home")).content.decode()
    page = client.get(reverse("scheduled:inspect", args=[scheduled.pk])).content.decode()
    assert "撤回定时" in page and "提前发布</button>" not in page
    answer = client.post(reverse("scheduled:cancel", args=[scheduled.pk]), {"reason": "改期"})
    assert answer.status_code == 302
    assert outcome(scheduled)[0] == "cancelled"


def test_the_office_releases_ahead_on_the_screen_and_others_are_refused(world):
    article, scheduled = waiting(world)
    address = reverse("scheduled:release", args=[scheduled.pk])
    answer = signed_in(world.liu).post(address, {"reason": "急"})
    assert answer.status_code == 409 and "没有在" in answer.content.decode()
    assert signed_in(world.sun).post(address, {"reason": "急"}).status_code == 302
    assert publication.is_public(article)


def test_the_reviewer_sees_the_moment_that_goes_with_the_text(world):
    article = world.submitted(go_live_at=FRIDAY)
    page = signed_in(world.liu).get(reverse("review", args=[reviews.task_of(article).pk])).content.decode()
    assert "2026-03-13 09:00" in page


# Around us


def test_wagtails_own_command_is_replaced_by_a_refusal(world):
    with pytest.raises(CommandError, match="release_due"):
        call_command("publish_scheduled")


def test_wagtails_own_scheduler_finds_nothing_to_publish(world, travel):
    article, scheduled = waiting(world)
    travel("2026-03-13 09:00")
    stock.Command(stdout=StringIO()).handle(dryrun=False)
    assert not Page.objects.get(pk=article.pk).live
    assert outcome(scheduled)[0] == "waiting"
    assert verification.reconcile() == []


def test_what_a_superuser_schedules_in_wagtail_never_becomes_public(world, travel):
    article = world.draft(go_live_at=FRIDAY)
    article.get_latest_revision().publish(user=User.objects.create_superuser("root", name="超级"), skip_permission_checks=True)
    travel("2026-03-13 09:00")
    stock.Command(stdout=StringIO()).handle(dryrun=False)
    assert not PublicItem.objects.filter(page_id=article.pk).exists()
    assert [alarm.kind for alarm in verification.reconcile()] == ["live_without_release"]


def test_the_command_says_what_it_did(world, travel):
    waiting(world)
    travel("2026-03-13 09:00")
    said = StringIO()
    call_command("release_due", stdout=said)
    assert said.getvalue().strip() == "按时发布 1 篇，未通过复核 0 篇，到期下线 0 篇。"


@pytest.mark.postgresql
@pytest.mark.committed
def test_four_runs_at_once_release_each_text_once(committed_db, travel):
    from tests.world import World

    travel("2026-03-10 09:00")
    world = World()
    pages = [waiting(world, title=f"稿件{number}")[0] for number in range(6)]
    over = world.released(title="到期的稿件", expire_at=FRIDAY)
    travel("2026-03-13 09:00")
    results = at_once(*[scheduling.release_due] * 4)
    assert sum(result.released for result in results) == 6
    assert sum(result.expired for result in results) == 1
    for page in pages:
        assert Release.objects.filter(page=page).count() == 1
    assert Release.objects.filter(page=over, kind="withdrawal").count() == 1


@pytest.mark.postgresql
@pytest.mark.committed
def test_taken_back_at_the_very_moment_it_is_either_public_or_not(committed_db, travel):
    from tests.world import World

    travel("2026-03-10 09:00")
    world = World()
    article, scheduled = waiting(world)
    wang = world.wang
    travel("2026-03-13 09:00")
    taken, run = at_once(lambda: scheduling.cancel(scheduled, by=wang, reason="改期"), scheduling.release_due)
    is_cancelled = outcome(scheduled)[0] == "cancelled"
    assert isinstance(taken, Refused) != is_cancelled
    assert run.released == (0 if is_cancelled else 1)
    assert publication.is_public(article) != is_cancelled
