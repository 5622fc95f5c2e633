"""责任明细表 as a spreadsheet: written, taken back, refused whole when one row is bad."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from wangqun.access.actions import grant, split
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.columns import sheet
from wangqun.columns.actions import entrust, open_column
from wangqun.columns.models import Duty, DutyPerson
from wangqun.people.actions import close_account
from wangqun.people.models import Organisation

pytestmark = pytest.mark.req("COL-1")

NEWS = {
    "网站": "正定县商务局",
    "栏目": "工作动态",
    "栏目地址": "/gzdt/",
    "更新类别": "新闻动态类",
    "更新时限": "7日",
    "责任单位": "正定县商务局",
    "责任单位代码": "zhengding",
    "采编人员(用户名)": "王编辑(wang.bianji)",
    "审核人员(用户名)": "刘科长(liu.kezhang)",
    "备岗(用户名)": "",
    "起始日期": "2026-01-01",
    "备注": "",
}
MOVED = NEWS | {"备岗(用户名)": "陈局长(chen.juzhang)", "起始日期": "2026-04-01"}


def book(*rows, headings=sheet.HEADINGS, above=("责任明细表",)) -> bytes:
    made = Workbook()
    for line in above:
        made.active.append([line])
    made.active.append(headings)
    for row in rows:
        made.active.append([row.get(heading, "") for heading in headings])
    output = BytesIO()
    made.save(output)
    return output.getvalue()


def plan(*rows, by):
    return sheet.plan(sheet.read(book(*rows)), by=by)


def sentence(*rows, by):
    (fault,) = plan(*rows, by=by).faults
    return str(fault)


def duties():
    return list(Duty.objects.order_by("pk").values_list("pk", "column_id", "valid_from", "valid_until"))


def test_what_is_exported_is_imported_with_no_change(world):
    exported = sheet.write(sheet.lines(date(2026, 3, 10)), day=date(2026, 3, 10))
    found = sheet.plan(sheet.read(exported), by=world.zhou)
    assert (found.changes, found.faults, found.unchanged) == ([], [], 5)
    assert sheet.carry_out(sheet.read(exported), by=world.zhou) == 0


def test_the_export_prints_as_the_annex_does(world):
    made = load_workbook(
        BytesIO(sheet.write(sheet.lines(date(2026, 3, 10)), day=date(2026, 3, 10), website=world.portal))
    ).active
    assert made["A1"].value == "石家庄市商务局门户网站信息发布及审核责任明细表"
    assert [cell.value for cell in made[3]] == sheet.HEADINGS
    assert made["H4"].value == "吴干事(wu.ganshi)"
    assert made.page_setup.orientation == "landscape"


def test_a_name_that_begins_like_a_formula_stays_text(world):
    zhengding = Organisation.objects.get(code="zhengding")
    people = {"editors": [world.wang], "reviewers": [world.liu]}
    day, remark = date(2026, 3, 2), '=HYPERLINK("http://x")'
    entrust(world.zhengding_news, organisation=zhengding, valid_from=day, remark=remark, by=world.zhou, **people)
    made = load_workbook(BytesIO(sheet.write(sheet.lines(date(2026, 3, 10)), day=date(2026, 3, 10)))).active
    remark = next(row[11] for row in made.iter_rows() if row[2].value == "/gzdt/" and row[0].value == "正定县商务局")
    assert (remark.data_type, remark.value) == ("s", '=HYPERLINK("http://x")')


def test_a_changed_row_ends_the_old_duty_and_begins_the_new_one(world):
    assert sheet.carry_out(sheet.read(book(MOVED)), by=world.zhou) == 1
    old, new = Duty.objects.filter(column=world.zhengding_news).order_by("valid_from")
    assert (old.valid_until, new.valid_from) == (date(2026, 3, 31), date(2026, 4, 1))
    assert [person.user for person in new.persons.filter(role=DutyPerson.Role.DEPUTY)] == [world.chen]
    assert Entry.objects.latest("pk").verb == "columns.import_sheet"


def test_a_second_import_of_the_same_file_changes_nothing(world):
    sheet.carry_out(sheet.read(book(MOVED)), by=world.zhou)
    before = duties()
    assert sheet.carry_out(sheet.read(book(MOVED)), by=world.zhou) == 0
    assert duties() == before


def test_a_column_that_has_no_organisation_yet_may_stand_in_the_list_empty(world):
    root = world.zhengding.site.root_page.specific
    open_column(root, title="网上调查", slug="wsdc", kind="interaction", description="调查", keywords="调查", by=world.zhou)
    exported = sheet.write(sheet.lines(date(2026, 3, 10)), day=date(2026, 3, 10))
    found = sheet.plan(sheet.read(exported), by=world.zhou)
    assert (found.faults, found.unchanged) == ([], 6)


def test_one_bad_row_keeps_every_other_row_out(world):
    before = duties()
    with pytest.raises(Refused, match="没有导入任何内容.*第 4 行"):
        sheet.carry_out(
            sheet.read(book(MOVED, NEWS | {"栏目地址": "/tzgg/", "栏目": "通知公告", "责任单位代码": "nobody"})), by=world.zhou
        )
    assert duties() == before


def test_every_bad_row_is_named_with_its_number_and_all_its_reasons(world):
    bad = NEWS | {"责任单位": "", "责任单位代码": "nobody", "采编人员(用户名)": "", "起始日期": "三月"}
    found = plan(
        MOVED, bad | {"栏目地址": "/tzgg/", "栏目": "通知公告", "更新类别": "", "更新时限": ""}, {"网站": "无"}, by=world.zhou
    )
    assert [fault.number for fault in found.faults] == [4, 5]
    for reason in ("没有代码为“nobody”的单位", "未填采编人员", "起始日期“三月”不是日期"):
        assert reason in str(found.faults[0])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"网站": "不存在网"}, "没有名为“不存在网”的网站"),
        ({"网站": ""}, "未填网站"),
        ({"栏目地址": "/nowhere/"}, "“正定县商务局”没有地址为“/nowhere/”的栏目"),
        ({"栏目": "通知公告"}, "地址“/gzdt/”的栏目是“工作动态”，不是“通知公告”"),
        ({"栏目地址": "", "栏目": "无此栏目"}, "“正定县商务局”没有名为“无此栏目”的栏目"),
        ({"责任单位代码": "", "责任单位": "火星商务局"}, "没有名为“火星商务局”的单位"),
        ({"责任单位": "藁城区商务局"}, "代码“zhengding”的单位是“正定县商务局”，不是“藁城区商务局”"),
        ({"责任单位": "", "责任单位代码": ""}, "未填责任单位"),
        ({"采编人员(用户名)": ""}, "未填采编人员"),
        ({"审核人员(用户名)": ""}, "未填审核人员"),
        ({"采编人员(用户名)": "张三(zhang.san)"}, "没有用户名为“zhang.san”的人员"),
        ({"采编人员(用户名)": "李四(wang.bianji)"}, "用户名“wang.bianji”是王编辑，不是李四"),
        ({"采编人员(用户名)": "wang.bianji、王编辑(wang.bianji)"}, "采编人员中王编辑重复"),
        ({"起始日期": "2026-02-30"}, "起始日期“2026-02-30”不是日期"),
        ({"更新类别": "政策法规类"}, "更新类别在系统中为“新闻动态类”"),
        ({"更新时限": "9日"}, "更新时限在系统中为“7日”"),
        ({"备注": "长" * 256}, "备注超过 255 字"),
        ({"备注": "变更"}, "现行责任自 2026-01-01 起，变更须填写更晚的起始日期"),
    ],
)
def test_a_row_that_cannot_be_taken_over_says_why(world, wrong, reason):
    assert f"第 3 行：{reason}" in sentence(NEWS | wrong, by=world.zhou)


def test_a_person_whose_account_is_closed_is_named(world):
    close_account(world.wang, by=world.zhou, reason="调离")
    assert "王编辑(wang.bianji)的账号已停用" in sentence(MOVED, by=world.zhou)


def test_the_same_column_twice_is_a_fault(world):
    assert "与第 3 行是同一栏目" in sentence(MOVED, MOVED, by=world.zhou)


def test_who_may_not_manage_a_column_cannot_change_it_through_the_list(world):
    for proposal in split(
        user=world.gao, duty="网站管理", roles=["site_administrator"], page=world.gaocheng_news, reason="需要", by=world.zhou
    ):
        grant(proposal, by=world.zhou)
    assert "您没有调整此栏目责任的权限" in sentence(MOVED, by=world.gao)
    assert not plan(NEWS, by=world.gao).faults  # a row that changes nothing hurts nobody
    before = duties()
    with pytest.raises(Refused):
        sheet.carry_out(sheet.read(book(MOVED)), by=world.gao)
    assert duties() == before


@pytest.mark.parametrize(
    ("headings", "reason"),
    [
        (sheet.HEADINGS[:-1], "缺少“备注”列"),
        ([*sheet.HEADINGS, "电话"], "不认识的列“电话”"),
        ([*sheet.HEADINGS, "网站"], "“网站”列重复"),
        (["甲", "乙"], "找不到标题行"),
    ],
)
def test_wrong_headings_are_named(headings, reason):
    with pytest.raises(Refused, match=reason):
        sheet.read(book(NEWS, headings=headings))


def test_headings_and_cells_may_be_full_width_and_days_real_days(world):
    headings = [heading.replace("(", "（").replace(")", "）") for heading in sheet.HEADINGS]
    row = {heading.replace("(", "（").replace(")", "）"): value for heading, value in MOVED.items()}
    row |= {"采编人员（用户名）": "王编辑（wang.bianji），陈局长（chen.juzhang）", "起始日期": date(2026, 4, 1)}
    (change,) = sheet.plan(sheet.read(book(row, headings=headings)), by=world.zhou).changes
    assert change.people["采编人员(用户名)"] == [world.wang, world.chen]
    assert change.valid_from == date(2026, 4, 1)


def test_a_row_without_a_day_takes_effect_today(world):
    (change,) = plan(MOVED | {"起始日期": ""}, by=world.zhou).changes
    assert change.valid_from == date(2026, 3, 10)


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04broken"])
def test_what_is_no_spreadsheet_is_refused(data):
    with pytest.raises(Refused, match="xlsx"):
        sheet.read(data)


def test_a_file_that_unpacks_to_gigabytes_is_refused():
    output = BytesIO()
    with ZipFile(output, "w", 8) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (61 * 1024 * 1024))
    with pytest.raises(Refused, match="过大"):
        sheet.read(output.getvalue())


def test_reading_a_long_list_asks_as_many_questions_as_a_short_one(world, django_assert_max_num_queries):
    zhou = world.zhou
    with django_assert_max_num_queries(15) as few:
        plan(NEWS, by=zhou)
    exported = sheet.write(sheet.lines(date(2026, 3, 10)), day=date(2026, 3, 10))
    with django_assert_max_num_queries(15) as many:
        sheet.plan(sheet.read(exported), by=zhou)
    assert len(few) == len(many)
