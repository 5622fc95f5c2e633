"""An index of its own for every test."""

from collections.abc import Iterator

import pytest

from wangqun.search import follow
from wangqun.search.engine import Engine, _engine
from wangqun.search.local import LocalEngine


@pytest.fixture
def index(settings, tmp_path) -> Iterator[Engine]:
    """The engine in process over an empty folder; `follow.step(index)` brings it up to date."""
    settings.SEARCH_URL, settings.SEARCH_ROOT = "", tmp_path / "search"
    _engine.cache_clear()
    made = _engine("", settings.SEARCH_ROOT)
    assert isinstance(made, LocalEngine)
    yield made
    made.close()
    _engine.cache_clear()


@pytest.fixture
def searched(index, world):
    """The world, found by search."""
    follow.rebuild(index)
    return world
