"""The command line with Dask workers: what takes them takes them, and a cluster that is not there costs nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.integration.workbench import SEEDS, Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS)) as running:
        yield running


def bench_with(folder: Path, teacher: TeacherProcess, cluster: str) -> Workbench:
    bench = Workbench(folder, teacher.url)
    bench.write_recipe(new_prompts=0)
    text = bench.recipe.read_text(encoding="utf-8").replace("execution: {", f"execution: {{dask: {cluster}, ")
    bench.recipe.write_text(f"{text}snapshot: {{allow_unverified: true}}\n", encoding="utf-8")
    return bench


def test_stored_samples_are_judged_again_by_workers(tmp_path: Path, teacher: TeacherProcess) -> None:
    bench = bench_with(tmp_path, teacher, "2")
    built = bench.build("--json")
    assert built.code == 0, built.err
    verdicts = "select sample_id, outcome, reason, detail from verdicts order by created_at, sample_id"
    before = bench.sql(verdicts)

    again = bench.run("reverify", "functions", "--timeout-seconds", "6", "--json")

    assert again.code == 0, again.err
    assert again.json["judged"] == again.json["samples"] == len(before)
    assert (again.json["changes"], again.json["published"]) == ([], [])
    after = bench.sql(verdicts)[len(before) :]
    assert sorted(map(str, after)) == sorted(map(str, before))

    gone = bench.run("reverify", "functions", "--timeout-seconds", "7", "--dask", "tcp://127.0.0.1:9")
    assert gone.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in gone.err
    here = bench.run("reverify", "functions", "--timeout-seconds", "7", "--dask", "0", "--json")
    assert here.code == 0, here.err
    assert here.json["judged"] == len(before)


def test_a_cluster_that_is_not_there_is_told_before_anything_is_paid(tmp_path: Path, teacher: TeacherProcess) -> None:
    bench = bench_with(tmp_path, teacher, '"tcp://127.0.0.1:9"')
    refused = bench.build("--json")
    assert refused.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in refused.err
    assert "Traceback" not in refused.err
    assert teacher.paid == []
