"""多语言 in the back office: the table of pages by language, and the page from which an article is translated. 依据：沪15。"""

from typing import Any, ClassVar

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.generic import TemplateView
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Revision

from wangqun.access.actions import may, may_somewhere
from wangqun.access.screens import RecordViewSet, ScopedIndexView
from wangqun.articles import actions as articles
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.languages.known import TRADITIONAL, chinese_name
from wangqun.portal import translations
from wangqun.portal.translations import MISSING, NAMES, STALE, SYNCED, State, languages
from wangqun.publication.models import Release
from wangqun.websites.models import Website

ARTICLE = PublicItem.Kind.ARTICLE


class TranslationFilter(WagtailFilterSet):
    """By site, column, kind, and the state in one language."""

    website = django_filters.ModelChoiceFilter(label="网站", queryset=Website.objects.all())
    column = django_filters.ModelChoiceFilter(label="栏目", queryset=ColumnPage.objects.order_by("path"), method="in_column")
    kind = django_filters.ChoiceFilter(label="类别", choices=PublicItem.Kind.choices)
    language = django_filters.ChoiceFilter(
        label="语言", choices=lambda: [(one, chinese_name(one)) for one in languages()], method="in_state"
    )
    state = django_filters.ChoiceFilter(label="状态", choices=list(NAMES.items()), method="pass_on")

    class Meta:
        model = PublicItem
        fields: ClassVar[list[str]] = []

    def in_column(self, rows: QuerySet[PublicItem], name: str, column: ColumnPage) -> QuerySet[PublicItem]:
        return rows.filter(path__startswith=column.path)

    def pass_on(self, rows: QuerySet[PublicItem], name: str, value: str) -> QuerySet[PublicItem]:
        """The state is asked for together with its language; without one, in any."""
        if self.form.cleaned_data.get("language"):
            return rows
        wanted = Q()
        for language in languages():
            found = translations.with_state(PublicItem.objects.order_by(), language).filter(state=value)
            wanted |= Q(pk__in=found.values("pk"))
        return rows.filter(wanted)

    def in_state(self, rows: QuerySet[PublicItem], name: str, language: str) -> QuerySet[PublicItem]:
        state = self.form.cleaned_data.get("state")
        return translations.with_state(rows, language).filter(state=state) if state else rows


class StateColumn(Column):
    """The state of a row in one language, leading to where it can be changed."""

    def __init__(self, language: str) -> None:
        super().__init__(f"in_{language.replace('-', '_').lower()}", label=chinese_name(language))
        self.language = language

    def get_value(self, instance: PublicItem) -> SafeString:
        state: State = instance.states[self.language]
        word = str(state)
        if instance.kind != ARTICLE:
            word = {SYNCED: "有名称", MISSING: "缺名称"}.get(state.code, word)
            if self.language == TRADITIONAL or not instance.is_linked:
                return format_html("{}", word)
            return format_html('<a href="{}">{}</a>', reverse("page_names", args=[instance.page_id]), word)
        if not instance.is_linked:
            return format_html("{}", word)
        address = reverse("translate", args=[instance.page_id])
        return format_html('<a href="{}"{}>{}</a>', address, format_html(' class="warn"') if state.code == STALE else "", word)


class TranslationIndex(ScopedIndexView):
    """Pages in Chinese, each with its state in every language; what a page of rows needs is read at once."""

    page_title = "多语言"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_base_queryset(self) -> QuerySet[PublicItem]:
        return translations.rows_for(self.request.user)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        self._fill(context["object_list"])
        return context

    def _fill(self, rows: Any) -> None:
        found = translations.states(list(rows))
        person = self.request.user
        writes, names = may_somewhere(person, "articles.write"), may_somewhere(person, "columns.manage")
        for row in rows:
            row.states = found[row.page_id]
            row.is_linked = writes if row.kind == ARTICLE else names

    def stream_csv(self, queryset: Any) -> Any:
        return super().stream_csv(self._all(queryset))

    def write_xlsx(self, queryset: Any, output: Any) -> Any:
        return super().write_xlsx(self._all(queryset), output)

    def _all(self, queryset: QuerySet[PublicItem]) -> list[PublicItem]:
        rows = list(queryset)
        self._fill(rows)
        for row in rows:
            for language, state in row.states.items():
                setattr(row, f"in_{language.replace('-', '_').lower()}", str(state))
        return rows


class TranslationViewSet(RecordViewSet):
    """多语言: which page is in step in which language."""

    model = PublicItem
    name = "translations"
    url_prefix = "translations"
    icon = "globe"
    index_view_class = TranslationIndex
    inspect_view_enabled = False
    filterset_class = TranslationFilter
    EXPORTED: ClassVar[dict[str, str]] = {
        "title": "标题", "website": "网站", "column": "栏目", "get_kind_display": "类别", "address": "网站内地址",
        "updated_at": "中文更新",
    }  # fmt: skip
    export_filename = "多语言对照"
    search_fields: ClassVar[list[str]] = ["title"]
    search_backend_name = None
    default_ordering = "-updated_at"

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        columns = {f"in_{language.replace('-', '_').lower()}": chinese_name(language) for language in languages()}
        self.list_display = [
            Column("title", label="标题", sort_key="title"),
            Column("website", label="网站", sort_key="website"),
            Column("column", label="栏目"),
            Column("get_kind_display", label="类别", sort_key="kind"),
            DateColumn("updated_at", label="中文更新", sort_key="updated_at"),
            *[StateColumn(language) for language in languages()],
        ]
        self.export_headings = self.EXPORTED | columns
        self.list_export = list(self.export_headings)
        super().__init__(name=name, **kwargs)


class TranslateForm(forms.Form):
    """Which language to begin, or which translation now says what its source says."""

    language = forms.CharField(required=False)
    follows = forms.IntegerField(required=False)


class Translate(WagtailAdminTemplateMixin, TemplateView):
    """翻译: the languages of one article; begin one, go on with one, state that one is in step again."""

    template_name = "portal/translate.html"
    header_icon = "globe"

    def get_page_title(self) -> str:
        return f"翻译：{self.source.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("translations:index"), "label": "多语言"}
        return [*self.breadcrumbs_items, above, {"url": "", "label": "翻译"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        page = get_object_or_404(ArticlePage, pk=number)
        self.source = page.translation_of or page
        if not may(request.user, "articles.write", self.source):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        item = PublicItem.objects.filter(page_id=self.source.pk).first()
        theirs = {one.language: one for one in self.source.translations.all()}
        found = translations.states([item])[item.page_id] if item else {}
        rows = [
            {
                "language": language, "name": chinese_name(language), "state": found.get(language),
                "page": theirs.get(language),
                "changes": self._changes(theirs.get(language)), "follows": self._may_follow(theirs.get(language)),
            }
            for language in languages()
        ]  # fmt: skip
        return super().get_context_data(**kwargs) | {"source": self.source, "is_public": item is not None, "rows": rows}

    def _may_follow(self, translation: ArticlePage | None) -> bool:
        """Whether the newest draft was made from an older version than the source's newest."""
        if translation is None or self.source.live_revision is None:
            return False
        draft = translation.get_latest_revision_as_object()
        newest = Release.objects.filter(page_id=self.source.pk).order_by("-number").first()
        return newest is not None and draft.translated_hash != newest.content_hash

    def _changes(self, translation: ArticlePage | None) -> str:
        """Return the address of the comparison between the version translated and the newest, "" where they are the same."""
        if translation is None or self.source.live_revision_id is None:
            return ""
        draft = translation.get_latest_revision_as_object()
        made_from = (
            Release.objects.filter(page_id=self.source.pk, content_hash=draft.translated_hash).order_by("-number").first()
        )
        if made_from is None or made_from.revision_id in {None, self.source.live_revision_id}:
            return ""
        if not Revision.objects.filter(pk=made_from.revision_id).exists():
            return ""
        pair = [self.source.pk, made_from.revision_id, self.source.live_revision_id]
        return reverse("wagtailadmin_pages:revisions_compare", args=pair)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = TranslateForm(request.POST)
        if not form.is_valid():
            raise Http404
        if language := form.cleaned_data["language"]:
            made = articles.translate(self.source, language=language, by=request.user)
            messages.success(request, f"{chinese_name(language)}稿已建立，填好后提交审核。")
            return redirect("wagtailadmin_pages:edit", made.pk)
        translation = get_object_or_404(ArticlePage, pk=form.cleaned_data["follows"], translation_of=self.source)
        articles.follow_source(translation, by=request.user, base_revision=translation.latest_revision_id)
        messages.success(request, f"{chinese_name(translation.language)}稿已记为对照最新原稿，请提交审核。")
        return redirect("wagtailadmin_pages:edit", translation.pk)


def addresses() -> list[URLPattern]:
    """Return the addresses beside the table."""
    return [path("translate/<int:number>/", Translate.as_view(), name="translate")]
