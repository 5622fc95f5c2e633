"""图片: every picture that says something has a text that says it too. 依据：沪16；GB/T 37668。"""

import re
from collections.abc import Iterator

from wagtail.images import get_image_model

from wangqun.screening.checks.hit import ADVICE, BLOCKS, Hit, shown_whole
from wangqun.screening.content import Content
from wangqun.screening.words import WordLists

CODE = "pictures"
BASIS = "沪16"
FILE_NAME = re.compile(
    r"^(?:.*\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|svg)"
    r"|(?:img|image|dsc[nf]?|pic|photo|mmexport|screenshot|wx_camera|微信图片|微信截图|qq图片|屏幕截图|截图|图像|未标题|未命名|新建)"
    r"[\s_\-()]*\d[\d\s_\-()]*|[0-9a-f]{16,}|\d{6,})$",
    re.IGNORECASE,
)
SAYS_NOTHING = re.compile(
    r"图|插图|配图|图像|相片|封面(?:图片)?|image|picture|photo|(?:图片?|照片)\s*[\d一二三四五六七八九十]*", re.IGNORECASE
)
NO_TEXT = "没有替代文字，看不见图片的人无从得知其内容；请写明图片表达什么，纯装饰的请勾选“装饰”。"


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield pictures without a text, with a file name as text, or that no longer exist."""
    wanted = {picture.image_id for picture in content.pictures if picture.image_id}
    known = set(get_image_model().objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    for picture in content.pictures:
        if not picture.image_id or picture.image_id not in known:
            yield Hit(CODE, BLOCKS, picture.place, picture.anchor, "图片不存在或已删除，请重新选择。", BASIS)
        elif not picture.is_decorative:
            yield from _text(picture.alternative_text, picture.place, picture.anchor)
    page = content.page
    if getattr(page, "cover_id", None):
        yield from _text(page.cover_text, "封面替代文字", "cover_text")


def _text(text: str, place: str, anchor: str) -> Iterator[Hit]:
    plain = text.strip()
    if not plain:
        yield Hit(CODE, BLOCKS, place, anchor, NO_TEXT, BASIS)
    elif FILE_NAME.match(plain):
        yield Hit(CODE, BLOCKS, place, anchor, "替代文字是文件名，请改写为图片表达的内容。", BASIS, shown_whole(plain))
    elif SAYS_NOTHING.fullmatch(plain):
        yield Hit(CODE, ADVICE, place, anchor, "替代文字没有说出图片的内容，请写得具体些。", BASIS, shown_whole(plain))
