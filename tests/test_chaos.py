"""A sample of the crash points in every run of the tests; `make chaos` visits all of them."""

import pytest
import time_machine

from tests import chaos

pytestmark = [pytest.mark.req("GRP-5", "COL-4", "REM-2", "ACC-1"), pytest.mark.sqlite]


@pytest.mark.parametrize("scenario", chaos.SCENARIOS, ids=lambda scenario: scenario.name.split()[-1])
def test_a_process_killed_at_any_point_leaves_nothing_half_done(committed_db, scenario):
    with time_machine.travel(chaos.MOMENT, tick=True):
        result = chaos.run(scenario, sample=8)
    assert result.points > 10
    assert result.failures == []
