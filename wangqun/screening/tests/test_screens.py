"""The content check on the screen."""

import pytest
from django.urls import reverse

from wangqun.screening.actions import examine
from wangqun.screening.models import Examination, Justification
from wangqun.screening.templatetags.screening import marked

pytestmark = pytest.mark.req("COL-5")


@pytest.fixture
def page(world):
    return world.draft(text="<p>值班电话13800138000。</p><p>机密★</p><p>信访工作。</p>")


def get(client, person, name, number, **extra):
    client.force_login(person)
    return client.get(reverse(name, args=[number]), **extra)


def post(client, person, name, number, data=None, **extra):
    client.force_login(person)
    return client.post(reverse(name, args=[number]), data or {}, **extra)


def test_the_page_lists_findings_by_level_with_links_to_their_fields(client, world, page):
    examine(page.latest_revision)
    html = get(client, world.wang, "screening_page", page.pk).content.decode()
    assert "检查发现 1 处必须修改、1 处须另一人说明、1 处建议。" in html
    assert html.index("必须修改（1）") < html.index("须另一人说明（1）") < html.index("建议（1）")
    assert f"/admin/pages/{page.pk}/edit/#body-0-value" in html
    assert "<mark>138******00</mark>" in html
    assert "依据：石29、沪10(一)" in html


def test_a_page_not_yet_checked_says_so_and_is_checked_by_a_click(client, world, page):
    assert "尚未检查" in get(client, world.wang, "screening_page", page.pk).content.decode()
    assert not Examination.objects.exists()
    response = post(client, world.wang, "screening_examine", page.pk)
    assert response["Location"] == reverse("screening_page", args=[page.pk])
    assert Examination.objects.get().page_id == page.pk
    post(client, world.wang, "screening_examine", page.pk)
    assert Examination.objects.count() == 1


def test_the_script_gets_the_findings_as_data(client, world, page):
    before = get(client, world.wang, "screening_data", page.pk).json()
    assert before == {"is_examined": False, "is_passed": False, "summary": "最新保存的内容尚未检查。", "findings": []}
    after = post(client, world.wang, "screening_examine", page.pk, headers={"accept": "application/json"}).json()
    assert [(finding["level"], finding["anchor"]) for finding in after["findings"]] == [
        ("blocks", "body-0-value"),
        ("justify", "body-0-value"),
        ("advice", "body-0-value"),
    ]
    assert get(client, world.wang, "screening_data", page.pk).json() == after


@pytest.mark.parametrize("name", ["screening_page", "screening_data"])
def test_only_those_who_edit_or_review_the_page_see_its_findings(client, world, page, name):
    examine(page.latest_revision)
    for person in (world.wang, world.liu, world.chen, world.sun):
        assert get(client, person, name, page.pk).status_code == 200
    for person in (world.outsider, world.gao, world.li, world.zheng):
        assert get(client, person, name, page.pk).status_code == 404


def test_an_outsider_cannot_have_a_page_checked(client, world, page):
    assert post(client, world.outsider, "screening_examine", page.pk).status_code == 404
    assert not Examination.objects.exists()


def test_a_get_checks_nothing(client, world, page):
    assert get(client, world.wang, "screening_examine", page.pk).status_code == 405


def test_nobody_gets_in_without_signing_in(client, page):
    assert client.get(reverse("screening_page", args=[page.pk])).status_code == 302


def test_a_page_that_does_not_exist_is_not_found(client, world):
    assert get(client, world.wang, "screening_page", 999_999).status_code == 404


def test_a_reviewer_states_the_reason_on_the_page(client, world, page):
    finding = examine(page.latest_revision).findings.get(level="justify")
    html = get(client, world.liu, "screening_page", page.pk).content.decode()
    assert reverse("screening_justify", args=[finding.pk]) in html
    post(client, world.liu, "screening_justify", finding.pk, {"reason": "单位公布的值班手机。"})
    html = get(client, world.liu, "screening_page", page.pk).content.decode()
    assert "已说明：单位公布的值班手机。（刘科长" in html
    assert reverse("screening_justify", args=[finding.pk]) not in html


def test_the_author_sees_no_form_and_a_forced_one_is_refused(client, world, page):
    finding = examine(page.latest_revision).findings.get(level="justify")
    html = get(client, world.wang, "screening_page", page.pk).content.decode()
    assert reverse("screening_justify", args=[finding.pk]) not in html
    assert "须由未参与撰稿的审核人员说明理由" in html
    response = post(client, world.wang, "screening_justify", finding.pk, {"reason": "没事。"}, follow=True)
    assert "权限" in response.content.decode()
    assert not Justification.objects.exists()


def test_an_outsider_cannot_justify(client, world, page):
    finding = examine(page.latest_revision).findings.get(level="justify")
    assert post(client, world.gao, "screening_justify", finding.pk, {"reason": "没事。"}).status_code == 404


def test_the_editing_page_has_the_link_and_the_script(client, world, page):
    html = get(client, world.wang, "wagtailadmin_pages:edit", page.pk).content.decode()
    assert f'href="/admin/screening/page/{page.pk}/"' in html
    assert "js/findings.js" in html
    assert "css/findings.css" in html


def test_what_an_editor_wrote_is_escaped_in_the_excerpt():
    assert marked("<script>【<b>机密</b>】") == "&lt;script&gt;<mark>&lt;b&gt;机密&lt;/b&gt;</mark>"


def test_the_number_of_queries_does_not_grow_with_the_findings(client, world, django_assert_max_num_queries):
    few, many = (
        world.draft(text="<p>" + "。".join(f"1380013800{digit}" for digit in range(count)) + "</p>") for count in (1, 9)
    )
    counts = []
    for page in (few, many):
        examine(page.latest_revision)
        get(client, world.liu, "screening_page", page.pk)
        with django_assert_max_num_queries(500) as captured:
            get(client, world.liu, "screening_page", page.pk)
        counts.append(len(captured))
    assert counts[0] == counts[1]
