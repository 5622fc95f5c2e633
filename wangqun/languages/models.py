"""Words that the conversion must not touch, and names of pages in other languages. 依据：沪15。"""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models


class ProtectedWord(models.Model):
    """A name whose traditional form is fixed: of a person, a place, a firm. 余 of 余处长 is no 餘."""

    word = models.CharField(
        "简体写法",
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"[\u4e00-\u9fff]", "请填写含汉字的名称。")],
        help_text="网页上的写法，写全称，如“余建国”；写得太短会误改别的词。",
    )
    written = models.CharField("繁体写法", max_length=32, help_text="转换后固定写成的样子，字数须与简体写法相同。")
    remark = models.CharField("备注", max_length=255, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "繁体专名"
        ordering = ["word"]

    def __str__(self) -> str:
        return f"{self.word} → {self.written}"

    def clean(self) -> None:
        """Both forms have as many characters: text is laid back between the tags by position."""
        if len(self.word) != len(self.written):
            raise ValidationError({"written": f"繁体写法应有 {len(self.word)} 个字，与简体写法相同。"})


class PageName(models.Model):
    """What a column or a site is called in another language; the name in Chinese is the page's title."""

    page = models.ForeignKey("wagtailcore.Page", models.CASCADE, related_name="names", verbose_name="页面")
    language = models.CharField("语言", max_length=10)
    title = models.CharField("名称", max_length=255)

    class Meta:
        verbose_name = verbose_name_plural = "外文名称"
        ordering = ["page", "language"]
        constraints = [models.UniqueConstraint(fields=["page", "language"], name="one_name_per_page_and_language")]

    def __str__(self) -> str:
        return f"{self.title}（{self.language}）"
