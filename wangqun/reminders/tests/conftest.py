"""The people and organisations of these tests."""

import pytest

from wangqun.reminders.tests.factories import Cast


@pytest.fixture
def cast(db) -> Cast:
    return Cast()
