"""Fills an empty database with articles as real releases would have left them, a hundred times faster.

In every column one article is written, reviewed and released by the real actions; all others are copies of its rows in
which only what must differ differs: keys, tree path, address, text, moments, digests. Left out are the rows nobody asks
for when pages are made: the operation log, Wagtail's own page log, notices, background tasks.
"""

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import F, Max
from wagtail.documents.models import Document
from wagtail.models import Page, Revision, TaskState, WorkflowState

from bench.corpus import DAYS, FIRST_DAY, TOPICS, Text, texts
from wangqun.articles import actions as articles
from wangqun.articles.models import ArticleAttachment, ArticlePage
from wangqun.columns.actions import MAP_LENGTH
from wangqun.columns.models import LIST_LENGTH, PublicItem
from wangqun.demo.build import City, Desk
from wangqun.publication.models import Release, RenderOrder
from wangqun.reviews import actions as reviews
from wangqun.reviews import eligibility
from wangqun.reviews.models import Signing
from wangqun.screening.models import Examination
from wangqun.websites.content import content_hash

NAMED_SITES = 5  # the portal and four more; the others are counties
MORE_COLUMNS = [
    ("jhzj", "计划总结"), ("tjsj", "统计数据"), ("xfcj", "消费促进"), ("dwmy", "对外贸易"), ("wzcj", "外资促进"),
    ("dzsw", "电子商务"), ("ltfz", "流通发展"), ("aqsc", "安全生产"),
]  # fmt: skip
WEIGHTS = [6, 3, 2]  # the share of a site's first columns; the others have 1 each
AT_ONCE = 2_000  # articles in one transaction
ZONE = ZoneInfo("Asia/Shanghai")
OPENS, OFFICE_HOURS = 9, 8  # drafts are first saved from nine to five


class Table:
    """Rows of one model, each like the pattern it is given but for what is said."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = {item.attname: item for item in model._meta.local_concrete_fields}
        self.key = model._meta.pk.attname
        self.next = (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
        self.rows: list[list[Any]] = []

    def pattern(self, instance: models.Model) -> dict[str, Any]:
        """Return the values of one row as the database wants them."""
        return {name: self.stored(name, getattr(instance, name)) for name in self.fields}

    def stored(self, name: str, value: Any) -> Any:
        return self.fields[name].get_db_prep_save(value, connection)

    def number(self) -> int:
        """Return the next key."""
        self.next += 1
        return self.next - 1

    def add(self, pattern: dict[str, Any], changes: dict[str, Any]) -> None:
        self.rows.append([self.stored(name, changes[name]) if name in changes else value for name, value in pattern.items()])

    def flush(self) -> None:
        """Write what was added."""
        columns = ", ".join(connection.ops.quote_name(str(item.column)) for item in self.fields.values())
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in self.rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(self.fields))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", self.rows)  # noqa: S608 - our own names
        self.rows.clear()


@dataclass
class Pattern:
    """What one real release left, table by table, and how far the column's copies have come."""

    desk: Desk
    page: ArticlePage
    rows: dict[type[models.Model], list[Any]]
    drafted_at: datetime
    prepared: dict[type[models.Model], list[dict[str, Any]]] = field(default_factory=dict)
    copies: int = 0
    sealed: int = 0


class Filling:
    """The database while it is filled."""

    def __init__(self, amount: int, sites: int, columns_per_site: int, say: Callable[[str], None]) -> None:
        self.amount, self.say = amount, say
        self.city = City(until=FIRST_DAY - timedelta(days=1), counties=max(0, sites - NAMED_SITES), say=say)
        self.columns_per_site = columns_per_site
        self.patterns: list[Pattern] = []
        self.documents: dict[str, Document] = {}
        self.numbers: Counter[int] = Counter()  # articles of each year
        self.listed: Counter[int] = Counter()  # public items of each site

    def ground(self) -> None:
        """Found the city, and give each site as many columns as are wanted."""
        self.city.found()
        by_site: dict[str, list[Desk]] = {}
        for (host, _slug), desk in self.city.desks.items():
            by_site.setdefault(host, []).append(desk)
        with self.city.at(self.city.since, 9):
            for host, desks in by_site.items():
                for slug, title in MORE_COLUMNS[: max(0, self.columns_per_site - len(desks))]:
                    duty = desks[0].column.duty_on(self.city.since)
                    editor, head = duty.people("editor")[0], duty.people("reviewer")[0]
                    spec = (slug, title, "other", "其他", 90, False)
                    home = desks[0].column.website.site.root_page.specific
                    made = self.city._column(home, host, spec, duty.organisation, editor, head, desks[0].place)
                    for user, role in ((editor, "editor"), (head, "division_reviewer")):
                        self.city._give(user, [role], made.column, f"“{title}”栏目")

    def first_articles(self) -> None:
        """Write and release one article in each column by the real actions."""
        day = FIRST_DAY - timedelta(days=2)
        for text, desk in zip(texts(len(self.city.desks), of=self.amount), self.city.desks.values(), strict=True):
            with self.city.at(day, OPENS):
                drafted_at = datetime.now(ZONE)
                article = write(desk, text, self.document(text, desk))
            self.city._review(article, day, OPENS + 1, 0)
            self.patterns.append(self.read(desk, article.pk, drafted_at))

    def document(self, text: Text, desk: Desk) -> Document:
        """Return the form of the text's topic; one for all texts of that topic."""
        name = text.attachment or f"{TOPICS[text.number % len(TOPICS)]}申报表"
        if name not in self.documents:
            content = f"{name}\n单位名称,\n联系人,\n申报内容,\n".encode("utf-8-sig")
            file = ContentFile(content, name=f"form-{len(self.documents) + 1}.csv")
            self.documents[name] = Document.objects.create(title=name, file=file, uploaded_by_user=desk.editor)
        return self.documents[name]

    def read(self, desk: Desk, pk: int, drafted_at: datetime) -> Pattern:
        """Read what the release of article `pk` left."""
        page = ArticlePage.objects.get(pk=pk)
        states = WorkflowState.objects.filter(object_id=str(pk))
        found: dict[type[models.Model], list[Any]] = {
            Page: [page],
            ArticlePage: [page],
            ArticleAttachment: list(page.attachments.all()),
            Revision: list(Revision.objects.filter(object_id=str(pk), content_type=page.content_type_id)),
            WorkflowState: list(states),
            TaskState: list(TaskState.objects.filter(workflow_state__in=states).order_by("pk")),
            Signing: list(Signing.objects.filter(page=pk).order_by("pk")),
            Examination: list(Examination.objects.filter(page=pk)),
            Release: list(Release.objects.filter(page=pk)),
            PublicItem: list(PublicItem.objects.filter(page=pk)),
        }
        usual = [1, 1, 1, 1, 1, 4, 4, 1, 1, 1]
        if [len(rows) for rows in found.values()] != usual:
            raise RuntimeError(f"a release left other rows than expected: {found}")
        return Pattern(desk, page, found, drafted_at)

    def copies(self) -> None:
        """Write all other articles, in the order of their days."""
        tables = {model: Table(model) for model in self.patterns[0].rows}
        for pattern in self.patterns:
            pattern.prepared = {model: [tables[model].pattern(row) for row in rows] for model, rows in pattern.rows.items()}
        self.listed.update(PublicItem.objects.values_list("website", flat=True))
        first, rest = len(self.patterns), self.amount - len(self.patterns)
        chance = random.Random(20261122)  # noqa: S311 - the same corpus every time
        chosen = chance.choices(self.patterns, self.weights(), k=rest)
        times = Counter(map(id, chosen))
        for pattern in self.patterns:
            pattern.sealed = max(0, (times[id(pattern)] + 1) // LIST_LENGTH - 1)
            if pattern.sealed:
                PublicItem.objects.filter(page=pattern.page.pk).update(list_page=1)
        pairs = zip(texts(rest, start=first, of=self.amount), chosen, strict=True)
        for done, chunk in enumerate(_chunks(pairs, AT_ONCE)):
            with transaction.atomic():
                for text, pattern in chunk:
                    self.copy(tables, pattern, text)
                for table in tables.values():
                    table.flush()
            if done % 5 == 4:
                self.say(f"稿件 {first + done * AT_ONCE + len(chunk)} 篇")
        for pattern in self.patterns:
            Page.objects.filter(pk=pattern.desk.column.pk).update(numchild=F("numchild") + pattern.copies)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
                cursor.execute(statement)

    def weights(self) -> list[int]:
        """Return how likely a text falls to each column: the first ones of a site have more, the portal's twice as much."""
        places: dict[int, int] = {}
        found = []
        for pattern in self.patterns:
            website = pattern.desk.column.website
            place = places[website.pk] = places.get(website.pk, -1) + 1
            found.append((WEIGHTS[place] if place < len(WEIGHTS) else 1) * (2 if website.is_portal else 1))
        return found

    def copy(self, tables: dict[type[models.Model], Table], pattern: Pattern, text: Text) -> None:
        """Add the rows of one article."""
        pattern.copies += 1
        page = pattern.page
        part_of_day = DAYS * text.number / self.amount % 1
        drafted_at = datetime.combine(text.on, time(OPENS), ZONE) + timedelta(hours=OFFICE_HOURS * part_of_day)
        later = drafted_at - pattern.drafted_at
        number = {
            model: [tables[model].number() for _ in rows] for model, rows in pattern.rows.items() if model is not ArticlePage
        }
        website = pattern.rows[PublicItem][0].website_id
        pk, revision, state = number[Page][0], number[Revision][0], number[WorkflowState][0]
        self.numbers[text.on.year] += 1
        slug = f"t{text.on:%Y%m%d}_{self.numbers[text.on.year]:04d}"
        path = Page._get_path(page.path[: -Page.steplen], page.depth, pattern.copies + 1)
        url_path = page.url_path.replace(page.slug, slug)
        address = pattern.rows[PublicItem][0].address.replace(page.slug, slug)
        body = body_of(text)
        attachment = number[ArticleAttachment][0] if text.attachment else None
        key = uuid.UUID(int=random.Random(f"page {text.number}").getrandbits(128), version=4)  # noqa: S311 - no secret
        content = pattern.rows[Revision][0].content | {
            "pk": pk, "path": path, "url_path": url_path, "slug": slug, "translation_key": str(key), "title": text.title,
            "draft_title": text.title, "genre": text.genre, "summary": text.summary, "document_number": text.document_number,
            "body": json.dumps(body), "attachments": [],
        }  # fmt: skip
        if attachment:
            document = self.document(text, pattern.desk)
            content["attachments"] = [
                {"pk": attachment, "sort_order": 0, "page": pk, "document": document.pk, "title": text.attachment}
            ]
        digest = content_hash(Revision(content_type=page.cached_content_type, content=content))
        changes: dict[type[models.Model], list[dict[str, Any]]] = {
            Page: [{
                "path": path, "url_path": url_path, "slug": slug, "translation_key": key, "title": text.title,
                "draft_title": text.title, "latest_revision_id": revision, "live_revision_id": revision,
            }],
            ArticlePage: [{
                "page_ptr_id": pk, "genre": text.genre, "summary": text.summary, "body": body,
                "document_number": text.document_number,
            }],
            ArticleAttachment: [{"page_id": pk, "document_id": document.pk, "title": text.attachment}] if attachment else [],
            Revision: [{"object_id": str(pk), "object_str": text.title, "content": content}],
            WorkflowState: [{"object_id": str(pk), "current_task_state_id": number[TaskState][-1]}],
            TaskState: [{"workflow_state_id": state, "revision_id": revision}] * 4,
            Signing: [
                {
                    "task_state_id": task, "workflow_state_id": state, "page_id": pk, "revision_id": revision,
                    "content_hash": digest,
                }
                for task in number[TaskState]
            ],
            Examination: [{"revision_id": revision, "page_id": pk, "content_hash": digest}],
            Release: [{
                "page_id": pk, "revision_id": revision, "content_hash": digest, "title": text.title, "address": address,
                "examination_id": number[Examination][0], "workflow_state_id": state,
                "approvers": [
                    item | {"at": (datetime.fromisoformat(item["at"]) + later).isoformat()}
                    for item in pattern.rows[Release][0].approvers
                ],
            }],
            PublicItem: [{
                "page_id": pk, "path": path, "title": text.title, "summary": text.summary, "address": address,
                "list_page": part if (part := pattern.copies // LIST_LENGTH + 1) <= pattern.sealed else None,
                "map_part": self.listed[website] // MAP_LENGTH,
            }],
        }  # fmt: skip
        self.listed[website] += 1
        for model, rows in changes.items():
            table = tables[model]
            for place, row in enumerate(rows):
                key_of_row = {table.key: number[model][place]} if model in number else {}
                table.add(pattern.prepared[model][place], moved(pattern.rows[model][place], later) | key_of_row | row)


def fill(amount: int, sites: int, *, columns_per_site: int = 8, say: Callable[[str], None]) -> None:
    """Fill the empty, migrated database with `amount` articles in `sites` sites; the same each time but for random keys."""
    work = Filling(amount, sites, columns_per_site, say)
    work.ground()
    work.first_articles()
    work.copies()
    RenderOrder.objects.all().delete()  # nobody waits: `republish` makes the whole tree
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def write(desk: Desk, text: Text, document: Document | None) -> ArticlePage:
    """Write one text and submit it, by the real actions."""
    attachments = [(text.attachment or document.title, document)] if document else []
    article = articles.draft(
        desk.column, title=text.title, by=desk.editor, genre=text.genre, summary=text.summary,
        document_number=text.document_number, attachments=attachments,
        body=[("paragraph", f"<p>{paragraph}</p>") for paragraph in text.paragraphs],
    )  # fmt: skip
    reviews.submit(article, by=desk.editor)
    return article


def sign(article: ArticlePage, *, but_last: bool = False) -> Callable[[], Any]:
    """Let everybody sign in turn; with `but_last` return the final signature uncalled."""
    while True:
        state = ArticlePage.objects.get(pk=article.pk).current_workflow_task_state
        level = state.task.specific.level
        by = eligibility.signers(article, level, state.specific)[0]
        if level == "centre" and but_last:
            return lambda: reviews.approve(state, by=by)
        reviews.approve(state, by=by)
        if level == "centre":
            return lambda: None


def moved(row: models.Model, later: timedelta) -> dict[str, Any]:
    """Return the moments of a row, as much later."""
    return {
        item.attname: value + later
        for item in row._meta.local_concrete_fields
        if isinstance(item, models.DateTimeField) and (value := getattr(row, item.attname)) is not None
    }


def body_of(text: Text) -> list[dict[str, Any]]:
    """Return a text as stream data with keys."""
    chance = random.Random(f"blocks {text.number}")  # noqa: S311 - the same keys every time
    return [
        {"type": "paragraph", "value": f"<p>{paragraph}</p>", "id": str(uuid.UUID(int=chance.getrandbits(128), version=4))}
        for paragraph in text.paragraphs
    ]


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
