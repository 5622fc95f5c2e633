"""The main job in real Chromium, through the back office, as four people: editor, head, office, supervisor."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.world import PASSWORD, PEOPLE

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
TITLE = "正定县举办春季消费节"
PATIENCE = 15_000  # milliseconds; the machine may be busy
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def enter(installation, chromium):
    """Sign a person in, in a browser of their own; returns their page."""
    contexts = []

    def sign_in(name: str) -> Page:
        context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{installation.port}/admin/")
        page.fill("input[name=username]", PEOPLE[name][0])
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        expect(page).not_to_have_url(re.compile("login"))
        return page

    yield sign_in
    for context in contexts:
        context.close()


def write(page: Page, title: str, text: str, *, installation) -> None:
    """Write an article in Wagtail's own form and submit it for review."""
    column = installation.manage(
        "shell", "-c",
        "from tests.world import World; print('COLUMN', World().zhengding_news.pk)",
    )  # fmt: skip
    number = re.search(r"COLUMN (\d+)", column).group(1)
    page.goto(f"http://127.0.0.1:{installation.port}/admin/pages/add/articles/articlepage/{number}/")
    page.fill("#id_title", title)
    page.locator(".c-sf-add-button").first.click()
    page.get_by_role("option", name="段落").or_(page.get_by_role("menuitem", name="段落")).or_(
        page.get_by_text("段落", exact=True)
    ).first.click()
    editor = page.locator("[data-contentpath=body] [contenteditable=true]").first
    editor.click()
    editor.press_sequentially(text, delay=5)
    expect(editor).to_contain_text(text)
    # The editor copies what was typed into the form a quarter of a second later; only then may the form be sent.
    expect(page.locator("[name=body-0-value]")).to_have_value(re.compile(text))
    submit(page)


def submit(page: Page) -> None:
    """Choose 提交 from the actions at the foot of the form."""
    page.get_by_role("button", name="更多动作").click()
    page.get_by_role("button", name=re.compile("提交给")).click()
    expect(page.locator(".messages .success")).to_be_visible()


def decide(page: Page, title: str, button: str, *, installation, comment: str = "") -> None:
    """Open the waiting text from the desk and press a button."""
    page.goto(f"http://127.0.0.1:{installation.port}/admin/reviews/")
    page.get_by_role("link", name=title).first.click()
    expect(page.frame_locator("iframe.review__preview").get_by_role("heading", name=title)).to_be_visible()
    if comment:
        page.fill("#comment", comment)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


@pytest.mark.req("COL-2", "COL-4", "GRP-1", "GRP-5", "REM-2", "ASM-2", "PUB-1")
def test_four_people_bring_an_article_to_the_street_and_a_week_of_silence_brings_the_slip(installation, enter):
    editor = enter("wang")
    write(editor, TITLE, "活动自本周六起在古城南门举行，商户让利销售，欢迎市民参加。", installation=installation)

    head = enter("liu")
    decide(head, TITLE, "审核通过", installation=installation, comment="内容属实")
    street = enter("outsider").context.new_page()
    assert TITLE not in street.goto(installation.address("zhengding", "/gzdt/")).text()

    office = enter("sun")
    decide(office, TITLE, "审核通过", installation=installation)
    installation.manage("publish_files", "--once")  # the publisher may be ahead
    street.goto(installation.address("zhengding", "/gzdt/"))
    street.get_by_role("link", name=TITLE).first.click()
    expect(street.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(street.locator('meta[name="ArticleTitle"]')).to_have_attribute("content", TITLE)

    installation.manage("sweep_clocks", days_ahead=9)
    installation.manage("remind", days_ahead=9)
    supervisor = enter("zhou")
    supervisor.goto(f"http://127.0.0.1:{installation.port}/admin/reminders/")
    expect(supervisor.get_by_text(re.compile("正定县商务局.*工作动态")).first).to_be_visible()
    supervisor.goto(f"http://127.0.0.1:{installation.port}/admin/assessment/")
    expect(supervisor.get_by_text("正定县商务局").first).to_be_visible()
