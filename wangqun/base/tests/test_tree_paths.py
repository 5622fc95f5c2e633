"""What stands above a page, read from its path."""

import pytest

from wangqun.base.tree_paths import paths_above


def test_everything_above_a_page_and_the_page_itself_root_first() -> None:
    assert paths_above("000100020003") == ["0001", "00010002", "000100020003"]


def test_the_page_itself_can_be_left_out() -> None:
    assert paths_above("000100020003", itself=False) == ["0001", "00010002"]


@pytest.mark.parametrize("itself", [True, False])
def test_nothing_stands_above_nothing(itself: bool) -> None:
    assert paths_above("", itself=itself) == []


def test_the_root_stands_alone() -> None:
    assert paths_above("0001") == ["0001"]
    assert paths_above("0001", itself=False) == []
