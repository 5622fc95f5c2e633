"""Periods, addresses and charts: pure functions."""

from datetime import date

import pytest

from wangqun.visits.addresses import files_of, split
from wangqun.visits.chart import ceiling, draw
from wangqun.visits.measures import Point
from wangqun.visits.periods import Period

pytestmark = [pytest.mark.req("ASM-5")]


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "label"),
    [
        ("day", date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 10), "2026年3月10日"),
        ("month", date(2024, 2, 10), date(2024, 2, 1), date(2024, 2, 29), "2024年2月"),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31), "2026年12月"),
        ("year", date(2026, 3, 10), date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    ],
)
def test_the_period_around_a_day(kind, day, first, last, label) -> None:
    period = Period.around(kind, day)
    assert (period.first, period.last, period.label) == (first, last, label)
    assert period.before.after == period
    assert period.after.before == period


@pytest.mark.parametrize(
    ("kind", "day", "today", "expected"),
    [
        ("month", date(2026, 3, 1), date(2026, 3, 10), (date(2026, 2, 1), date(2026, 2, 10))),
        ("month", date(2026, 3, 1), date(2026, 3, 30), (date(2026, 2, 1), date(2026, 2, 28))),
        ("month", date(2026, 3, 1), date(2026, 3, 31), (date(2026, 2, 1), date(2026, 2, 28))),
        ("month", date(2026, 3, 1), date(2026, 4, 1), (date(2026, 2, 1), date(2026, 2, 28))),
        ("day", date(2026, 3, 1), date(2026, 3, 1), (date(2026, 2, 28), date(2026, 2, 28))),
        ("year", date(2024, 3, 1), date(2024, 1, 1), (date(2023, 1, 1), date(2023, 1, 1))),
    ],
)
def test_a_running_period_is_compared_with_as_many_days(kind, day, today, expected) -> None:
    assert Period.around(kind, day).comparable(today) == expected


@pytest.mark.parametrize(
    ("path", "language", "plain"),
    [
        ("/", "zh-Hans", "/"), ("/gzdt/", "zh-Hans", "/gzdt/"), ("/zh-hant/", "zh-Hant", "/"),
        ("/zh-hant/gzdt/", "zh-Hant", "/gzdt/"),
        ("/en/a/", "en", "/a/"), ("/en", "zh-Hans", "/en"), ("/english/", "zh-Hans", "/english/"), ("", "zh-Hans", ""),
    ],
)  # fmt: skip
def test_the_language_of_an_address(path, language, plain) -> None:
    assert split(path) == (language, plain)


@pytest.mark.parametrize(
    ("path", "first", "others"),
    [
        ("/", "index.html", {"gone.html"}),
        ("/gzdt/", "gzdt/index.html", {"gzdt/gone.html"}),
        (
            "/zh-hant/gzdt/p/3/",
            "zh-hant/gzdt/p/3/index.html",
            {"gzdt/p/3/index.html", "zh-hant/gzdt/index.html", "gzdt/index.html"},
        ),
        ("/about.html", "about.html", set()),
    ],
)
def test_the_files_behind_an_address(path, first, others) -> None:
    found = files_of(path)
    assert found[0] == first
    assert others <= set(found)
    assert len(found) <= 8


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (41, 80), (1000, 1200), (123_456, 200_000)]
)
def test_a_scale_ends_at_a_round_number_near_the_highest_bar(most, top) -> None:
    assert ceiling(most) == top


@pytest.mark.parametrize("number", [0, 1, 31, 366])
def test_bars_stay_within_the_drawing(number) -> None:
    chart = draw([Point(f"{day}日", day * 7, day * 5) for day in range(number)])
    assert len(chart.bars) == number
    for bar in chart.bars:
        assert chart.left <= bar.x <= bar.x + bar.width <= chart.right
        assert 0 < bar.y <= chart.floor
        assert round(bar.y + bar.height, 1) == chart.floor
    assert sum(bool(bar.label) for bar in chart.bars) <= 16
    assert chart.is_empty == (number < 2)
