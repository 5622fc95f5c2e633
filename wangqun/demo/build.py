"""Builds the demonstration city by calling the real actions at the moments of the past three months.

The actions take no date from anybody, so that nobody can backdate; here the process's clock travels instead (time-machine), and
only here. The same day always gives the same city.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.core.files.images import ImageFile
from PIL import Image as Picture
from PIL import ImageDraw
from wagtail.images.models import Image

from wangqun.access import actions as access
from wangqun.access.models import ScopeCollection
from wangqun.articles import actions as articles
from wangqun.articles.models import ArticlePage, Source
from wangqun.assessment import actions as assessment
from wangqun.clocks import actions as clocks
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnPage
from wangqun.demo import documents, plan
from wangqun.people import actions as people
from wangqun.people.models import LeadingGroup, LeadingGroupMember, Organisation, User
from wangqun.portal.models import HomePage
from wangqun.publication import actions as publication
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Release
from wangqun.reminders import actions as reminders
from wangqun.reminders.models import Reminder
from wangqun.reviews import actions as reviews
from wangqun.reviews import eligibility
from wangqun.sharing import actions as sharing
from wangqun.sharing import press
from wangqun.websites import actions as websites
from wangqun.websites import naming
from wangqun.websites.models import Website
from wangqun.workdays import actions as workdays

ZONE = ZoneInfo("Asia/Shanghai")
REGIONS = Path(__file__).resolve().parents[2] / "data" / "regions" / "shijiazhuang.json"
WEEKS = 13


@dataclass
class Desk:
    """One column with the people who keep it."""

    column: ColumnPage
    editor: User
    place: str


class City:
    """The city while it is built."""

    def __init__(self, *, until: date, counties: int, say: Callable[[str], None]) -> None:
        self.until, self.since = until, until - timedelta(weeks=WEEKS)
        self.last = datetime.combine(self.since - timedelta(days=2), time.min, ZONE)
        self.random = random.Random(20261122)  # noqa: S311 - the same city every time, no secret
        self.say = say
        self.counties: list[dict[str, str]] = json.loads(REGIONS.read_text(encoding="utf-8"))["counties"]
        if counties < len(self.counties):
            first = [item for item in self.counties if item["name"] in plan.NAMED_COUNTY_PEOPLE]
            self.counties = (first + [item for item in self.counties if item not in first])[:counties]
        self.people: dict[str, User] = {}
        self.organisations: dict[str, Organisation] = {}
        self.desks: dict[tuple[str, str], Desk] = {}
        self.waiting_texts: dict[tuple[str, int], list[tuple[str, str]]] = {}

    @contextmanager
    def at(self, day: date, hour: int, minute: int = 0) -> Iterator[None]:
        """Let the process live at a moment of the past, or a minute after the last one: the log never goes backwards."""
        moment = max(datetime.combine(day, time(hour, minute), ZONE), self.last + timedelta(minutes=1))
        self.last = moment
        with time_machine.travel(moment, tick=True):
            yield

    # --- the ground ---------------------------------------------------------------------------------------------------

    def found(self) -> None:
        """Organisations, people, archive, sites and columns, on the first day."""
        with self.at(self.since - timedelta(days=1), 9):
            self.system = people.system_user()
            workdays.import_files()
            reviews.install_workflow()
            self._organisations()
            self._office()
            self.say("机构、人员和权限档案")
            for kind, label, name, owner, undertaker, text in plan.NAMED_SITES:
                self._named_site(kind, label, name, owner, undertaker, text)
            for county in self.counties:
                self._county(county)
            self.say(f"网站 {Website.objects.count()} 个，栏目 {ColumnPage.objects.count()} 个")
            self._leading_group()
            Source.objects.create(
                name="河北省商务厅",
                domain="hebei.gov.cn",
                is_approved=True,
                approved_by=self.people["zhou.duban"],
                remark="上级主管部门",
            )
            Source.objects.create(
                name="商务部网站",
                domain="mofcom.gov.cn",
                is_approved=True,
                approved_by=self.people["zhou.duban"],
                remark="上级主管部门",
            )
            Source.objects.create(name="某财经论坛", domain="example.com", remark="未经核准，不得转载")

    def _organisation(self, kind: str, name: str, short: str, code: str, **details: Any) -> Organisation:
        made = people.create_organisation(by=self.system, kind=kind, name=name, short_name=short, code=code, **details)
        self.organisations[code] = made
        return made

    def _person(self, username: str, name: str, code: str, title: str, *, may_sign_in: bool = True) -> User:
        organisation = self.organisations[code]
        user = people.create_person(
            by=self.system,
            username=username,
            name=name,
            organisation=organisation,
            password=plan.PASSWORD if may_sign_in else None,
            phone=organisation.phone,
        )
        people.appoint(user, organisation=organisation, title=title, valid_from=self.since, by=self.system)
        self.people[username] = user
        return user

    def _give(self, user: User, roles: list[str], page: Any, duty: str, *, by: User | None = None) -> None:
        for proposal in access.split(user=user, duty=duty, roles=roles, page=page, reason="岗位需要", by=by or self.office):
            access.grant(proposal, by=by or self.office)

    def _organisations(self) -> None:
        kinds = Organisation.Kind
        bureau = self._organisation(
            kinds.BUREAU,
            "石家庄市商务局",
            "市商务局",
            "sjzswj",
            region_name="石家庄市",
            department_name="商务",
            region_code="130100",
            phone="0311-86000000",
            address="石家庄市中山路1号",
            opening_hours="工作日 9:00—12:00，13:30—17:30",
            functions="负责全市内外贸易、外商投资和对外经济合作的促进、管理和服务。",
        )
        for order, (code, name, functions) in enumerate(plan.DIVISIONS):
            self._organisation(
                kinds.DIVISION,
                name,
                name.removeprefix("商务"),
                code,
                parent=bureau,
                position=order + 1,
                functions=functions,
                phone=f"0311-860000{order + 10}",
                region_name="石家庄市",
                department_name=name,
                is_information_office=code == "xxc",
                document_mark="石商网" if code == "xxc" else "",
            )
        for code, name in [(code, name) for code, name, *_ in plan.AFFILIATED]:
            self._organisation(kinds.AFFILIATED_UNIT, name, name.removeprefix("石家庄市"), code, parent=bureau, position=30)

    def _office(self) -> None:
        for username, name, code, title, _roles in plan.OFFICE:
            self._person(username, name, code, title)
        self.office = self.people["zhou.duban"]
        for username, _name, _code, _title, roles in plan.OFFICE:
            self._give(
                self.people[username], roles, None, "网站群管理", by=self.system if username == "zhou.duban" else self.office
            )
        for code, ((head, head_name), (editor, editor_name)) in plan.DIVISION_PEOPLE.items():
            known = code in {"wmc", "swxxzx"}  # 外贸处, and who reviews what counties submit to the portal
            self._person(head, head_name, code, "处长", may_sign_in=known)
            self._person(editor, editor_name, code, "科员", may_sign_in=known)
            people.change_organisation(
                self.organisations[code], by=self.system, head=self.people[head], leader=self.people["zhao.juzhang"]
            )
        for code in ("xxc", "sjzswj"):
            people.change_organisation(
                self.organisations[code], by=self.system, head=self.people["sun.zhuren"], leader=self.people["zhao.juzhang"]
            )

    def _site(
        self, *, kind: str, label: str, name: str, owner: str, undertaker: str, person: User, leader: User, text: str, code: str
    ) -> Website:
        organisation = self.organisations[owner]
        website = websites.apply(
            kind=kind,
            name=name,
            domain=f"{label}.localhost",
            organisation=organisation,
            by=self.office,
            reason="按网站群规划开办",
            undertaker=self.organisations[undertaker],
            responsible_department=self.organisations[undertaker],
            responsible_person=person,
            leader=leader,
            identification_code=f"{code}{len(self.organisations) % 10000:04d}",
            contact=organisation.phone,
            theme={"portal": "red", "county": "blue"}.get(kind, "green"),
        )
        websites.admit(website, by=self.office)
        home = HomePage(title=name, introduction=f"{text}（演示数据，非官方网站）")
        websites.build(website, home, by=self.office)
        websites.file_maintainer(website, person, duties="栏目维护、信息报送", by=self.office)
        websites.open_website(website, by=self.office)
        publication.release_structure(home, by=self.office, reason="网站开通")
        return website

    def _column(
        self, home: Any, host: str, spec: tuple[Any, ...], organisation: Organisation, editor: User, reviewer: User, place: str
    ) -> Desk:
        slug, title, kind, tag_type, days, accepts = spec
        column = columns.open_column(
            home,
            title=title,
            slug=slug,
            kind=kind,
            tag_type=tag_type,
            by=self.office,
            accepts_submissions=accepts,
            description=f"{place}{title}",
            keywords=f"{title},商务",
            **({"update_days": days} if days else {}),
        )
        columns.entrust(
            column, organisation=organisation, editors=[editor], reviewers=[reviewer], by=self.office, valid_from=self.since
        )
        publication.release_structure(column, by=self.office, reason="栏目开通")
        self.desks[host, slug] = Desk(column, editor, place)
        return self.desks[host, slug]

    def _named_site(self, kind: str, label: str, name: str, owner: str, undertaker: str, text: str) -> None:
        head = self.people["sun.zhuren"] if undertaker == "xxc" else self.people[plan.DIVISION_PEOPLE[undertaker][0][0]]
        website = self._site(
            kind=kind,
            label=label,
            name=name,
            owner=owner,
            undertaker=undertaker,
            person=head,
            leader=self.people["zhao.juzhang"],
            text=text,
            code="130100",
        )
        specs = plan.PORTAL_COLUMNS if kind == "portal" else [(*item[:5], False, item[5]) for item in plan.SITE_COLUMNS[kind]]
        home = website.site.root_page
        for *spec, code in specs:
            keeper = code if code != "xxc" else "swxxzx"
            (head_name, _), (editor_name, _) = plan.DIVISION_PEOPLE[keeper]
            desk = self._column(
                home.specific,
                label,
                tuple(spec),
                self.organisations[code],
                self.people[editor_name],
                self.people[head_name],
                "石家庄市" if kind == "portal" else name,
            )
            self._give(self.people[editor_name], ["editor"], desk.column, f"“{desk.column.title}”栏目采编")
            self._give(self.people[head_name], ["division_reviewer"], desk.column, f"“{desk.column.title}”栏目审核")

    def _county(self, county: dict[str, str]) -> None:
        region = county["name"]
        label = naming.pinyin(naming.short_region(region))
        bureau = self.organisations["sjzswj"]
        owner = self._organisation(
            Organisation.Kind.COUNTY_BUREAU,
            f"{region}商务局",
            f"{region}商务局",
            label,
            parent=bureau,
            region_name=region,
            department_name="商务局",
            region_code=county["code"],
            position=50 + len(self.organisations),
            phone=f"0311-8802{county['code'][2:]}",
            address=f"{region}政务服务中心",
            opening_hours="工作日 8:30—12:00，14:00—17:30",
        )
        named = plan.NAMED_COUNTY_PEOPLE.get(region)
        known = named is not None
        if named is None:
            names = self.random.sample(plan.SURNAMES, 3)
            named = tuple(
                (f"{label}.{post}", surname + title)
                for surname, post, title in zip(names, ("juzhang", "kezhang", "bianji"), ("局长", "科长", "编辑"), strict=True)
            )
        titles = ("副局长", "科长", "科员")
        leader, head, editor = (
            self._person(username, name, label, title, may_sign_in=known)
            for (username, name), title in zip(named, titles, strict=True)
        )
        people.change_organisation(owner, by=self.system, leader=leader, head=head)
        website = self._site(
            kind="county",
            label=label,
            name=f"{region}商务局",
            owner=label,
            undertaker=label,
            person=head,
            leader=leader,
            text=f"{region}商务局网站",
            code=county["code"],
        )
        home = website.site.root_page
        self._give(editor, ["editor"], home, "本县（市、区）网站采编")
        self._give(head, ["division_reviewer"], home, "本县（市、区）网站审核")
        self._give(leader, ["leader"], home, "分管本县（市、区）网站")
        for spec in plan.COUNTY_COLUMNS:
            self._column(home.specific, label, (*spec, False), owner, editor, head, region)

    def _leading_group(self) -> None:
        group = LeadingGroup.objects.create(
            name="石家庄市商务系统信息化工作领导小组",
            office=self.organisations["xxc"],
            established_on=self.since,
            duties="石家庄市商务系统政府网站建设与管理的领导机构。",
        )
        seats = LeadingGroupMember.Seat
        chief = self._person("fang.juzhang", "方局长", "sjzswj", "局长", may_sign_in=False)
        rows = [(seats.HEAD, "sjzswj", "局长", chief), (seats.DEPUTY, "sjzswj", "分管副局长", self.people["zhao.juzhang"])]
        rows += [(seats.MEMBER, code, "处长", self.people[head]) for code, ((head, _), _e) in plan.DIVISION_PEOPLE.items()]
        for seat, code, office_held, user in rows:
            people.seat(
                group,
                seat=seat,
                organisation=self.organisations[code],
                office_held=office_held,
                user=user,
                valid_from=self.since,
                by=self.system,
            )

    # --- three months ---------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Day by day: articles through the real review, sweeps, reminders, receipts, months closed."""
        agenda = self._agenda()
        calendar = workdays.calendar()
        written = 0
        for offset in range(WEEKS * 7):
            day = self.since + timedelta(days=offset)
            with self.at(day, 8, 30):
                clocks.sweep()
                reminders.remind()
            for index, act in enumerate(agenda.get(day, [])):
                act(day, 9 + index % 6, (index * 7) % 50)
                written += 1
            if calendar.is_workday(day):
                self._answer_reminders(day)
            if day.day == 3:
                self._close_month(day)
            if offset % 28 == 27:
                self.say(f"{day:%Y-%m-%d} 之前的稿件 {Release.objects.filter(kind='first').count()} 篇")

    def _agenda(self) -> dict[date, list[Callable[[date, int, int], None]]]:
        """Spread what is written over the days."""
        agenda: dict[date, list[Callable[[date, int, int], None]]] = {}
        workday = workdays.calendar().is_workday
        days = [day for day in (self.since + timedelta(days=n) for n in range(WEEKS * 7)) if workday(day)]

        def plan_act(day: date, act: Callable[[date, int, int], None]) -> None:
            agenda.setdefault(day, []).append(act)

        for week in range(WEEKS):
            for slug, offset in (("gzdt", 0), ("swyw", 2)):
                plan_act(days[min(week * 5 + offset, len(days) - 1)], self._article("portal", slug))
            if week % 2 == 0:
                plan_act(days[min(week * 5 + 1, len(days) - 1)], self._article("weather", "scfx", [plan.MARKET]))
            if week % 3 == 0:
                plan_act(days[min(week * 5 + 3, len(days) - 1)], self._article("portal", "wmyd"))
        for host, slug in (("portal", "tzgg"), ("portal", "wsfw"), ("fair", "hzdt"), ("window", "xqfc"), ("shop", "dsdt")):
            plan_act(self.random.choice(days[:20]), self._article(host, slug, plan.NOTICES if slug == "tzgg" else plan.NEWS))
        for county in self.counties:
            host = naming.pinyin(naming.short_region(county["name"]))
            amount = plan.ARTICLES.get(county["name"], plan.USUAL_ARTICLES)
            for index in range(amount):
                late = self.random.randrange(3) if amount <= plan.USUAL_ARTICLES else 0
                day = days[min(index * len(days) // amount + late, len(days) - 1)]
                plan_act(day, self._article(host, "gzdt", submit=amount > plan.IDLE and index % 4 == 0, number=index))
            plan_act(days[1], self._article(host, "jggk", [plan.ABOUT]))
        plan_act(days[2], self._documents)
        plan_act(days[-30], self._reprint)
        plan_act(days[-20], self._sensitive)
        plan_act(days[-15], self._returned)
        plan_act(days[-12], self._corrected)
        plan_act(days[-8], self._withdrawn)
        plan_act(days[-6], self._press)
        return agenda

    def _article(
        self, host: str, slug: str, texts: list[tuple[str, str]] | None = None, *, submit: bool = False, number: int = 0
    ) -> Callable[[date, int, int], None]:
        texts = texts or plan.NEWS
        title, text = self._next_text(host, texts)
        has_picture = number % 4 == 0 and texts is plan.NEWS

        def act(day: date, hour: int, minute: int) -> None:
            desk = self.desks[host, slug]
            names = {"place": desk.place, "season": "冬季" if day.month in {11, 12, 1, 2} else "秋季"}
            article = self._write(desk, title.format(**names), text.format(**names), day, hour, minute, has_picture=has_picture)
            if submit:
                self._submit(article, desk, day, hour)

        return act

    def _next_text(self, host: str, texts: list[tuple[str, str]]) -> tuple[str, str]:
        """Return a text that this site has not had yet, as long as there are any."""
        waiting = self.waiting_texts.setdefault((host, id(texts)), [])
        if not waiting:
            waiting.extend(self.random.sample(texts, len(texts)))
        return waiting.pop()

    def _write(
        self, desk: Desk, title: str, text: str, day: date, hour: int, minute: int, *, has_picture: bool = False, **fields: Any
    ) -> ArticlePage:
        with self.at(day, hour, minute):
            if has_picture:
                fields |= {"cover": self._picture(desk, title), "cover_text": f"{desk.place}活动现场示意图"}
            half = len(text) // 2
            body = fields.pop("body", None) or [
                ("paragraph", f"<p>{text}</p>"),
                ("paragraph", f"<p>{text[half:].lstrip('，。、')}下一步，将持续跟踪工作进展，及时公开有关情况。</p>"),
            ]
            article = articles.draft(
                desk.column, title=title, body=body, by=desk.editor, summary=text[:60] + "……", author=str(desk.editor), **fields
            )
            reviews.submit(article, by=desk.editor)
        self._review(article, day, hour, minute)
        return ArticlePage.objects.get(pk=article.pk)

    def _review(self, article: ArticlePage, day: date, hour: int, minute: int) -> None:
        step = 1
        while (state := ArticlePage.objects.get(pk=article.pk).current_workflow_task_state) is not None:
            with self.at(day, min(hour + step, 20), minute):
                level = state.task.specific.level
                signers = eligibility.signers(article, level, state.specific)
                reviews.approve(
                    state, by=signers[(article.pk + step) % len(signers)], comment="内容真实，同意发布。" if step == 1 else ""
                )
            step += 1

    def _picture(self, desk: Desk, title: str) -> Image:
        """A drawn picture, so that the demonstration carries nobody's photograph."""
        rng = random.Random(title)  # noqa: S311 - the same picture every time
        picture = Picture.new("RGB", (1200, 675), (236, 229, 216))
        draw = ImageDraw.Draw(picture)
        sky, ground = (rng.randrange(150, 190), rng.randrange(180, 210), rng.randrange(205, 230)), (201, 178, 140)
        draw.rectangle((0, 0, 1200, 430), fill=sky)
        draw.ellipse((rng.randrange(700, 1000), 60, rng.randrange(1010, 1100), 180), fill=(247, 222, 168))
        left = -40
        while left < 1200:
            width, height = rng.randrange(70, 170), rng.randrange(90, 300)
            shade = rng.randrange(90, 150)
            draw.rectangle((left, 450 - height, left + width, 450), fill=(shade, shade + 8, shade + 18))
            for x in range(left + 14, left + width - 18, 26):
                for y in range(450 - height + 18, 430, 34):
                    draw.rectangle((x, y, x + 10, y + 16), fill=(shade + 60, shade + 58, shade + 40))
            left += width + rng.randrange(4, 26)
        draw.rectangle((0, 450, 1200, 675), fill=ground)
        for x in range(-200, 1400, 150):
            draw.polygon(
                [(x, 675), (x + 60, 675), (640 + (x - 600) // 6, 450), (630 + (x - 600) // 6, 450)], fill=(214, 194, 160)
            )
        content = BytesIO()
        picture.save(content, "JPEG", quality=82)
        root = Website.objects.of_page(desk.column).site.root_page
        return Image.objects.create(
            title=title[:80],
            file=ImageFile(content, name=f"picture-{abs(rng.randrange(10**9))}.jpg"),
            uploaded_by_user=desk.editor,
            collection=ScopeCollection.objects.get(page=root).collection,
        )

    def _submit(self, article: ArticlePage, desk: Desk, day: date, hour: int) -> None:
        """报送 to the portal's 县区动态; the office accepts most and the portal's own people review them."""
        target = self.desks["portal", "xqdt"]
        with self.at(day, min(hour + 4, 21)):
            made = sharing.submit_upward(article, target.column, by=desk.editor, note="请采用。")
        with self.at(day, min(hour + 5, 21), 30):
            if article.pk % 5 == 0:
                sharing.decline(made, by=self.people["sun.zhuren"], reason="近期已采用同类稿件。")
                return
            copy = sharing.accept(made, by=self.people["sun.zhuren"])
        self._review(copy, day, min(hour + 6, 20), 40)

    def _documents(self, day: date, hour: int, minute: int) -> None:
        """The three source documents, whole, as the first real content."""
        for host, slug, document in (
            ("portal", "zcfg", documents.shijiazhuang()),
            ("portal", "zcfg", documents.shanghai()),
            ("shop", "ptgz", documents.shopping()),
        ):
            self._write(
                self.desks[host, slug],
                document.title,
                document.summary,
                day,
                hour,
                minute,
                genre=document.genre,
                body=document.body,
                validity="in_force" if document.genre == "law" else "",
                keywords="政府网站,管理办法",
            )

    def _reprint(self, day: date, hour: int, minute: int) -> None:
        self._write(
            self.desks["portal", "swyw"],
            "全省商务系统部署促消费工作",
            "全省商务系统围绕稳定和扩大消费作出部署，各市结合实际抓好落实。",
            day,
            hour,
            minute,
            is_reprint=True,
            source=Source.objects.get(name="河北省商务厅"),
            source_url="https://swt.hebei.gov.cn/nx_html/example.html",
        )

    def _sensitive(self, day: date, hour: int, minute: int) -> None:
        self._write(
            self.desks["portal", "tzgg"],
            "关于商贸企业应急保供预案的公告",
            "为做好应急状态下生活必需品保供，现公布有关安排，请各商贸企业做好准备。",
            day,
            hour,
            minute,
            is_sensitive=True,
            genre="notice",
        )

    def _returned(self, day: date, hour: int, minute: int) -> None:
        desk = self.desks["zhengding", "gzdt"]
        with self.at(day, hour, minute):
            article = articles.draft(
                desk.column,
                title="正定县古城商圈客流情况",
                body=[("paragraph", "<p>古城商圈客流保持增长，商户经营有序。</p>")],
                by=desk.editor,
            )
            reviews.submit(article, by=desk.editor)
        with self.at(day, hour + 1):
            reviews.send_back(reviews.task_of(article), by=self.people["liu.kezhang"], reason="请补充统计时段和数据来源。")

    def _corrected(self, day: date, hour: int, minute: int) -> None:
        desk = self.desks["zhengding", "gzdt"]
        article = self._write(
            desk,
            "正定县开展商贸领域燃气安全检查",
            "检查组对餐饮企业燃气使用情况进行了检查，督促企业落实安全责任。",
            day,
            hour,
            minute,
        )
        with self.at(day + timedelta(days=1), 10):
            page = ArticlePage.objects.get(pk=article.pk)
            articles.revise(
                page,
                by=desk.editor,
                base_revision=page.latest_revision_id,
                correction_note="更正检查企业类别的表述。",
                body=[("paragraph", "<p>检查组对餐饮企业和商场超市燃气使用情况进行了检查，督促企业落实安全责任。</p>")],
            )
            reviews.submit(page, by=desk.editor)
        self._review(article, day + timedelta(days=1), 11, 0)

    def _withdrawn(self, day: date, hour: int, minute: int) -> None:
        article = self._write(
            self.desks["zhengding", "tzgg"],
            "关于举办年货节的预告",
            "年货节定于年底举行，请有意参展的企业与商务局联系。",
            day,
            hour,
            minute,
            genre="notice",
        )
        with self.at(day + timedelta(days=2), 10):
            publication.withdraw(
                article, by=self.people["liu.kezhang"], reason="wrong", note="活动时间有调整，原预告撤下，另行公布。"
            )

    def _press(self, day: date, hour: int, minute: int) -> None:
        with self.at(day, hour, minute):
            latest = Release.objects.filter(organisation=self.organisations["wmc"], kind="first").first()
            press.record_press_item(
                organisation=self.organisations["wmc"],
                title="外贸企业服务日活动",
                press="石家庄日报",
                given_on=day - timedelta(days=2),
                by=self.office,
                article=ArticlePage.objects.get(pk=latest.page_id) if latest else None,
            )
            press.record_press_item(
                organisation=self.organisations["scyx"],
                title="节日市场供应情况通气",
                press="燕赵晚报",
                given_on=day - timedelta(days=3),
                by=self.office,
            )

    def _answer_reminders(self, day: date) -> None:
        """Diligent organisations confirm their slips; idle ones are telephoned."""
        waiting = Reminder.objects.filter(
            closed_at__isnull=True, receipt__isnull=True, issued_at__date__gte=day - timedelta(days=2)
        )
        for slip in waiting.select_related("organisation__head").order_by("pk"):
            head = slip.organisation.head
            with self.at(day, 15):
                if plan.ARTICLES.get(slip.organisation.region_name) == plan.IDLE and slip.stage == Reminder.Stage.SECOND:
                    if not slip.phone_calls.exists():
                        reminders.record_phone_call(
                            slip,
                            by=self.office,
                            answered_by=str(head),
                            phone=slip.organisation.phone or "0311-86000000",
                            called_at=datetime.combine(day, time(14, 30), ZONE),
                            content="请于期限内更新，并说明未更新原因。",
                        )
                elif head and access.may_somewhere(head, "reminders.confirm"):
                    reminders.confirm(slip, by=head, remark="收到，已安排更新。")

    def _close_month(self, day: date) -> None:
        last = day.replace(day=1) - timedelta(days=1)
        if last.replace(day=1) < self.since:
            return
        with self.at(day, 10):
            assessment.close_month(last.year, last.month, by=self.office)

    def leave_on_the_desks(self) -> None:
        """Leave something for a newcomer to do: a text before the division, one before the office, one the machine stopped."""
        desk, day = self.desks["zhengding", "gzdt"], self.until - timedelta(days=1)
        texts = [
            ("正定县筹备冬季年货大集", "大集设农副产品、文创产品和老字号三个展区，现面向本县企业征集参展商户。", 9),
            ("正定县商务局开展冬季消防培训", "培训面向商场超市和餐饮企业，讲解用火用电用气安全和应急疏散要求。", 10),
            ("正定县家政服务招聘信息", "有意者请与李女士联系，电话 13812345678。", 11),
        ]
        waiting = []
        for title, text, hour in texts:
            with self.at(day, hour):
                article = articles.draft(desk.column, title=title, body=[("paragraph", f"<p>{text}</p>")], by=desk.editor)
                if hour < 11:
                    reviews.submit(article, by=desk.editor)
                    waiting.append(article)
        with self.at(day, 14):
            reviews.approve(reviews.task_of(waiting[1]), by=self.people["liu.kezhang"], comment="同意")

    def publish(self) -> int:
        """Write the files of everything that was released; returns how many pages."""
        return work_off()
