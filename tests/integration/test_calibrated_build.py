"""A build and a verifier that is not fit: it stops, says why, and publishes only on the recipe's word."""

from pathlib import Path

import pytest

from tests.fakes.teacher import teacher_process
from tests.integration.workbench import SEEDS, Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

MISJUDGES = """
insert into calibrations by name select * replace (100 as bad_passed, ['case-fence-posts/1-off-by-one'] as misjudged,
created_at + interval 1 second as created_at) from calibrations where case_set = 'shipped'
"""


def test_verifier_that_passes_wrong_answers_stops_the_build(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(new_prompts=2)
        measured = bench.run("calibrate", "--json")
        assert measured.code == 0, measured.err
        assert bench.run("sql", "--write", MISJUDGES).code == 0

        stopped = bench.build()

        assert stopped.code == 1
        assert "python-tests@12 is not fit to judge" in stopped.err
        assert "case-fence-posts/1-off-by-one" in stopped.err
        assert "Traceback" not in stopped.err
        assert bench.sql("select * from snapshots") == []

        with bench.recipe.open("a", encoding="utf-8") as recipe:
            recipe.write("snapshot: {allow_unverified: true}\n")
        allowed = bench.build("--json")

        assert allowed.code == 0, allowed.err
        assert allowed.json["snapshot"] == "functions@1"
        assert "was not calibrated" in Path(allowed.json["summary"]).read_text(encoding="utf-8")
        assert bench.sql("select count(distinct run_id) as n from samples") == [{"n": 1}]
