"""The life of a site: apply, admit, build, open, suspend, resume, close. 依据：石6-8、沪6-7、沪17。"""

from typing import Any

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, Site

from wangqun.access.actions import bind_collection, require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.clocks import actions as clocks
from wangqun.clocks.models import Clock, ClockEntry
from wangqun.people.models import Organisation, User
from wangqun.reminders import actions as reminders
from wangqun.websites import naming
from wangqun.websites.models import Maintainer, Website, WebsiteChange, WebsiteClock

OWNERS = {
    Organisation.Kind.BUREAU,
    Organisation.Kind.DIVISION,
    Organisation.Kind.AFFILIATED_UNIT,
    Organisation.Kind.COUNTY_BUREAU,
}
SHUT = {
    Website.State.SUSPENDED: "网站已暂停",
    Website.State.CLOSED: "网站已关闭",
}
"""Why the clocks of a site that is not open stand still; what stopped for another reason stays stopped."""
NOT_YET_OPEN = "网站尚未开通"
REGISTERED = (
    "organisation",
    "undertaker",
    "responsible_department",
    "responsible_person",
    "leader",
    "identification_code",
    "icp_number",
    "police_number",
    "contact",
    "theme",
)


@transaction.atomic
def apply(*, kind: str, name: str, domain: str, organisation: Organisation, by: User, reason: str, **details: Any) -> Website:
    """Apply for a site: only a government organisation may own one, under a name and domain that keep the rules.

    `details` may hold the other registered fields. Raises Refused naming every breach. 依据：沪6-7、沪17、石7。
    """
    require(by, "websites.register")
    faults = []
    if organisation.kind not in OWNERS:
        faults.append("只有政府机关和直属单位可以开办网站。")
    faults += naming.breaches_of_name(name, kind=kind, **name_parts(organisation))
    faults += naming.breaches_of_domain(domain, parent=settings.WANGQUN_DOMAIN)
    if Website.objects.filter(name=name).exists():
        faults.append(f"网站名称“{name}”已被使用。")
    if Website.objects.filter(domain=domain).exists():
        faults.append(f"域名“{domain}”已被使用。")
    if kind == Website.Kind.PORTAL and Website.objects.filter(kind=kind).exists():
        faults.append("门户网站只有一个，已经登记。")
    if not reason.strip():
        faults.append("请写明事由，网站登记要据此备查。")
    if faults:
        raise Refused("".join(faults))
    website = Website.objects.create(kind=kind, name=name, domain=domain, organisation=organisation, **details)
    _changed(website, "apply", by=by, reason=reason, before={})
    return website


def name_parts(organisation: Organisation) -> dict[str, str]:
    """Return what the naming rule needs to know of the owner: city, region, department."""
    return {"city": settings.WANGQUN_CITY, "region": organisation.region_name, "department": organisation.department_name}


@transaction.atomic
def admit(website: Website, *, by: User, reason: str = "符合准入条件") -> Website:
    """Admit an applied site into the group. 依据：石7。"""
    require(by, "websites.register")
    return _move(website, [Website.State.APPLIED], Website.State.ADMITTED, "admit", by=by, reason=reason)


@transaction.atomic
def build(website: Website, home: Page, *, by: User) -> Website:
    """Start building: put the unsaved home page `home` into the tree, with a Wagtail site and a library of its own."""
    require(by, "websites.register")
    home.slug, home.live = website.domain.replace(".", "-"), False
    Page.get_first_root_node().add_child(instance=home)
    site = Site.objects.create(hostname=website.domain, port=80, site_name=website.name, root_page=home, is_default_site=False)
    bind_collection(home, website.name)
    return _move(website, [Website.State.ADMITTED], Website.State.BUILDING, "build", by=by, reason="准入后开始建设", site=site)


@transaction.atomic
def open_website(website: Website, *, by: User) -> Website:
    """Open a site that has a responsible department and person, a leader and a filed maintainer. 依据：沪17、石8。"""
    require(by, "websites.register")
    missing = [
        label
        for label, value in {
            "责任部门": website.responsible_department_id,
            "责任人": website.responsible_person_id,
            "分管领导": website.leader_id,
            "备案的维护人员": website.maintainers.filter(ended_at__isnull=True).exists(),
        }.items()
        if not value
    ]
    if missing:
        raise Refused(f"网站开通前须明确{'、'.join(missing)}，请补齐后再开通。")
    _move(website, [Website.State.BUILDING], Website.State.OPEN, "open", by=by, reason="建设完成", opened_on=today())
    clock = clocks.open_clock(
        kind="website",
        name=f"{website.name}（全站每周更新）",
        organisation=website.organisation,
        unit=Clock.Unit.WEEK,
        amount=1,
        basis="沪23",
        by=by,
        url=f"/admin/websites/inspect/{website.pk}/",
        site=website.name,
    )
    WebsiteClock.objects.create(website=website, clock=clock)
    return website


@transaction.atomic
def suspend(website: Website, *, by: User, reason: str) -> Website:
    """Suspend an open site; nobody is reminded of a site that is shut. 依据：石7、沪23。"""
    require(by, "websites.register")
    _move(website, [Website.State.OPEN], Website.State.SUSPENDED, "suspend", by=by, reason=reason)
    keep_clock(website, by=by)
    return website


@transaction.atomic
def resume(website: Website, *, by: User, reason: str) -> Website:
    """Reopen a suspended site; its own clock begins a new round. 依据：石7、沪23。"""
    require(by, "websites.register")
    _move(website, [Website.State.SUSPENDED], Website.State.OPEN, "resume", by=by, reason=reason)
    keep_clock(website, by=by)
    return website


@transaction.atomic
def close(website: Website, *, by: User, reason: str) -> Website:
    """Close a site for good. 依据：石7。"""
    require(by, "websites.register")
    _move(website, [Website.State.OPEN, Website.State.SUSPENDED], Website.State.CLOSED, "close", by=by, reason=reason)
    keep_clock(website, by=by)
    return website


@transaction.atomic
def keep_clock(website: Website, *, by: User) -> bool:
    """Bring the site's own clock in line with the registry: who owns the site, and whether it is open.

    Returns whether anything changed. Asks no right of its own: the act that changed the site has been asked.
    """
    row = WebsiteClock.objects.filter(website=website).select_related("clock").first()
    if row is None:
        return False
    is_other = row.clock.organisation_id != website.organisation_id
    if is_other:
        clocks.describe(row.clock, organisation=website.organisation)
    return follow(row.clock, website, by=by) or is_other


@transaction.atomic
def follow(clock: Clock, website: Website, *, by: User) -> bool:
    """Let a clock of the site run while the site is open: stop it with its open reminders, or begin a new round.

    A clock that stands still for another reason, as a pause, is left alone. Returns whether anything changed. 依据：石15。
    """
    if website.state != Website.State.OPEN:
        if not clock.is_running:
            return False
        reason = SHUT.get(Website.State(website.state), NOT_YET_OPEN)
        clocks.stop(clock, by=by, reason=reason)
        reminders.close_for(clock, by=by, reason=reason)
        return True
    last = clock.entries.order_by("-sequence").first()
    if clock.is_running or last is None or last.operation != ClockEntry.Operation.STOP:
        return False
    if last.reason not in {*SHUT.values(), NOT_YET_OPEN}:
        return False
    clocks.restart(clock, by=by, reason="网站已开通")
    return True


@transaction.atomic
def register(website: Website, *, by: User, reason: str, **changes: Any) -> Website:
    """Change what the registry knows of a site: owner, people, filing numbers; every change is recorded. 依据：石7。"""
    require(by, "websites.register")
    if not reason.strip():
        raise Refused("请写明事由，网站登记要据此备查。")
    if unknown := set(changes) - set(REGISTERED):
        raise KeyError(", ".join(sorted(unknown)))
    before = snapshot(website)
    for name, value in changes.items():
        setattr(website, name, value)
    if website.state == Website.State.OPEN and not all(
        (website.responsible_department_id, website.responsible_person_id, website.leader_id)
    ):
        raise Refused("已开通的网站必须有责任部门、责任人和分管领导，不能留空。")
    website.full_clean(validate_constraints=False)
    website.save(update_fields=list(changes))
    keep_clock(website, by=by)
    _changed(website, "register", by=by, reason=reason, before=before)
    return website


@transaction.atomic
def file_maintainer(website: Website, user: User, *, duties: str, by: User) -> Maintainer:
    """File a maintainer for record with the office: tasks, duties, rights. 依据：石8。"""
    require(by, "websites.register")
    if not duties.strip():
        raise Refused("备案须写明维护人员的任务和职责。")
    if Maintainer.objects.filter(website=website, user=user, ended_at__isnull=True).exists():
        raise Refused(f"{user}已是“{website}”的备案维护人员。")
    filed = Maintainer.objects.create(website=website, user=user, duties=duties.strip(), filed_at=now())
    record("websites.file_maintainer", filed, by=by)
    return filed


@transaction.atomic
def end_filing(filed: Maintainer, *, by: User, reason: str) -> Maintainer:
    """End a maintainer's filing; an open site keeps at least one. 依据：石8。"""
    require(by, "websites.register")
    if not reason.strip():
        raise Refused("请写明注销备案的事由。")
    others = Maintainer.objects.filter(website=filed.website_id, ended_at__isnull=True).exclude(pk=filed.pk)
    if filed.website.state == Website.State.OPEN and not others.exists():
        raise Refused("已开通的网站至少要有一名备案的维护人员，请先备案接替的人员。")
    if not Maintainer.objects.filter(pk=filed.pk, ended_at__isnull=True).update(ended_at=now()):
        raise Refused(f"{filed.user}的备案已经注销，请刷新后再看。")
    filed.refresh_from_db()
    record("websites.end_filing", filed, by=by, data={"reason": reason.strip()})
    return filed


def snapshot(website: Website) -> dict[str, Any]:
    """Return the registration as plain JSON."""
    return {"state": website.state} | {
        name: getattr(website, f"{name}_id", None) if hasattr(website, f"{name}_id") else getattr(website, name)
        for name in REGISTERED
    }


def _move(website: Website, allowed: list[str], state: str, verb: str, *, by: User, reason: str, **changes: Any) -> Website:
    if not reason.strip():
        raise Refused("请写明事由，网站登记要据此备查。")
    before = snapshot(website)
    if not Website.objects.filter(pk=website.pk, state__in=allowed).update(state=state, **changes):
        website.refresh_from_db()
        raise Refused(f"网站“{website}”现为“{website.get_state_display()}”，不能这样办理，请刷新后再看。")
    website.refresh_from_db()
    _changed(website, verb, by=by, reason=reason, before=before)
    return website


def _changed(website: Website, verb: str, *, by: User, reason: str, before: dict[str, Any]) -> None:
    after = snapshot(website)
    WebsiteChange.objects.create(website=website, verb=verb, before=before, after=after, reason=reason.strip(), by=by, at=now())
    record(f"websites.{verb}", website, by=by, data={"before": before, "after": after, "reason": reason.strip()})
