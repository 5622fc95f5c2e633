"""开立、停用、恢复账号，设定密码: the verbs and the screens of 人员."""

import re
import string
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests.staff import signed_in
from tests.world import PASSWORD
from wangqun.access import actions as access
from wangqun.access import projection
from wangqun.access.actions import may
from wangqun.access.models import Grant
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.notifications.models import Notice
from wangqun.people import actions
from wangqun.people.models import Organisation, Post, User
from wangqun.people.passwords import LOOK_ALIKES, new_password

pytestmark = pytest.mark.req("ORG-2", "ACC-1")
NEW = "/admin/staff/new/"


def card(person: User) -> str:
    return reverse("person", args=[person.pk])


def act(person: User, verb: str) -> str:
    return reverse("person_act", args=[person.pk, verb])


def shown(answer) -> str:
    """The password that a page shows."""
    return re.search(r'<code class="password">(\w+)</code>', answer.content.decode())[1]


@pytest.fixture
def details(world) -> dict:
    return {
        "username": "xin.ren",
        "name": "新人",
        "organisation": Organisation.objects.get(code="zhengding").pk,
        "phone": "0311-88001111",
        "mobile": "13900000000",
        "email": "xin.ren@example.org",
    }


# Verbs


def test_a_random_password_has_sixteen_signs_and_no_look_alikes():
    found = {new_password() for _ in range(200)}
    assert len(found) == 200
    assert {len(password) for password in found} == {16}
    assert set("".join(found)) <= set(string.ascii_letters + string.digits) - set(LOOK_ALIKES)
    assert all(any(sign.isdigit() for sign in password) for password in found)


@pytest.mark.parametrize("password", ["short1", "1234567890123456", "sunshine", "", "xin.ren.2026"])
def test_an_account_is_not_opened_with_a_password_against_the_rules(world, password):
    office = world.zhou.organisation
    with pytest.raises(Refused, match="密码"):
        actions.create_person(by=world.zhou, username="xin.ren", name="新人", organisation=office, password=password)
    assert not User.objects.filter(username="xin.ren").exists()


def test_a_user_name_is_taken_in_capitals_too(world):
    with pytest.raises(Refused, match="已被使用"):
        actions.create_person(by=world.zhou, username="Wang.Bianji", name="另一人", organisation=world.zhou.organisation)


def test_a_closed_account_keeps_its_grants_and_gives_nothing_until_it_is_reopened(world):
    before = set(world.wang.groups.values_list("name", flat=True))
    grants = list(Grant.objects.filter(user=world.wang).values_list("pk", "state"))
    actions.close_account(world.wang, by=world.zhou, reason="借调")
    world.wang.refresh_from_db()
    assert not world.wang.groups.exists()
    assert not may(world.wang, "articles.write", world.zhengding_news)
    assert list(Grant.objects.filter(user=world.wang).values_list("pk", "state")) == grants
    access.reopen(world.wang, by=world.zhou, reason="借调期满")
    world.wang.refresh_from_db()
    assert set(world.wang.groups.values_list("name", flat=True)) == before
    assert may(world.wang, "articles.write", world.zhengding_news)
    assert projection.differences() == []
    assert Entry.objects.filter(verb="people.reopen_account", subject_id=str(world.wang.pk)).count() == 1


def test_what_was_revoked_or_ran_out_meanwhile_does_not_come_back(world, travel):
    held = Grant.objects.get(user=world.wang)
    access.adjust(held, by=world.zhou, reason="限期", page=held.page, ends_on=date(2026, 3, 20))
    actions.close_account(world.wang, by=world.zhou, reason="借调")
    travel("2026-03-25 09:00")
    access.reopen(world.wang, by=world.zhou, reason="返岗")
    held.refresh_from_db()
    assert held.state == Grant.State.EXPIRED
    assert not world.wang.groups.exists()
    assert projection.differences() == []


def test_an_account_is_reopened_once_with_a_reason_and_by_those_who_may(world):
    with pytest.raises(Refused, match="没有停用"):
        access.reopen(world.wang, by=world.zhou, reason="误")
    actions.close_account(world.wang, by=world.zhou, reason="调离")
    with pytest.raises(Refused, match="原因"):
        access.reopen(world.wang, by=world.zhou, reason="  ")
    with pytest.raises(Refused, match="没有在"):
        access.reopen(world.wang, by=world.liu, reason="返岗")
    world.wang.refresh_from_db()
    assert not world.wang.is_active
    assert not world.wang.groups.exists()


def test_the_system_is_neither_reopened_nor_given_a_password(world):
    system = actions.system_user()
    with pytest.raises(Refused):
        access.reopen(system, by=world.zhou, reason="试试")
    with pytest.raises(Refused):
        access.reset_password(system, by=world.zhou)
    system.refresh_from_db()
    assert not system.is_active
    assert not system.has_usable_password()


def test_nobody_closes_the_own_account_or_changes_the_own_password_here(world):
    with pytest.raises(Refused, match="自己的账号"):
        actions.close_account(world.zhou, by=world.zhou, reason="试试")
    with pytest.raises(Refused, match="原密码"):
        access.reset_password(world.zhou, by=world.zhou)
    world.zhou.refresh_from_db()
    assert world.zhou.is_active
    assert world.zhou.check_password(PASSWORD)


def test_a_password_is_not_set_for_a_closed_account_a_superuser_or_without_right(world):
    root = User.objects.create_superuser("root", password=PASSWORD, name="超级", email="root@example.org")
    actions.close_account(world.outsider, by=world.zhou, reason="调离")
    for person, by in ((root, world.zhou), (world.outsider, world.zhou), (world.wang, world.liu)):
        with pytest.raises(Refused):
            access.reset_password(person, by=by)
        person.refresh_from_db()
        assert person.check_password(PASSWORD)


def test_a_password_against_the_rules_is_not_set(world):
    with pytest.raises(Refused, match="密码"):
        actions.set_password(world.wang, password="12345678", by=world.zhou)
    world.wang.refresh_from_db()
    assert world.wang.check_password(PASSWORD)


def test_the_log_never_holds_a_password(world):
    password = access.reset_password(world.wang, by=world.zhou)
    entry = Entry.objects.get(verb="people.set_password")
    assert entry.subject_id == str(world.wang.pk)
    assert password not in f"{entry.data} {entry.subject_label}"


# Screens


def test_an_account_is_opened_and_its_password_shown_once(world, details):
    office = signed_in(world.zhou)
    assert office.get(NEW).status_code == 200
    answer = office.post(NEW, details)
    password = shown(answer)
    assert "no-store" in answer["Cache-Control"]
    person = User.objects.get(username="xin.ren")
    assert person.check_password(password)
    assert (person.name, person.mobile, person.organisation.code) == ("新人", "13900000000", "zhengding")
    assert password not in office.get(card(person)).content.decode()
    assert Client().login(username="xin.ren", password=password)


def test_a_second_click_opens_no_second_account_and_keeps_what_was_typed(world, details):
    office = signed_in(world.zhou)
    office.post(NEW, details)
    answer = office.post(NEW, details)
    assert answer.status_code == 409
    assert 'value="0311-88001111"' in answer.content.decode()
    assert User.objects.filter(username="xin.ren").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"username": "有 空格"},
        {"username": "WANG.bianji"},
        {"name": ""},
        {"email": "x"},
        {"organisation": ""},
    ],
)
def test_wrong_details_open_nothing_and_stay_in_the_form(world, details, wrong):
    before = User.objects.count()
    answer = signed_in(world.zhou).post(NEW, details | wrong)
    assert answer.status_code == 409
    assert "error-message" in answer.content.decode()
    assert 'value="13900000000"' in answer.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "zheng"])
def test_others_open_no_account_and_see_no_card(world, details, who):
    client = signed_in(getattr(world, who))
    entries = Entry.objects.count()
    assert client.get(NEW).status_code == 404
    assert client.post(NEW, details).status_code == 404
    assert client.get(card(world.outsider)).status_code == 404
    for verb in ("close", "reopen", "password", "appoint"):
        assert client.post(act(world.outsider, verb), {"reason": "试试"}).status_code == 404
    world.outsider.refresh_from_db()
    assert world.outsider.is_active
    assert world.outsider.check_password(PASSWORD)
    assert Entry.objects.count() == entries
    text = client.get("/admin/staff/").content.decode()
    assert NEW not in text
    assert card(world.outsider) not in text


def test_the_card_lists_duty_rows_and_grants_before_the_account_is_closed(world):
    text = signed_in(world.zhou).get(card(world.wang)).content.decode()
    assert "工作动态（正定县商务局，采编）" in text
    assert "采编，正定县商务局（全站）" in text
    assert "停用账号" in text
    assert "设定新密码" in text


def test_an_account_is_closed_and_reopened_from_the_card(world):
    office, own = signed_in(world.zhou), signed_in(world.wang)
    assert office.post(act(world.wang, "close"), {"reason": "调离"}).status_code == 302
    assert own.get("/admin/").status_code == 302  # signed out
    text = office.get(card(world.wang)).content.decode()
    assert "不起作用" in text
    assert "恢复账号" in text
    assert office.post(act(world.wang, "reopen"), {"reason": "返岗"}).status_code == 302
    assert signed_in(world.wang).get("/admin/").status_code == 200


def test_a_second_click_on_close_or_reopen_is_refused(world):
    office = signed_in(world.zhou)
    office.post(act(world.wang, "close"), {"reason": "调离"})
    answer = office.post(act(world.wang, "close"), {"reason": "调离"})
    assert answer.status_code == 409
    assert "已经停用" in answer.content.decode()
    office.post(act(world.wang, "reopen"), {"reason": "返岗"})
    answer = office.post(act(world.wang, "reopen"), {"reason": "返岗"})
    assert "没有停用" in answer.content.decode()
    verbs = Entry.objects.filter(subject_type="people.user", subject_id=str(world.wang.pk)).values_list("verb", flat=True)
    assert [list(verbs).count(verb) for verb in ("people.close_account", "people.reopen_account")] == [1, 1]


def test_closing_without_a_reason_closes_nothing(world):
    answer = signed_in(world.zhou).post(act(world.wang, "close"), {"reason": "  "})
    assert answer.status_code == 409
    world.wang.refresh_from_db()
    assert world.wang.is_active


def test_a_new_password_is_shown_once_ends_sessions_and_tells_the_person(world):
    office, own = signed_in(world.zhou), signed_in(world.wang)
    assert own.get("/admin/").status_code == 200
    answer = office.post(act(world.wang, "password"))
    world.wang.refresh_from_db()
    assert world.wang.check_password(shown(answer))
    assert "no-store" in answer["Cache-Control"]
    assert own.get("/admin/").status_code == 302
    assert not Client().login(username=world.wang.username, password=PASSWORD)
    assert Notice.objects.get(recipient=world.wang, title__contains="密码").url == "/admin/account/"
    assert Client().login(username=world.wang.username, password=shown(answer))


def test_a_second_click_shows_another_password_and_only_that_one_works(world):
    office = signed_in(world.zhou)
    first, second = (shown(office.post(act(world.wang, "password"))) for _ in range(2))
    world.wang.refresh_from_db()
    assert first != second
    assert not world.wang.check_password(first)
    assert world.wang.check_password(second)


def test_a_look_at_the_address_of_an_act_does_nothing(world):
    office = signed_in(world.zhou)
    for verb in ("password", "close"):
        assert office.get(act(world.wang, verb))["Location"] == card(world.wang)
    assert office.post(act(world.wang, "delete")).status_code == 404
    world.wang.refresh_from_db()
    assert world.wang.is_active
    assert world.wang.check_password(PASSWORD)


def test_the_own_card_has_no_buttons_for_the_own_account(world):
    text = signed_in(world.zhou).get(card(world.zhou)).content.decode()
    assert "设定新密码" not in text
    assert "停用账号" not in text
    answer = signed_in(world.zhou).post(act(world.zhou, "password"))
    assert answer.status_code == 409
    assert "原密码" in answer.content.decode()


def test_the_system_has_no_card(world):
    assert signed_in(world.zhou).get(card(actions.system_user())).status_code == 404


def test_an_office_is_given_and_ended_from_the_card(world):
    office = signed_in(world.zhou)
    data = {"organisation": world.liu.organisation_id, "title": "科长", "valid_from": "2026-01-01"}
    assert office.post(act(world.liu, "appoint"), data).status_code == 302
    second = office.post(act(world.liu, "appoint"), data)
    assert second.status_code == 409
    assert "不必重复登记" in second.content.decode()
    assert office.post(act(world.liu, "appoint"), data | {"valid_from": "不知"}).status_code == 409
    post = Post.objects.get()
    ended = office.post(reverse("post_end", args=[post.pk]), {"until": "2026-03-09", "back": "person"})
    assert ended["Location"] == card(world.liu)
    assert "2026-03-09" in office.get(card(world.liu)).content.decode()
