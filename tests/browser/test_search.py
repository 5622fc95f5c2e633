"""Search as a reader meets it in Chromium: from the header, by keyboard, without script, gone when withdrawn."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.req("PUB-2")]
PATIENCE = 20_000  # milliseconds; the machine may be busy
TITLE = "正定县夜经济消费季开幕"
WITHDRAWN = "正定县庙会改期"
RELEASE = "from tests.world import World; World().released(title='{}', text='<p>古城夜市同日开街。</p>')"
WITHDRAW = (
    "from tests.world import World; from wangqun.articles.models import ArticlePage; from wangqun.publication import actions; "
    f"actions.withdraw(ArticlePage.objects.get(title='{WITHDRAWN}'), by=World().liu, reason='wrong')"
)


@pytest.fixture(scope="module")
def released(installation):
    installation.manage("shell", "-c", RELEASE.format(TITLE))
    return installation


@pytest.fixture
def page(released, chromium):
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    made = context.new_page()
    made.problems = []
    made.on("pageerror", lambda fault: made.problems.append(str(fault)))
    made.on("console", lambda said: made.problems.append(said.text) if said.type == "error" else None)
    yield made
    context.close()


def find(page: Page, address: str, title: str = TITLE) -> None:
    """Ask until the follower has read the release."""
    for _ in range(60):
        page.goto(address)
        if page.get_by_role("heading", name=title).count():
            return
        page.wait_for_timeout(250)
    pytest.fail(f"not found: {address}")


def assert_accessible(page: Page) -> None:
    faults = [fault["id"] for fault in Axe().run(page).response["violations"] if fault["impact"] in {"serious", "critical"}]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"


def test_from_the_header_to_the_article(released, page):
    find(page, released.address("zhengding", "/search/?q=夜市"))
    page.goto(released.address("zhengding"))
    page.get_by_role("searchbox", name="检索本网站").fill("夜經濟")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text("夜经济")
    assert_accessible(page)
    page.get_by_role("link", name=TITLE).click()
    expect(page).to_have_url(re.compile(r"/gzdt/t\d+_\d+/$"))
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def test_suggestions_by_keyboard_under_the_strict_policy(released, page):
    find(page, released.address("zhengding", "/search/?q=夜市"))
    page.goto(released.address("zhengding", "/search/"))
    field = page.get_by_role("combobox")
    field.press_sequentially("夜经", delay=30)
    expect(page.get_by_role("option", name=TITLE)).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value(TITLE)
    expect(page.get_by_role("option", name=TITLE)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(field).to_have_value("夜经")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name=TITLE)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    assert page.problems == []


def test_without_script_and_on_a_telephone(released, chromium):
    context = chromium.new_context(locale="zh-CN", viewport={"width": 375, "height": 700}, java_script_enabled=False)
    made = context.new_page()
    find(made, released.address("zhengding", "/search/?q=夜市"))
    made.fill("#q", "天气预报")
    made.get_by_role("button", name="检索").click()
    expect(made.get_by_text("没有找到符合条件的内容")).to_be_visible()
    context.close()


def test_on_a_telephone_nothing_is_cut_off(released, page):
    page.set_viewport_size({"width": 375, "height": 700})
    for path in ("/search/?q=夜市", "/search/?q=天气预报&kind=law", "/zh-hant/search/?q=夜市", "/en/search/?q=market"):
        page.goto(released.address("zhengding", path))
        assert_accessible(page)


def test_what_is_withdrawn_is_gone_at_once(released, page):
    released.manage("shell", "-c", RELEASE.format(WITHDRAWN))
    find(page, released.address("zhengding", "/search/?q=庙会"), WITHDRAWN)
    released.manage("shell", "-c", WITHDRAW)
    page.goto(released.address("zhengding", "/search/?q=庙会"))
    assert not page.get_by_role("heading", name=WITHDRAWN).count()
