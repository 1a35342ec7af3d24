"""A seeded sample of the campaign that ``make soak`` runs at length."""

from pathlib import Path

import pytest

from tests.fakes.teacher import teacher_process
from tests.faults.campaign import campaign
from tests.faults.soak import TEACHER
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1500)]
KILLS = 6


def test_kills_at_chance_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", *TEACHER) as teacher:
        report = campaign(Workbench(tmp_path, teacher.url), teacher, kills=KILLS, seed=11)

    assert report.kills.total() == KILLS
    assert report.published >= 1
