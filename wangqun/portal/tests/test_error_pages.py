import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from tests.public_pages import START, make_home
from tests.reading import Reading

pytestmark = pytest.mark.req("PUB-1")


@pytest.mark.parametrize("name", ["404.html", "500.html", "gone.html", "refused.html"])
def test_an_error_page_needs_no_database_and_no_request(name):
    reading = Reading(render_to_string(name, {"sentence": "此稿件已发布，请刷新后再看。"}).encode())
    assert len(reading.text("h1")) == 1


def test_a_refusal_shows_its_sentence_as_text():
    assert "请<b>刷新</b>。" in Reading(render_to_string("refused.html", {"sentence": "请<b>刷新</b>。"}).encode()).text("p")


@pytest.mark.req("COL-8")
def test_a_withdrawn_page_says_what_it_was_why_and_when(db):
    website = make_home(kind="county", name="阜平县商务", domain="gone.localhost").website
    html = render_to_string(
        "gone.html", {"website": website, "title": "某通知", "reason": "内容有误", "note": "见新通知。", "withdrawn_at": START}
    )
    reading = Reading(html.encode())
    assert "某通知" in reading.text("p") and "见新通知。" in reading.text("p")
    assert "内容有误" in reading.text("dd") and timezone.localtime(START).strftime("%Y-%m-%d %H:%M") in reading.text("time")
    assert ("robots", "noindex") in reading.metas
