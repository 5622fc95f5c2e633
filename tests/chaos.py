"""Dies at every SQL statement, commit and file operation of an action, restarts, and looks at what is left.

A real process is killed (os._exit in a fork), on a real database file and a real release tree. What a restart does, runs
afterwards; then nothing may be half done and the public files must agree with the database. `make chaos` visits every point of
every scenario and writes build/chaos.json; tests/test_chaos.py visits a sample. Later steps add a scenario and use the rest.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

KILLED = 137
ROOT = Path(__file__).resolve().parent.parent
MOMENT = datetime(2026, 3, 10, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True)
class Scenario:
    """An action to be killed: `prepare` sets the stage and returns the action; `is_atomic` when it is one transaction."""

    name: str
    prepare: Callable[[Any], Callable[[], None]]
    is_atomic: bool = True


def _submit(world: Any) -> Callable[[], None]:
    from wangqun.reviews import actions as reviews

    article = world.draft()
    return lambda: reviews.submit(article, by=world.wang) and None


def _first_signature(world: Any) -> Callable[[], None]:
    from wangqun.reviews import actions as reviews

    state = reviews.task_of(world.submitted())
    return lambda: reviews.approve(state, by=world.liu) and None


def _release(world: Any) -> Callable[[], None]:
    from wangqun.reviews import actions as reviews

    article = world.submitted()
    reviews.approve(reviews.task_of(article), by=world.liu)
    state = reviews.task_of(article)
    return lambda: reviews.approve(state, by=world.sun) and None


def _return(world: Any) -> Callable[[], None]:
    from wangqun.reviews import actions as reviews

    state = reviews.task_of(world.submitted())
    return lambda: reviews.send_back(state, by=world.liu, reason="请补充") and None


def _withdraw(world: Any) -> Callable[[], None]:
    from wangqun.publication import actions as publication
    from wangqun.publication.jobs import work_off

    article = world.released()
    work_off()
    return lambda: publication.withdraw(article, by=world.liu, reason="wrong", note="有误") and None


def _schedule(world: Any) -> Callable[[], None]:
    """The last signature of a text that waits for its moment."""
    from wangqun.reviews import actions as reviews

    article = world.submitted(go_live_at=MOMENT + timedelta(hours=1))
    reviews.approve(reviews.task_of(article), by=world.liu)
    state = reviews.task_of(article)
    return lambda: reviews.approve(state, by=world.sun) and None


def _due(world: Any) -> Callable[[], None]:
    from wangqun.publication import scheduling
    from wangqun.publication.models import ScheduledRelease

    world.released(go_live_at=MOMENT + timedelta(hours=1))
    ScheduledRelease.objects.update(due_at=MOMENT - timedelta(hours=1))
    return lambda: scheduling.release_due() and None


def _expiry(world: Any) -> Callable[[], None]:
    from wangqun.articles.models import ArticlePage
    from wangqun.publication import scheduling
    from wangqun.publication.jobs import work_off

    article = world.released(expire_at=MOMENT + timedelta(hours=1))
    ArticlePage.objects.filter(pk=article.pk).update(expire_at=MOMENT - timedelta(hours=1))
    work_off()
    return lambda: scheduling.release_due() and None


def _move(world: Any) -> Callable[[], None]:
    from wangqun.publication import moving
    from wangqun.publication.jobs import work_off

    article, column = world.released(), world.column("zhengding", "tzgg")
    work_off()
    return lambda: moving.move(article, column, by=world.zhou, reason="栏目调整") and None


def _accept(world: Any) -> Callable[[], None]:
    from wangqun.sharing import actions as sharing

    submission = sharing.submit_upward(world.released(), world.portal_news, by=world.wang)
    return lambda: sharing.accept(submission, by=world.sun) and None


def _grant(world: Any) -> Callable[[], None]:
    from wangqun.access import actions as access

    proposal = access.split(
        user=world.outsider, duty="协助", roles=["editor"], page=world.zhengding_news, reason="协助", by=world.zhou
    )[0]
    return lambda: access.grant(proposal, by=world.zhou) and None


def _suspend(world: Any) -> Callable[[], None]:
    from wangqun.access import actions as access
    from wangqun.access.models import Grant

    held = Grant.objects.filter(user=world.wang).first()
    return lambda: access.suspend(held, by=world.zhou, reason="调查") and None


def _remind(world: Any) -> Callable[[], None]:
    from wangqun.reminders import actions as reminders

    return lambda: reminders.remind() and None


def _admin_submit(world: Any) -> Callable[[], None]:
    """Through Wagtail's own edit view: its several transactions must act as one."""
    from tests.staff import edit_url, open_form, signed_in

    article = world.draft()
    client = signed_in(world.wang)
    form = open_form(client, article) | {"action-submit": "1"}

    def act() -> None:
        answer = client.post(edit_url(article), form)
        assert answer.status_code == 302, answer

    return act


SCENARIOS = [
    Scenario("提交审核 submit", _submit),
    Scenario("初审签署 review step", _first_signature),
    Scenario("退回 send back", _return),
    Scenario("终审并发布 release", _release),
    Scenario("撤下 withdrawal", _withdraw),
    Scenario("终审后等待 schedule", _schedule),
    Scenario("到时发布 due", _due),
    Scenario("到期下线 expiry", _expiry),
    Scenario("移动栏目 move", _move),
    Scenario("采用报送 accept", _accept),
    Scenario("授权 grant", _grant),
    Scenario("暂停 suspend", _suspend),
    Scenario("提醒 remind", _remind, is_atomic=False),
    Scenario("后台提交 admin submit", _admin_submit),
]


# --- dying -------------------------------------------------------------------------------------------------------------


@contextmanager
def fatal(point: int) -> Iterator[list[int]]:
    """Count the points passed, and die at number `point`; 0 only counts."""
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    passed = [0]

    def pass_point() -> None:
        passed[0] += 1
        if passed[0] == point:
            os._exit(KILLED)

    def statement(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        pass_point()
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def dying_commit(self: BaseDatabaseWrapper) -> None:
        pass_point()
        commit(self)
        pass_point()

    operations = {name: getattr(os, name) for name in ("replace", "rename", "unlink", "fsync", "mkdir", "rmdir")}

    def dying(operation: Callable) -> Callable:
        def run(*args: Any, **kwargs: Any) -> Any:
            pass_point()
            return operation(*args, **kwargs)

        return run

    BaseDatabaseWrapper._commit = dying_commit  # type: ignore[method-assign]
    for name, operation in operations.items():
        setattr(os, name, dying(operation))
    try:
        with connection.execute_wrapper(statement):
            yield passed
    finally:
        BaseDatabaseWrapper._commit = commit  # type: ignore[method-assign]
        for name, operation in operations.items():
            setattr(os, name, operation)


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own and return its exit status."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --- looking -----------------------------------------------------------------------------------------------------------


def fingerprint() -> list[Any]:
    """Return what must change as one: all or nothing of it."""
    from wagtail.models import Page, Revision, TaskState, WorkflowState

    from wangqun.access.models import Grant, GrantChange
    from wangqun.audit.models import Entry
    from wangqun.clocks.models import ClockEntry
    from wangqun.columns.models import PublicItem
    from wangqun.notifications.models import Notice
    from wangqun.publication.models import Move, Release, ScheduledRelease
    from wangqun.reviews.models import Signing
    from wangqun.screening.models import Examination
    from wangqun.sharing.models import Submission

    counted = [Revision, Release, Signing, Entry, Notice, GrantChange, ClockEntry, PublicItem, Examination]
    return [model.objects.count() for model in counted] + [
        list(TaskState.objects.order_by("pk").values_list("pk", "status")),
        list(WorkflowState.objects.order_by("pk").values_list("pk", "status")),
        list(Page.objects.order_by("pk").values_list("pk", "live", "locked", "url_path")),
        list(PublicItem.objects.order_by("pk").values_list("pk", "address")),
        list(ScheduledRelease.objects.order_by("pk").values_list("pk", "state")),
        list(Move.objects.order_by("pk").values_list("pk", "state")),
        list(Grant.objects.order_by("pk").values_list("pk", "state")),
        list(Submission.objects.order_by("pk").values_list("pk", "state")),
    ]


def restart() -> None:
    """What happens at every start: the worker makes the files that were ordered."""
    from wangqun.publication.jobs import work_off

    work_off()


def _faults_of_pages() -> Iterator[str]:
    """Yield what does not agree between tree of pages, records, lists and files."""
    from wagtail.models import Page

    from wangqun.columns.models import PublicItem
    from wangqun.publication import actions as publication
    from wangqun.publication.models import File

    for page in Page.objects.filter(depth__gt=1):
        public = publication.is_public(page)
        if page.live != public:
            yield f"page {page.pk} live={page.live}, public={public}"
        if PublicItem.objects.filter(page_id=page.pk).exists() != public:
            yield f"page {page.pk} stands wrongly in public lists"
        has_page = File.objects.filter(page_id=page.pk, path__endswith="index.html").exists()
        newest = publication.newest_release(page)
        if newest and has_page != public:
            yield f"page {page.pk} has its file: {has_page}, public: {public}"
        if newest and not page.url_path.endswith(newest.address):
            yield f"page {page.pk} stands at {page.url_path}, recorded at {newest.address}"
        if page.locked != page.scheduled_releases.filter(state="waiting").exists():
            yield f"page {page.pk} locked={page.locked} and waiting do not agree"


def faults() -> list[str]:
    """Return what is half done, in words; an empty list is the promise."""
    from django.conf import settings
    from wagtail.models import TaskState

    from wangqun.access.projection import differences
    from wangqun.audit.actions import verify
    from wangqun.audit.models import Entry
    from wangqun.base.models import NumberSeries
    from wangqun.publication.models import Release, RenderOrder
    from wangqun.publication.verification import verify as verify_files
    from wangqun.reminders.models import Reminder
    from wangqun.reviews.models import Signing

    found = []
    if broken := verify():
        found.append(f"log: {broken}")
    logged = {(kind, int(key)) for kind, key in Entry.objects.values_list("subject_type", "subject_id") if str(key).isdigit()}
    for model in (Release, Signing, Reminder):
        missing = [row.pk for row in model.objects.all() if (model._meta.label_lower, row.pk) not in logged]
        if missing:
            found.append(f"{model.__name__} without a log entry: {missing}")
    found += _faults_of_pages()
    for state in TaskState.objects.exclude(status="in_progress").exclude(status="cancelled"):
        if not Signing.objects.filter(task_state_id=state.pk).exists():
            found.append(f"task {state.pk} {state.status} without a signature")
    if RenderOrder.objects.filter(done_at__isnull=True).exists():
        found.append("files are still ordered")
    found += [f"file: {alarm}" for alarm in verify_files()]
    strays = [str(path) for path in Path(settings.RELEASE_ROOT).rglob("*.new")]
    if strays:
        found.append(f"files half written: {strays}")
    found += [f"rights: {item}" for item in differences()]
    series = NumberSeries.objects.filter(register="reminder").first()
    if series and series.last != Reminder.objects.filter(year=series.year).count():
        found.append("reminder numbers have gaps")
    return found


# --- the run -----------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What one scenario showed."""

    name: str
    points: int
    visited: int
    failures: list[str]


class Stage:
    """A scratch database and data folder, restored before each death."""

    def __init__(self, scenario: Scenario) -> None:
        from django.conf import settings
        from django.db import connection, connections

        self.scenario = scenario
        self.database, self.data = Path(connection.settings_dict["NAME"]), Path(settings.DATA)
        self.saved = Path(tempfile.mkdtemp(prefix="wangqun-chaos-"))
        from tests.world import World

        self.world = World()
        self.act = scenario.prepare(self.world)
        connections.close_all()
        shutil.copy(self.database, self.saved / "db")
        shutil.copytree(self.data, self.saved / "data")

    def restore(self) -> None:
        for suffix in ("-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)
        shutil.copy(self.saved / "db", self.database)
        shutil.rmtree(self.data / "release", ignore_errors=True)
        if (self.saved / "data" / "release").exists():
            shutil.copytree(self.saved / "data" / "release", self.data / "release")

    def count(self) -> tuple[int, list[Any], list[Any]]:
        """Run the action unharmed; return the number of points and the states before and after."""
        notes = self.saved / "notes.json"

        def work() -> None:
            before = fingerprint()
            with fatal(0) as passed:
                self.act()
            notes.write_text(json.dumps([passed[0], before, fingerprint()], default=str))

        if in_child(work) != 0:
            raise RuntimeError(f"{self.scenario.name} does not run")
        points, before, after = json.loads(notes.read_text())
        return points, before, after

    def die_at(self, point: int, before: list[Any], after: list[Any]) -> list[str]:
        """Kill the action at `point`, restart, and return what is wrong."""
        self.restore()

        def work() -> None:
            with fatal(point):
                self.act()

        status = in_child(work)
        if status not in {KILLED, 0}:
            return [f"point {point}: ended with {status}"]
        report = self.saved / "report.json"

        def look() -> None:
            state = json.loads(json.dumps(fingerprint(), default=str))
            wrong = []
            if self.scenario.is_atomic and state not in (before, after):
                wrong.append("neither before nor after")
            restart()
            report.write_text(json.dumps(wrong + faults(), ensure_ascii=False))

        if in_child(look) != 0:
            return [f"point {point}: the restart failed"]
        return [f"point {point}: {wrong}" for wrong in json.loads(report.read_text())]

    def close(self) -> None:
        self.restore()
        shutil.rmtree(self.saved, ignore_errors=True)


def run(scenario: Scenario, *, sample: int | None = None) -> Result:
    """Visit every point of `scenario`, or about `sample` of them spread evenly; the last ones always."""
    stage = Stage(scenario)
    try:
        points, before, after = stage.count()
        step = 1 if sample is None else max(points // sample, 1)
        visited = sorted({*range(1, points + 1, step), points})
        failures = [wrong for point in visited for wrong in stage.die_at(point, before, after)]
    finally:
        stage.close()
    return Result(scenario.name, points, len(visited), failures)


def main() -> int:
    """Visit all points of all scenarios and write build/chaos.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a scenario's name")
    parser.add_argument("--sample", type=int, default=None, help="about so many points per scenario")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    import time_machine

    from tests import database

    drop = database.prepare("chaos", _people)
    rows, is_whole = [], True
    with time_machine.travel(MOMENT, tick=True):
        for scenario in SCENARIOS:
            if options.only not in scenario.name:
                continue
            result = run(scenario, sample=options.sample)
            for failure in result.failures[:10]:
                print(f"  {result.name}: {failure}", file=sys.stderr)  # noqa: T201 - a command for people
            print(f"{result.name}: {result.visited} of {result.points} points, {len(result.failures)} failures", flush=True)  # noqa: T201
            rows.append(
                {
                    "name": f"crash points: {result.name}",
                    "value": len(result.failures),
                    "unit": f"failures at {result.visited} points",
                    "baseline": 13,
                    "ratio": None,
                    "bar": 0,
                    "holds": not result.failures,
                }  # fmt: skip
            )
            is_whole = is_whole and not result.failures
    drop()
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "chaos.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if is_whole else 1


def _people() -> None:
    import time_machine

    from tests.world import build

    with time_machine.travel(datetime(2026, 1, 5, 9, tzinfo=MOMENT.tzinfo), tick=True):
        build()


if __name__ == "__main__":
    sys.exit(main())
