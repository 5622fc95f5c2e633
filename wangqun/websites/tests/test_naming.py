"""The rules for names and domains, as vectors."""

import pytest

from wangqun.websites import naming

pytestmark = pytest.mark.req("GRP-3")

CITY = "石家庄市"


@pytest.mark.parametrize(
    ("kind", "region", "department", "given", "expected"),
    [
        ("portal", "石家庄市", "商务", "", "中国石家庄商务"),
        ("county", "正定县", "商务局", "", "正定县商务局"),
        ("county", "藁城区", "商务局", "", "藁城区商务局"),
        ("division", "", "外贸", "", "石家庄外贸"),
        ("commerce", "", "", "石家庄商务网", "石家庄商务网"),
        ("forecast", "", "", "石家庄商务天气预报", "石家庄商务天气预报"),
    ],
)
def test_names_follow_the_rule(kind, region, department, given, expected):
    assert naming.propose_name(kind=kind, city=CITY, region=region, department=department, given=given) == expected
    assert naming.breaches_of_name(expected, kind=kind, city=CITY, region=region, department=department) == []


@pytest.mark.parametrize(
    ("kind", "region", "department", "name", "expected"),
    [
        ("county", "正定县", "商务局", "正定县商务局", "zhengding.localhost"),
        ("county", "藁城区", "商务局", "藁城区商务局", "gaocheng.localhost"),
        ("county", "井陉矿区", "商务局", "井陉矿区商务局", "jingxingkuang.localhost"),
        ("county", "赵县", "商务局", "赵县商务局", "zhaoxian.localhost"),
        ("county", "行唐县", "商务局", "行唐县商务局", "xingtang.localhost"),
        ("division", "", "外贸处", "石家庄外贸处", "wmc.localhost"),
        ("commerce", "", "", "石家庄商务网", "sjzsww.localhost"),
    ],
)
def test_domains_follow_the_rule(kind, region, department, name, expected):
    proposed = naming.propose_domain(kind=kind, parent="localhost", name=name, region=region, department=department)
    assert proposed == expected
    assert naming.breaches_of_domain(proposed, parent="localhost") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("正定商务局", "按命名规则，网站名称应为“正定县商务局”。"),
        ("Zhengding", "网站名称应为 2 至 30 个汉字。"),
        ("局", "网站名称应为 2 至 30 个汉字。"),
        ("正定县商务局<b>", "网站名称应为 2 至 30 个汉字。"),
    ],
)
def test_a_name_that_breaks_the_rule_is_told_why(name, expected):
    assert expected in naming.breaches_of_name(name, kind="county", city=CITY, region="正定县", department="商务局")


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("ZhengDing.sjz.gov.cn", "小写字母"),
        ("正定.sjz.gov.cn", "小写字母"),
        ("-zd.sjz.gov.cn", "小写字母"),
        ("zd..sjz.gov.cn", "小写字母"),
        ("zhengding.example.com", "应在“sjz.gov.cn”之下"),
        ("evilsjz.gov.cn", "应在“sjz.gov.cn”之下"),
        ("www.xiexiebang.com", "应在“sjz.gov.cn”之下"),
        (f"{'a' * 60}.{'b' * 60}.sjz.gov.cn", "过长"),
    ],
)
def test_a_domain_that_breaks_the_rule_is_told_why(domain, expected):
    assert any(expected in sentence for sentence in naming.breaches_of_domain(domain, parent="sjz.gov.cn"))


@pytest.mark.parametrize("kind", ["portal", "commerce", "fair", "window", "forecast", "county", "division"])
def test_the_addresses_that_a_scraper_left_in_the_source_text_are_never_proposed(kind):
    proposed = naming.propose_domain(kind=kind, parent="sjz.gov.cn", name="正定县商务局", region="正定县", department="商务局")
    assert proposed.endswith(".sjz.gov.cn")
    assert "xiexiebang" not in proposed
