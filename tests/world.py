"""The cast. Built once through the real actions; tests fetch people and places by name.

周督办  office supervisor      keeps the archive, the registry, the reminders, the ranking
孙主任  钱副主任  office reviewers   give the final review of every site
赵局长  leader of the bureau's divisions
李处长  吴干事  head and editor of 对外贸易处, which keeps the portal's columns
陈局长  刘科长  王编辑  leader, reviewer and editor of 正定县
高科长  外人  reviewer and editor of 藁城区: the outsiders to Zhengding
郑审计  auditor
"""

from datetime import date
from functools import cached_property

from wangqun.access import actions as access
from wangqun.access.models import Role
from wangqun.articles import actions as articles
from wangqun.articles.models import ArticlePage, Source
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnPage
from wangqun.people import actions as people
from wangqun.people.models import Organisation, User
from wangqun.portal.models import HomePage
from wangqun.publication import actions as publication
from wangqun.reviews import actions as reviews
from wangqun.websites import actions as websites
from wangqun.websites.models import Website
from wangqun.workdays import actions as workdays

PASSWORD = "correct-horse-battery-9"
SINCE = date(2026, 1, 1)

PEOPLE = {
    # attribute: (user name, name, organisation)
    "zhou": ("zhou.duban", "周督办", "xxc"),
    "sun": ("sun.zhuren", "孙主任", "xxc"),
    "qian": ("qian.fuzhuren", "钱副主任", "xxc"),
    "zhao": ("zhao.juzhang", "赵局长", "sjzswj"),
    "li": ("li.chuzhang", "李处长", "wmc"),
    "wu": ("wu.ganshi", "吴干事", "wmc"),
    "chen": ("chen.juzhang", "陈局长", "zhengding"),
    "liu": ("liu.kezhang", "刘科长", "zhengding"),
    "wang": ("wang.bianji", "王编辑", "zhengding"),
    "gao": ("gao.kezhang", "高科长", "gaocheng"),
    "outsider": ("wai.ren", "外人", "gaocheng"),
    "zheng": ("zheng.shenji", "郑审计", "sjzswj"),
}


def build() -> None:
    """Build the cast in an empty, migrated database."""
    system = people.system_user()
    workdays.import_files()
    reviews.install_workflow()
    _organisations(system)
    for username, name, code in PEOPLE.values():
        organisation = Organisation.objects.get(code=code)
        people.create_person(
            by=system,
            username=username,
            name=name,
            organisation=organisation,
            password=PASSWORD,
            email=f"{username}@example.org",
        )
    world = World()
    _give(world.zhou, [Role.OFFICE_SUPERVISOR, Role.SITE_ADMINISTRATOR], None, by=system)
    for reviewer in (world.sun, world.qian):
        _give(reviewer, [Role.OFFICE_REVIEWER], None, by=world.zhou)
    _give(world.zheng, [Role.AUDITOR], None, by=world.zhou)
    for code, leader, head in (("wmc", "zhao", "li"), ("zhengding", "chen", "liu"), ("gaocheng", "chen", "gao")):
        organisation = Organisation.objects.get(code=code)
        people.change_organisation(organisation, by=system, leader=getattr(world, leader), head=getattr(world, head))
    _sites(world)
    Source.objects.create(name="河北省商务厅", domain="hebei.gov.cn", is_approved=True, approved_by=world.zhou)
    Source.objects.create(name="某论坛", domain="example.com")


def _organisations(system: User) -> None:
    def create(kind: str, name: str, short: str, code: str, **details: object) -> Organisation:
        return people.create_organisation(by=system, kind=kind, name=name, short_name=short, code=code, **details)

    kinds = Organisation.Kind
    bureau = create(
        kinds.BUREAU,
        "石家庄市商务局",
        "市商务局",
        "sjzswj",
        region_name="石家庄市",
        department_name="商务",
        region_code="130100",
    )
    create(kinds.DIVISION, "商务信息处", "信息处", "xxc", parent=bureau, is_information_office=True, document_mark="石商网")
    create(kinds.DIVISION, "对外贸易处", "外贸处", "wmc", parent=bureau)
    for name, region, code, number in (
        ("正定县商务局", "正定县", "zhengding", "130123"),
        ("藁城区商务局", "藁城区", "gaocheng", "130109"),
    ):
        create(
            kinds.COUNTY_BUREAU,
            name,
            name,
            code,
            parent=bureau,
            region_name=region,
            department_name="商务局",
            region_code=number,
            phone="0311-88001234",
            address=f"{region}府前街1号",
        )


def _give(user: User, roles: list[str], page: object, *, by: User) -> None:
    for proposal in access.split(user=user, duty="网站维护", roles=roles, page=page, reason="岗位需要", by=by):
        access.grant(proposal, by=by)


def _sites(world: "World") -> None:
    plan = [
        ("portal", "中国石家庄商务", "portal.localhost", "sjzswj", "wmc", "li", "zhao"),
        ("county", "正定县商务局", "zhengding.localhost", "zhengding", "zhengding", "liu", "chen"),
        ("county", "藁城区商务局", "gaocheng.localhost", "gaocheng", "gaocheng", "gao", "chen"),
    ]
    office = world.zhou
    for kind, name, domain, owner, department, person, leader in plan:
        website = websites.apply(
            kind=kind,
            name=name,
            domain=domain,
            organisation=Organisation.objects.get(code=owner),
            by=office,
            reason="按网站群规划开办",
            responsible_department=Organisation.objects.get(code=department),
            responsible_person=getattr(world, person),
            leader=getattr(world, leader),
            identification_code="1301230001",
            icp_number="冀ICP备12345678号-1",
            police_number="冀公网安备 13012302000123号",
            contact="0311-88001234",
        )
        websites.admit(website, by=office)
        home = HomePage(title=name, introduction=f"{name}网站")
        websites.build(website, home, by=office)
        websites.file_maintainer(website, getattr(world, person), duties="栏目维护", by=office)
        websites.open_website(website, by=office)
        publication.release_structure(home, by=office, reason="网站开通")
    homes = {website.domain.split(".")[0]: website.site.root_page for website in Website.objects.all()}
    _give(world.wu, [Role.EDITOR], homes["portal"], by=office)
    _give(world.li, [Role.DIVISION_REVIEWER], homes["portal"], by=office)
    _give(world.zhao, [Role.LEADER], None, by=office)
    _give(world.wang, [Role.EDITOR], homes["zhengding"], by=office)
    _give(world.liu, [Role.DIVISION_REVIEWER], homes["zhengding"], by=office)
    _give(world.chen, [Role.LEADER], homes["zhengding"], by=office)
    _give(world.outsider, [Role.EDITOR], homes["gaocheng"], by=office)
    _give(world.gao, [Role.DIVISION_REVIEWER], homes["gaocheng"], by=office)
    news = {"kind": ColumnPage.Kind.NEWS, "tag_type": "工作动态", "description": "商务工作动态信息", "keywords": "商务,动态"}
    notices = {
        "kind": ColumnPage.Kind.OTHER,
        "tag_type": "通知公告",
        "description": "通知公告",
        "keywords": "通知,公告",
        "update_days": 90,
    }
    law = {"kind": ColumnPage.Kind.LAW, "tag_type": "政策文件", "description": "法规与政策", "keywords": "政策,法规"}
    for site, title, slug, details, organisation, editor, reviewer in (
        ("portal", "工作动态", "gzdt", news | {"accepts_submissions": True}, "wmc", "wu", "li"),
        ("portal", "政策法规", "zcfg", law, "wmc", "wu", "li"),
        ("zhengding", "工作动态", "gzdt", news, "zhengding", "wang", "liu"),
        ("zhengding", "通知公告", "tzgg", notices, "zhengding", "wang", "liu"),
        ("gaocheng", "工作动态", "gzdt", news, "gaocheng", "outsider", "gao"),
    ):
        column = columns.open_column(homes[site].specific, title=title, slug=slug, by=office, **details)
        columns.entrust(
            column,
            organisation=Organisation.objects.get(code=organisation),
            editors=[getattr(world, editor)],
            reviewers=[getattr(world, reviewer)],
            by=office,
            valid_from=SINCE,
        )
        publication.release_structure(column, by=office, reason="栏目开通")


class World:
    """The cast by name: `world.wang`, `world.zhengding_news`, …"""

    def __getattr__(self, name: str) -> User:
        if name not in PEOPLE:
            raise AttributeError(name)
        found = User.objects.get(username=PEOPLE[name][0])
        setattr(self, name, found)
        return found

    def column(self, host: str, slug: str) -> ColumnPage:
        """Return the column with address part `slug` of the site `<host>.localhost`."""
        root = Website.objects.get(domain=f"{host}.localhost").site.root_page
        return ColumnPage.objects.descendant_of(root).get(slug=slug)

    @cached_property
    def zhengding_news(self) -> ColumnPage:
        return self.column("zhengding", "gzdt")

    @cached_property
    def gaocheng_news(self) -> ColumnPage:
        return self.column("gaocheng", "gzdt")

    @cached_property
    def portal_news(self) -> ColumnPage:
        return self.column("portal", "gzdt")

    @cached_property
    def portal_law(self) -> ColumnPage:
        return self.column("portal", "zcfg")

    @cached_property
    def zhengding(self) -> Website:
        return Website.objects.get(domain="zhengding.localhost")

    @cached_property
    def portal(self) -> Website:
        return Website.objects.get(domain="portal.localhost")

    def draft(
        self,
        column: ColumnPage | None = None,
        *,
        by: User | None = None,
        title: str = "正定县举办夜经济消费季",
        **fields: object,
    ) -> ArticlePage:
        """A draft as an editor saves it; by 王编辑 in Zhengding's news unless said otherwise."""
        text = fields.pop("text", "<p>活动自本周起在古城举行，促进商贸流通。</p>")
        return articles.draft(
            column or self.zhengding_news,
            title=title,
            by=by or self.wang,
            body=fields.pop("body", [("paragraph", text)]),
            **fields,
        )

    def submitted(self, column: ColumnPage | None = None, **fields: object) -> ArticlePage:
        """A draft that waits for the division's review."""
        article = self.draft(column, **fields)
        reviews.submit(article, by=article.owner)
        return ArticlePage.objects.get(pk=article.pk)

    def released(self, column: ColumnPage | None = None, **fields: object) -> ArticlePage:
        """An article that passed the whole review."""
        article = self.submitted(column, **fields)
        self.pass_review(article)
        return ArticlePage.objects.get(pk=article.pk)

    def pass_review(self, article: ArticlePage) -> None:
        """Let everybody who must sign `article` sign it."""
        from wangqun.reviews import eligibility

        while (state := ArticlePage.objects.get(pk=article.pk).current_workflow_task_state) is not None:
            level = state.task.specific.level
            reviews.approve(state, by=eligibility.signers(article, level, state.specific)[0])
