"""The parts of an article's body. The house style is in the templates; an editor chooses meaning, not looks. 依据：石17。"""

from wagtail import blocks
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.images.blocks import ImageBlock

RICH_TEXT = ["bold", "link", "ol", "ul", "superscript", "subscript"]


class Picture(blocks.StructBlock):
    """A picture with the text that stands for it, and a caption."""

    image = ImageBlock(label="图片")
    caption = blocks.CharBlock(label="图注", required=False, max_length=128)

    class Meta:
        icon = "image"
        label = "图片"
        template = "articles/blocks/picture.html"


class Clause(blocks.StructBlock):
    """One article (条) of a regulation, with an address of its own: #tiao-13."""

    number = blocks.IntegerBlock(label="条序", min_value=1)
    label = blocks.CharBlock(label="条名", max_length=64, help_text="如“第十三条”“十三、”。")
    heading = blocks.CharBlock(label="条旨", required=False, max_length=64)
    text = blocks.RichTextBlock(label="条文", features=RICH_TEXT)

    class Meta:
        icon = "list-ol"
        label = "条文"
        template = "articles/blocks/clause.html"


class Heading(blocks.StructBlock):
    """A heading inside the body."""

    text = blocks.CharBlock(label="标题", max_length=128)
    level = blocks.ChoiceBlock(label="级别", choices=[("2", "一级"), ("3", "二级")], default="2")

    class Meta:
        icon = "title"
        label = "标题"
        template = "articles/blocks/heading.html"


class DocumentSignature(blocks.StructBlock):
    """落款: who issued the text and when."""

    organisation = blocks.CharBlock(label="单位", max_length=128)
    date = blocks.DateBlock(label="日期", required=False)

    class Meta:
        icon = "edit"
        label = "落款"
        template = "articles/blocks/signature.html"


BODY_BLOCKS = [
    ("paragraph", blocks.RichTextBlock(label="段落", features=RICH_TEXT, template="articles/blocks/paragraph.html")),
    ("heading", Heading()),
    ("picture", Picture()),
    ("table", TableBlock(label="表格", template="articles/blocks/table.html")),
    ("clause", Clause()),
    ("quotation", blocks.BlockQuoteBlock(label="引文")),
    ("signature", DocumentSignature()),
]
