"""A seeded sample of the campaign that ``make soak`` runs at length."""

from pathlib import Path

import pytest

from tests.fakes.teacher import teacher_process
from tests.faults.campaign import campaign
from tests.faults.grounds import ground
from tests.faults.soak import TEACHER, bench_with_duplicates

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 6), ("postgres", 3)])
def test_kills_at_chance_moments_lose_and_double_nothing(tmp_path: Path, kind: str, kills: int) -> None:
    with ground(kind, tmp_path) as below, teacher_process(tmp_path / "ledger", *TEACHER) as teacher:
        bench = bench_with_duplicates(tmp_path, teacher.url)
        report = campaign(bench, teacher, below, kills=kills, seed=11)

    assert report.kills.total() == kills
    assert report.published >= 1
    assert report.duplicates
