"""Takes the pictures of the manuals from a running demonstration: `make run` in one window, `make screenshots` in another.

    python -m tools.screenshots [name …]

Signs in as each role and walks by what stands on the screen, in Chinese, as a person would. Writes docs/images/<name>.png at
1440 pixels and docs/images/<name>-375.png at 375. What cannot be found is named at the end; the other pictures are taken.
One article is written and submitted on the way, so the demonstration is not left quite as it was.
BASE_URL is where the demonstration answers (default http://127.0.0.1:8000). Accounts come from README.md, between the marks
`<!-- accounts -->`; WANGQUN_ACCOUNTS may name others: "采编=name:password,初审=name:password".
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from tools.system import ROOT, browser, say, stop

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
IMAGES = Path(os.environ.get("WANGQUN_IMAGES", ROOT / "docs" / "images"))
WIDE, NARROW, PAPER = (1440, 900), (375, 812), (794, 1123)  # pixels; the last is A4 at 96 to the inch
TALLEST = 2400  # pixels of a picture: a longer page is cut
PATIENCE = 8_000  # milliseconds
ROLES = ("采编", "初审", "复审", "终审", "督办", "审计")
TITLE = "正定县举办网上年货节"  # the text that the pictures show on its way
TEXT = "年货节自本周末起举行，请有意参展的企业与县商务局联系，联系电话 13800138000。"
CODE = re.compile(r"`([^`]+)`")


class NotFound(Exception):
    """What a picture needs is not on the screen."""


def accounts() -> dict[str, list[tuple[str, str]]]:
    """Return (user name, password) of each role, in the order in which they are listed."""
    found: dict[str, list[tuple[str, str]]] = {role: [] for role in ROLES}
    if given := os.environ.get("WANGQUN_ACCOUNTS", ""):
        for entry in given.split(","):
            role, _, account = entry.partition("=")
            name, _, password = account.partition(":")
            found.setdefault(role.strip(), []).append((name.strip(), password))
        return found
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("<!-- accounts -->")[2].partition("<!-- /accounts -->")[0]
    common = re.search(r"(?:口令|密码)[^`|\n]*`([^`]+)`", section)
    for row in section.splitlines():
        words = CODE.findall(row)
        if not row.startswith("|") or not words:
            continue
        password = words[1] if len(words) > 1 else common.group(1) if common else ""
        for role in ROLES:
            if role in row:
                found[role].append((words[0], password))
    return found


ACCOUNTS = accounts()


class Camera:
    """Browser windows, one per person and width, and where their pictures go."""

    def __init__(self, chromium: Browser) -> None:
        self.chromium = chromium
        self.contexts: dict[tuple[str, int], BrowserContext] = {}

    def window(self, role: str, size: tuple[int, int], which: int = 0) -> Page:
        """Return a new window of the person who has `role` ("" for a reader), signed in."""
        key = (f"{role}{which}", size[0])
        if key not in self.contexts:
            context = self.chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )
            context.set_default_timeout(PATIENCE)
            if role:
                sign_in(context, role, which)
            self.contexts[key] = context
        return self.contexts[key].new_page()

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


def sign_in(context: BrowserContext, role: str, which: int) -> None:
    """Sign in as the `which`-th person who has `role`."""
    if which >= len(ACCOUNTS.get(role, [])):
        raise NotFound(f"README 的账号表中没有“{role}”的账号")
    name, password = ACCOUNTS[role][which]
    page = context.new_page()
    page.goto(f"{BASE}/admin/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/login" not in address, timeout=4 * PATIENCE)
    page.close()


def go(page: Page, address: str) -> Page:
    """Open an address of the demonstration and wait until it is still."""
    answer = page.goto(urljoin(f"{BASE}/", address))
    if answer is None or answer.status >= 400:
        raise NotFound(f"{address} 返回 {answer.status if answer else '空'}")
    settle(page)
    return page


def settle(page: Page) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)  # the back office draws its side bar after loading


def menu(page: Page, *labels: str) -> Page:
    """Open the first entry of the back office's menu whose label begins with one of `labels`."""
    if "/admin/" not in page.url:
        go(page, "/admin/")
    entries = list(menu_entries(json.loads(page.locator("#wagtail-sidebar-props").text_content() or "{}")))
    for label in labels:
        for shown, address in entries:
            if shown.startswith(label):
                return go(page, address)
    raise NotFound(f"菜单中没有{'、'.join(labels)}")


def menu_entries(value: object) -> Iterator[tuple[str, str]]:
    """Yield (label, address) of every entry in the side bar's data, whatever its shape."""
    if isinstance(value, dict):
        label, address = value.get("label"), value.get("url") or value.get("href")
        if isinstance(label, str) and isinstance(address, str):
            yield label, address
        for inner in value.values():
            yield from menu_entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from menu_entries(inner)


def first(*candidates: Locator) -> Locator:
    """Return the first of the first candidate that is on the page at all."""
    for candidate in candidates:
        if candidate.count():
            return candidate.first
    raise NotFound("页面上没有要找的内容")


def open_link(page: Page, *candidates: Locator) -> Page:
    """Go where the first candidate leads, in the same window."""
    address = first(*candidates).get_attribute("href")
    if not address:
        raise NotFound("链接没有地址")
    return go(page, address if "://" in address else urljoin(page.url, address))


def public_address(address: str) -> str:
    """Return an address with the port of the demonstration: pages of the release tree may have been made for another one."""
    wanted, parts = urlsplit(BASE), urlsplit(address)
    port = f":{wanted.port}" if wanted.port else ""
    return urlunsplit((wanted.scheme, f"{parts.hostname}{port}", parts.path, parts.query, ""))


def county(page: Page) -> Page:
    """Open the home page of a county: 正定 where there is one."""
    go(page, "/")
    homes = [
        link for link in page.locator("a[href*='//']").all() if urlsplit(link.get_attribute("href") or "").path in {"", "/"}
    ]
    homes.sort(key=lambda link: "正定" not in (link.text_content() or ""))
    if not homes:
        raise NotFound("首页上没有其他网站的链接")
    return go(page, public_address(homes[0].get_attribute("href") or ""))


def article_of(page: Page) -> Page:
    return open_link(page, page.locator("main a[href*='/t2']"))


# The public pages


def portal_home(page: Page) -> Page:
    return go(page, "/")


def column(page: Page) -> Page:
    return open_link(
        county(page), page.locator("nav.columns a", has_text=re.compile("动态|新闻")), page.locator("nav.columns a").nth(1)
    )


def article(page: Page) -> Page:
    return article_of(column(page))


def law(page: Page) -> Page:
    """A regulation whose articles have addresses of their own."""
    go(page, "/")
    columns = [
        link.get_attribute("href") or ""
        for link in page.locator("nav.columns a", has_text=re.compile("法规|政策|规划|公开")).all()
    ]
    for address in columns:
        go(page, address)
        for found in [link.get_attribute("href") or "" for link in page.locator("main a[href*='/t2']").all()[:30]]:
            go(page, found)
            if page.locator("[id^='tiao-']").count():
                return page
    raise NotFound("没有找到带条文的法规页面")


def site_map(page: Page) -> Page:
    return go(page, "/map/")


# The back office


def sign_in_page(page: Page) -> Page:
    return go(page, "/admin/login/")


def desk(page: Page) -> Page:
    return go(page, "/admin/")


def inbox(page: Page) -> Page:
    return menu(page, "通知")


def edit(page: Page) -> Page:
    """The edit page of an article in which the check found something: one written before, or one written now."""
    go(page, "/admin/")
    rows = page.locator("main tr").filter(has_text=TITLE).filter(has_text="草稿")
    for address in [link.get_attribute("href") or "" for link in rows.locator("a[href$='/edit/']").all()]:
        if go(page, address).url.endswith(address):  # a copy on another site may not be opened
            break
    else:
        write(new_article(page))
    first_or_wait(page.locator("button:visible", has_text="内容检查")).click()  # a script adds it when the editor stands
    first_or_wait(page.get_by_text("内容检查：", exact=False))
    return page


def write(page: Page) -> None:
    """Fill the form of a new article with a title and a paragraph that holds a telephone number, and save the draft."""
    page.locator("[name=title]").fill(TITLE)
    first(page.locator("button.c-sf-add-button")).click()
    page.get_by_role("option", name="段落").first.click()
    page.locator("[data-contentpath=body] [contenteditable=true]").first.click()
    page.keyboard.type(TEXT)
    page.wait_for_timeout(500)  # the editor hands its text over a moment after the last key
    first(page.locator("button:visible", has_text="保存草稿")).click()
    page.wait_for_url(re.compile(r"/edit/$"))
    settle(page)


def first_or_wait(wanted: Locator) -> Locator:
    """Return the first match, waiting for it; raises NotFound where it does not come."""
    try:
        wanted.first.wait_for()
    except BrowserError as late:
        raise NotFound("等不到要找的内容") from late
    return wanted.first


def submit(camera: "Camera") -> None:
    """Let a text wait for the first reviewer, where none does: the editor submits the draft of the picture before."""
    with closing(camera.window("初审", WIDE)) as page:
        if reviews(page).locator("main td.title a[href*='/admin/reviews/']").count():
            return
    with closing(camera.window("采编", WIDE)) as page:
        edit(page)
        page.get_by_role("button", name="更多动作").last.click()
        first(page.locator("button:visible", has_text="提交给"), page.locator("button:visible", has_text="提交审核")).click()
        page.wait_for_load_state("load")
        settle(page)


def new_article(page: Page) -> Page:
    """The empty form of a new article, beside one that this person has written."""
    try:
        return menu(page, "写稿", "新建稿件", "撰稿")
    except NotFound:
        go(page, "/admin/")
        open_link(page, page.locator("a[href*='/admin/pages/'][href$='/edit/']"))
        above = [link.get_attribute("href") or "" for link in page.locator("a[href*='/admin/pages/']").all()]
        numbers = [found[1] for address in above if (found := re.search(r"/admin/pages/(\d+)/?$", address))]
        for number in reversed(numbers):
            answer = page.request.get(f"{BASE}/admin/pages/add/articles/articlepage/{number}/", max_redirects=0)
            if answer.ok:
                return go(page, f"/admin/pages/add/articles/articlepage/{number}/")
        raise


def reviews(page: Page) -> Page:
    return menu(page, "审核")


def review(page: Page) -> Page:
    reviews(page)
    heading = page.locator("a[href*='/admin/reviews/']:not([href*='sheets'])").filter(has_not_text="审核委托")
    return open_link(
        page, page.locator("main td.title a[href*='/admin/reviews/']"), heading.locator("xpath=self::*[ancestor::table]")
    )


def sheet(page: Page) -> Page:
    reviews(page)
    return open_link(page, page.locator("a[href*='/reviews/sheets/']"))


def delegations(page: Page) -> Page:
    return open_link(reviews(page), page.get_by_role("link", name="审核委托"))


def reminders(page: Page) -> Page:
    return menu(page, "提醒单")


def reminder(page: Page) -> Page:
    return open_link(reminders(page), page.locator("main td.title a"), page.locator("main tbody a[href*='/reminders/']"))


def slip(page: Page) -> Page:
    address = first(reminder(page).get_by_role("link", name="打印提醒单")).get_attribute("href")
    return go(page, f"{address}?format=html")


def deadlines(page: Page) -> Page:
    return menu(page, "更新时限", "到期", "时钟")


def duties(page: Page) -> Page:
    return menu(page, "责任明细", "栏目责任", "责任")


def rankings(page: Page) -> Page:
    return menu(page, "月排名", "考核")


def ranking(page: Page) -> Page:
    return open_link(rankings(page), page.locator("main td a[href*='/admin/']"), page.locator("main table a"))


def archive(page: Page) -> Page:
    return menu(page, "权限档案", "权限")


def releases(page: Page) -> Page:
    return menu(page, "发布备案")


def submissions(page: Page) -> Page:
    return menu(page, "信息报送", "报送")


def websites(page: Page) -> Page:
    return menu(page, "网站登记", "网站群", "网站")


def calendars(page: Page) -> Page:
    return menu(page, "工作日历")


def log(page: Page) -> Page:
    return menu(page, "操作日志")


BEFORE: dict[str, Callable[["Camera"], None]] = {"review": submit}
"""What must have happened before a picture can be taken."""
Shot = tuple[str, tuple[str, ...], Callable[[Page], Page]]
"""A picture: its name, the roles that may see it (the first that can is taken; none for readers), the way there."""
SHOTS: list[Shot] = [
    ("portal", (), portal_home),
    ("county", (), county),
    ("column", (), column),
    ("article", (), article),
    ("law", (), law),
    ("map", (), site_map),
    ("sign-in", (), sign_in_page),
    ("desk", ("采编",), desk),
    ("new-article", ("采编",), new_article),
    ("edit", ("采编",), edit),
    ("inbox", ("采编", "初审"), inbox),
    ("reviews", ("初审", "终审"), reviews),
    ("review", ("初审", "终审", "复审"), review),
    ("sheet", ("初审", "终审"), sheet),
    ("delegations", ("初审", "终审"), delegations),
    ("submissions", ("终审", "采编"), submissions),
    ("reminders", ("督办",), reminders),
    ("reminder", ("督办",), reminder),
    ("slip", ("督办",), slip),
    ("deadlines", ("督办",), deadlines),
    ("duties", ("督办",), duties),
    ("rankings", ("督办",), rankings),
    ("ranking", ("督办",), ranking),
    ("archive", ("督办", "审计"), archive),
    ("releases", ("督办", "审计"), releases),
    ("websites", ("督办",), websites),
    ("calendars", ("督办",), calendars),
    ("log", ("审计",), log),
]
PRINTED = {"sheet", "slip"}


@contextmanager
def closing(page: Page) -> Iterator[Page]:
    try:
        yield page
    finally:
        page.close()


def take(camera: Camera, shot: Shot, size: tuple[int, int]) -> None:
    """Take one picture at one width; tries every person of every role until one gets there. Raises NotFound."""
    name, roles, way = shot
    last: Exception = NotFound("没有账号")
    people = [(role, which) for role in roles for which in range(len(ACCOUNTS.get(role, [])))] or (
        [("", 0)] if not roles else []
    )
    for role, which in people:
        try:
            with closing(camera.window(role, PAPER if name in PRINTED else size, which)) as page:
                way(page)
                if name in PRINTED:
                    page.emulate_media(media="print")
                    page.add_style_tag(content="html { padding: 16mm 18mm }")  # the margins that paper would have
                target = IMAGES / f"{name}{'' if size is WIDE or name in PRINTED else '-375'}.png"
                height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
                width = page.viewport_size["width"] if page.viewport_size else size[0]
                # The back office scrolls inside its own window, so a tall window shows more than a full-page picture.
                page.set_viewport_size({"width": width, "height": max(height, size[1])})
                page.wait_for_timeout(300)
                page.screenshot(path=target)
                return
        except (NotFound, BrowserError) as fault:
            last = fault
    raise NotFound(str(last).splitlines()[0])


def main() -> int:
    """Take all pictures, or those named; returns 1 where one is missing."""
    chromium_path = browser() or stop("没有浏览器，请执行 apt-get install chromium")
    wanted = set(sys.argv[1:])
    if unknown := wanted - {shot[0] for shot in SHOTS}:
        stop(f"没有这样的截图：{'、'.join(sorted(unknown))}。")
    IMAGES.mkdir(parents=True, exist_ok=True)
    missing = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        try:
            answer = chromium.new_page().goto(f"{BASE}/")
        except BrowserError:
            stop(f"{BASE} 没有回答，请先在另一个窗口执行 make run，或用 BASE_URL 指明地址。")
        if answer is None or not answer.ok:
            stop(f"{BASE} 没有演示数据，请先执行 make run。")
        camera = Camera(chromium)
        for shot in SHOTS:
            if wanted and shot[0] not in wanted:
                continue
            try:
                if shot[0] in BEFORE:
                    BEFORE[shot[0]](camera)
            except (NotFound, BrowserError) as fault:
                say(f"{shot[0]} 之前的一步没有做成：{str(fault).splitlines()[0]}")
            for size in (WIDE,) if shot[0] in PRINTED else (WIDE, NARROW):
                try:
                    take(camera, shot, size)
                except NotFound as fault:
                    missing.append(f"{shot[0]}（{size[0]} 像素）：{fault}")
            say(f"{shot[0]}")
        camera.close()
        chromium.close()
    for sentence in missing:
        say(f"缺 {sentence}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
