"""Texts for the measurements: as many as asked for, always the same ones, no two with the same title.

A text is made of sentences of the three documents in data/seeds and of sentences with slots, as offices of commerce write
them. Nothing here knows Django, so that a measurement of the search engine alone needs no database.
"""

import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
SEEDS, WORDS = DATA / "seeds", DATA / "words" / "v1.json"
FIRST_DAY, LAST_DAY = date(2016, 1, 4), date(2025, 9, 30)
DAYS = (LAST_DAY - FIRST_DAY).days
SHORTEST, LONGEST = 1000, 1500  # characters of a text

PLACES = [
    "石家庄市", "正定县", "藁城区", "鹿泉区", "栾城区", "井陉矿区", "长安区", "桥西区", "新华区", "裕华区", "晋州市",
    "新乐市", "辛集市", "井陉县", "行唐县", "灵寿县", "高邑县", "深泽县", "赞皇县", "无极县", "平山县", "元氏县", "赵县",
    "循环化工园区", "高新技术产业开发区", "综合保税区", "滹沱新区", "正定新区", "东部产业新城", "经济技术开发区",
]  # fmt: skip
TOPICS = [
    "家电以旧换新", "汽车报废更新", "绿色智能家电下乡", "夜间消费街区", "老字号嘉年华", "年货大集", "直播电商",
    "跨境电商", "农村电商", "即时零售", "社区便民菜市场", "一刻钟便民生活圈", "县域商业体系", "冷链物流", "城乡高效配送",
    "智慧商圈", "步行街改造", "首店经济", "会展经济", "餐饮促消费", "家政服务提质", "再生资源回收", "二手车流通",
    "成品油零售", "单用途预付卡", "商务信用", "药品流通", "酒类流通", "拍卖行业", "典当行业", "外贸转型升级基地",
    "加工贸易梯度转移", "出口信用保险", "出口退税", "海外仓", "国际陆港班列", "服务外包", "技术贸易",
    "外商投资企业圆桌会", "利用外资项目", "开发区招商", "境外经贸合作", "对外劳务合作", "口岸通关便利化", "原产地证书",
    "贸易数字化", "农产品产销对接", "生活必需品保供", "市场监测", "商务统计", "散装水泥推广", "商场超市消防",
    "加油站安全", "消费帮扶", "品牌消费", "数字人民币", "适老化消费", "文旅商融合", "体育消费", "内外贸一体化",
    "信息消费", "服装产业集群",
]  # fmt: skip
FORMS = [
    ("news", "{place}举办{topic}专题活动（第{n}场）"),
    ("news", "{place}召开{topic}工作推进会（第{n}次）"),
    ("news", "{place}{topic}培训班第{n}期开班"),
    ("news", "{place}第{n}批{topic}项目通过验收"),
    ("news", "{place}商务部门第{n}次走访{topic}企业"),
    ("news", "{place}{topic}供需对接会第{n}场签约"),
    ("news", "{place}开展第{n}轮{topic}专项检查"),
    ("news", "{place}{topic}宣传月第{n}站走进社区"),
    ("news", "{place}{topic}示范点名单公布（第{n}批）"),
    ("news", "{place}{topic}经验交流活动第{n}期举行"),
    ("notice", "关于组织申报{place}{topic}项目的通知（第{n}批）"),
    ("notice", "关于{place}{topic}扶持资金安排的公示（第{n}批）"),
    ("notice", "关于举办{place}{topic}业务培训的通知（第{n}期）"),
    ("notice", "关于开展{place}{topic}情况调查的公告（第{n}号）"),
    ("notice", "关于报送{place}{topic}工作情况的通知（第{n}号）"),
    ("policy", "{place}{topic}实施细则（第{n}次修订）"),
    ("policy", "{place}{topic}若干措施第{n}号解读"),
    ("policy", "{place}支持{topic}高质量发展的意见（第{n}号）"),
]
NUMBERS = 48  # n in a title
PRODUCTS = [
    "冰箱", "洗衣机", "空调", "电视机", "新能源汽车", "小麦", "雪花梨", "花生", "大枣", "蔬菜", "牛奶", "服装",
    "皮革制品", "陶瓷", "医药中间体", "纺织品", "机械配件", "宫面", "核桃", "食用菌", "大豆油", "羊绒制品", "苹果",
    "生鲜猪肉", "家具", "智能手机", "儿童玩具", "净水器",
]  # fmt: skip
PEOPLE = [
    "返乡创业人员", "合作社负责人", "商场经理", "家政从业人员", "物流企业代表", "外贸企业业务员", "社区网格员",
    "餐饮业主", "统计人员", "主播和运营人员", "经营户", "高校毕业生", "老年居民", "行业协会会长", "银行客户经理",
    "海关工作人员", "残疾人创业者", "村党支部书记",
]  # fmt: skip
DEEDS = [
    "现场讲解申报条件和办理流程", "逐项核对企业提交的材料", "发放宣传资料", "听取对营商环境的意见和建议",
    "查看仓储和消防设施", "督促落实明码标价", "协调银行给予信贷支持", "组织参观示范街区", "开展一对一政策辅导",
    "签订供货意向", "公布咨询窗口", "完善应急预案", "建立问题清单和责任清单", "推广移动支付便利服务", "清理超期库存",
    "更新公共信用信息", "开通绿色通道", "优化配送线路", "增设无障碍设施", "复查整改情况",
]  # fmt: skip
SENTENCES = [
    "{month}月，{place}围绕{topic}组织{people}开展交流，{deed}，共有{count}人参加。",
    "据统计，本季度{place}{product}销售额达到{amount}万元，同比增长{percent}%，其中线上销售占{share}%。",
    "工作人员{deed}，并就{topic}方面的问题答复了{people}。",
    "活动为期{days}天，设置{product}、{other}等{stalls}个展区，吸引{count}家企业参展。",
    "对符合条件的{topic}项目，按照实际投入的{share}%给予补助，单个项目不超过{amount}万元。",
    "申报单位应于{month}月{day}日前提交材料，逾期不再受理，材料应当真实、完整。",
    "下一步，{place}商务部门将继续{deed}，推动{topic}取得实效。",
    "检查组先后来到{count}家经营{product}的门店，{deed}，对发现的{stalls}个问题当场提出整改要求。",
    "{people}表示，{topic}方面的政策看得懂、用得上，希望今后多组织此类服务。",
    "{place}与{other_place}就{product}产销签订框架协议，约定每年供货{amount}吨。",
    "培训分为理论授课和实地观摩两个部分，内容包括{topic}、{product}营销和售后服务。",
    "经专家评审和公示，{count}个{topic}项目列入支持名单，涉及{product}、{other}等领域。",
    "截至{month}月底，{place}建成{topic}服务网点{count}个，覆盖{share}%的乡镇和街道。",
    "为方便{people}办事，{place}把{topic}的办理时限由{days}个工作日压缩到{stalls}个工作日。",
    "会议要求各单位{deed}，{deed_too}，每月{day}日前报送{topic}进展情况。",
    "{product}出口额为{amount}万美元，主要销往东南亚、中亚和欧洲市场，较上年增加{percent}%。",
]  # fmt: skip


@dataclass(frozen=True)
class Text:
    """One text as an editor would enter it. `attachment` is the name of a form that goes with it, "" for most."""

    number: int
    title: str
    genre: str
    summary: str
    paragraphs: tuple[str, ...]
    on: date
    place: str
    organisation: str
    document_number: str
    attachment: str

    @property
    def body(self) -> str:
        """The whole text, a paragraph in a line."""
        return "\n".join(self.paragraphs)


def texts(amount: int, *, start: int = 0, of: int = 0) -> Iterator[Text]:
    """Yield `amount` texts from number `start` on; the days run evenly from the first to the last among `of` texts."""
    known = seed_sentences()
    for number in range(start, start + amount):
        on = FIRST_DAY + timedelta(days=DAYS * number // max(of, start + amount))
        yield _text(number, on, known)


def seed_sentences() -> list[str]:
    """Return the sentences of the three documents that make sense alone and hold no word that asks for a leader's signature."""
    lists = json.loads(WORDS.read_text(encoding="utf-8"))["words"]
    avoided = re.compile("|".join(word for name in ("secrecy", "undecided", "sensitive") for word in lists[name]))
    mark = re.compile(r"^(第[一二三四五六七八九十]+条（?|[（(]?[一二三四五六七八九十\d]+[)）、])")
    found: list[str] = []
    for path in sorted(SEEDS.glob("*.md")):
        whole = re.sub(r"[ \t]+", "", path.read_text(encoding="utf-8")).replace(",", "，").replace(":", "：")
        for paragraph in re.split(r"\n\s*\n", whole):
            found += [mark.sub("", sentence) for sentence in re.findall(r"[^。\n]{12,90}。", paragraph.replace("\n", ""))]
    plain = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，、；“”]{10,}。")
    return list(dict.fromkeys(one for one in found if plain.fullmatch(one) and not avoided.search(one)))


def _title(number: int) -> tuple[str, str, str, str]:
    """Return genre, title, place and topic: another combination for every number below 1.6 million."""
    size = len(PLACES) * len(TOPICS) * len(FORMS) * NUMBERS
    step = next(candidate for candidate in count(int(size * 0.618)) if math.gcd(candidate, size) == 1)
    rest, place = divmod((number * step + 11) % size, len(PLACES))
    rest, topic = divmod(rest, len(TOPICS))
    n, form = divmod(rest, len(FORMS))
    genre, pattern = FORMS[form]
    return genre, pattern.format(place=PLACES[place], topic=TOPICS[topic], n=n + 1), PLACES[place], TOPICS[topic]


def _text(number: int, on: date, known: list[str]) -> Text:
    chance = random.Random(number)  # noqa: S311 - the same text every time, no secret
    genre, title, place, topic = _title(number)
    lead = f"为做好{topic}工作，{place}商务部门结合实际作出安排。"
    paragraphs, paragraph, length, enough = [], lead, len(lead), chance.randrange(SHORTEST, LONGEST - 100)
    while length < enough:
        sentence = chance.choice(known) if chance.random() < 0.35 else _sentence(chance, place, topic)
        paragraph += sentence
        length += len(sentence)
        if len(paragraph) > 180:
            paragraphs.append(paragraph)
            paragraph = ""
    paragraphs.append(paragraph + "特此公布。")
    mark = "石商规" if place == PLACES[0] else f"{place[:2]}商字"
    has_number = genre == "policy" or (genre == "notice" and number % 3 == 0)
    return Text(
        number=number,
        title=title,
        genre=genre,
        summary=lead + _sentence(chance, place, topic),
        paragraphs=tuple(paragraphs),
        on=on,
        place=place,
        organisation=f"{place}商务局",
        document_number=f"{mark}〔{on.year}〕{number % 400 + 1}号" if has_number else "",
        attachment=f"{topic}申报表" if genre == "notice" and number % 2 == 0 else "",
    )


def _sentence(chance: random.Random, place: str, topic: str) -> str:
    pick = chance.choice
    return pick(SENTENCES).format(
        place=place,
        topic=topic if chance.random() < 0.6 else pick(TOPICS),
        other_place=pick(PLACES),
        people=pick(PEOPLE),
        product=pick(PRODUCTS),
        other=pick(PRODUCTS),
        deed=pick(DEEDS),
        deed_too=pick(DEEDS),
        month=chance.randrange(1, 13),
        day=chance.randrange(1, 29),
        days=chance.randrange(3, 21),
        count=chance.randrange(12, 900),
        stalls=chance.randrange(2, 13),
        amount=chance.randrange(20, 9800),
        percent=chance.randrange(1, 40),
        share=chance.randrange(10, 96),
    )
