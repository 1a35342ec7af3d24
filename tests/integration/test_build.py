"""A whole build through the command line: real sandbox, real Prefect, real lake; the teacher alone is a fake."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from stillroom.cli import STOPPED
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.integration.workbench import ROOT, SEEDS, Workbench, finish, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1500)]

GB = 1000**3


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as process:
        yield process


@pytest.fixture
def bench(tmp_path: Path, teacher: TeacherProcess) -> Workbench:
    return Workbench(tmp_path, teacher.url)


def paid_samples(teacher: TeacherProcess) -> int:
    return sum(one.kind == "sample" for one in teacher.paid)


def test_build_publishes_verified_rows_and_the_next_build_adds_to_them(bench: Workbench) -> None:
    first, peak_bytes = bench.measured_build()
    assert first.code == 0, first.err
    assert 0.1 * GB < peak_bytes < GB, "the pipeline's process is to stay below 1 GB"
    outcome = first.json
    assert outcome["snapshot"] == "functions@1"
    assert outcome["prompts_written"] >= 4
    assert outcome["kept_by_origin"]["seed"] >= 3
    assert outcome["kept_by_origin"]["written"] >= 3
    assert outcome["passed"] <= outcome["samples"]

    assert {row["origin"] for row in outcome["test_strengths"]} == {"seed", "written"}
    _every_row_passes_by_hand(bench, "functions", 1)
    _every_sample_has_one_reason(bench)
    _every_example_is_strongly_tested(bench)
    summary = Path(outcome["summary"]).read_text(encoding="utf-8")
    assert "functions@1" in summary
    _verdicts_stand_on_a_calibration(bench, summary)
    assert "How good the tests are" in summary

    second = bench.build("--json")
    assert second.code == 0, second.err
    assert second.json["snapshot"] == "functions@2"
    old = _members(bench, 1)
    assert old < _members(bench, 2)
    sampled = bench.sql("select prompt_id, count(distinct run_id) as runs from samples group by 1 having runs > 1")
    assert sampled == []

    _frozen_copy_is_read_by_datasets(bench)
    _lineage_reaches_seeds(bench)


def test_runtime_that_is_not_there_stops_a_build_before_anything_is_paid(
    bench: Workbench, teacher: TeacherProcess
) -> None:
    with bench.recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("verification: {sandbox: {runtime: runsc-of-nobody}}\n")

    done = bench.build()

    assert done.code == 2
    assert "under 'runsc-of-nobody', but Docker knows only the runtimes" in done.err
    assert "Traceback" not in done.err
    assert teacher.paid == []


def _members(bench: Workbench, version: int) -> set[str]:
    rows = bench.sql(f"select example_id from snapshot_members where name = 'functions' and version = {version}")
    return {row["example_id"] for row in rows}


def _every_row_passes_by_hand(bench: Workbench, name: str, version: int) -> None:
    """Plain Python, no sandbox: the answer, then the prompt's tests."""
    frame = pl.read_parquet(bench.lake / "snapshots" / name / str(version) / "examples.parquet")
    tests = {row["prompt_id"]: row["tests"] for row in bench.sql("select prompt_id, tests from prompts")}
    assert len(frame) > 0
    for row in frame.iter_rows(named=True):
        source = f"{row['answer']}\n{tests[row['prompt_id']]}\n"
        done = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, source


def _verdicts_stand_on_a_calibration(bench: Workbench, summary: str) -> None:
    (one,) = bench.sql("select * from calibrations")
    assert one["case_set"] == "shipped"
    assert one["good_passed"] == one["good_cases"] >= 60
    assert (one["bad_passed"], one["misjudged"]) == (0, [])
    assert bench.sql("select distinct calibration_id from verdicts") == [{"calibration_id": one["calibration_id"]}]
    assert f"Calibration `{one['calibration_id']}`" in summary
    assert "not calibrated" not in summary


def _every_sample_has_one_reason(bench: Workbench) -> None:
    per_sample = bench.sql(
        "select s.sample_id, count(c.sample_id) as n from samples s left join selections c using (sample_id) group by 1"
    )
    assert {row["n"] for row in per_sample} == {1}
    dropped = bench.sql("select sample_id, gate from selections where not kept limit 1")[0]
    why = bench.run("why", dropped["sample_id"], "--json")
    assert why.code == 0
    assert why.json["gate"] == dropped["gate"]


def _frozen_copy_is_read_by_datasets(bench: Workbench) -> None:
    from datasets import load_dataset

    file = bench.lake / "snapshots" / "functions" / "2" / "examples.parquet"
    rows = load_dataset("parquet", data_files=str(file), cache_dir=str(bench.folder / "cache"))["train"]
    assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]
    from stillroom.teachers.template import load_template

    tokenizer = load_template(str(bench.model)).tokenizer
    rendered = tokenizer.apply_chat_template(rows[0]["messages"], tokenize=False)
    assert rows[0]["answer"].strip() in rendered


def _lineage_reaches_seeds(bench: Workbench) -> None:
    written = bench.sql("select example_id from examples where origin = 'written' limit 1")[0]["example_id"]
    done = bench.run("lineage", written, "--json")
    assert done.code == 0, done.err
    seeds = {row["prompt_id"] for row in bench.sql("select prompt_id from prompts where origin = 'seed'")}
    assert any(seed in done.out for seed in seeds)
    assert "functions" in bench.run("lineage", written).out


def test_killed_build_continues_and_pays_again_only_for_what_was_in_flight(
    bench: Workbench, teacher: TeacherProcess
) -> None:
    with bench.started_build() as process:
        wait_until(lambda: paid_samples(teacher) >= 10, process)
        process.kill()
        process.communicate()
    done = bench.build("--json")
    assert done.code == 0, done.err
    stored = bench.sql("select count(*) as n, count(distinct sample_id) as d from samples")[0]
    assert stored["n"] == stored["d"]
    assert paid_samples(teacher) - stored["n"] <= 16, "more was paid again than could be in flight"
    assert bench.sql("select count(distinct run_id) as n from samples")[0]["n"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_build_ends_in_a_sentence_and_continues(
    bench: Workbench, teacher: TeacherProcess, number: signal.Signals
) -> None:
    with bench.started_build() as process:
        wait_until(lambda: paid_samples(teacher) >= 4, process)
        process.send_signal(number)
        stopped = finish(process)
    assert stopped.code == 1, stopped.err
    assert "goes on from here" in stopped.err
    assert "Traceback" not in stopped.err
    done = bench.build("--json")
    assert done.code == 0, done.err
    assert done.json["snapshot"] == "functions@1"


def test_of_two_builds_at_once_one_continues_and_the_other_says_who_holds_it(
    bench: Workbench, teacher: TeacherProcess
) -> None:
    with bench.started_build() as first:
        wait_until(lambda: paid_samples(teacher) >= 1, first)
        second = bench.build()
        assert second.code == 1
        assert f"process {first.pid}" in second.err
        assert finish(first).code == 0


def test_teacher_that_dies_is_named_and_only_what_is_owed_is_repeated(tmp_path: Path) -> None:
    flags = ("--tasks", str(SEEDS), "--delay", "0.05")
    with teacher_process(tmp_path / "ledger", *flags, "--die-after", "8") as dying:
        bench = Workbench(tmp_path, dying.url)
        failed = bench.build()
    assert failed.code == 1, failed.err
    assert "teacher" in failed.err
    assert "start the build again" in failed.err
    assert "Traceback" not in failed.err
    port = dying.url.rpartition(":")[2]
    with teacher_process(tmp_path / "ledger", *flags, "--port", port) as back:
        done = bench.build("--json")
        assert done.code == 0, done.err
        stored = bench.sql("select count(*) as n from samples")[0]["n"]
        assert paid_samples(back) - stored <= 16


def test_what_was_paid_for_is_derived_again_when_the_teacher_is_gone(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(new_prompts=0)
        first = bench.build("--json")
        assert first.code == 0, first.err
    recipe = bench.recipe.read_text(encoding="utf-8")
    before = bench.sql(
        "select (select count(*) from samples) as samples, (select sum(samples) from costs "
        "where stage = 'sampling') as paid"
    )

    def derived(*, changes: str) -> int:
        bench.recipe.write_text(f"{recipe}{changes}\n", encoding="utf-8")
        done = bench.build("--json")
        assert done.code == 0, done.err
        assert "no teacher is asked for anything" in done.err
        return bench.sql("select count(*) as n from current_selections where kept")[0]["n"]

    kept = derived(changes="selection: {keep: 9}")
    assert kept >= derived(changes="verification: {min_test_strength: 1.0}\nselection: {keep: 9}") > 0
    assert (
        bench.sql(
            "select (select count(*) from samples) as samples, (select sum(samples) from costs "
            "where stage = 'sampling') as paid"
        )
        == before
    )

    bench.recipe.write_text(recipe.replace("samples: 4", "samples: 6"), encoding="utf-8")
    refused = bench.build()
    assert refused.code == 1
    assert "teacher" in refused.err
    assert "Traceback" not in refused.err


def test_another_model_than_the_recipe_names_is_refused_before_anything_is_paid(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--model", "other/model") as other:
        bench = Workbench(tmp_path, other.url)
        refused = bench.build()
        assert refused.code == 1
        assert "other/model" in refused.err
        assert other.paid == []


def test_busy_and_aborting_teacher_costs_nothing_but_time(tmp_path: Path) -> None:
    faults = [flag for kind in ("busy:3", "abort:2:4", "fewer:2:8", "empty:1:12") for flag in ("--fault", kind)]
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), *faults) as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(patience=60)
        done = bench.build("--json")
        assert done.code == 0, done.err
        finish_reasons = Counter(row["finish_reason"] for row in bench.sql("select finish_reason from samples"))
        assert set(finish_reasons) <= {"stop", "length"}


def test_misspelt_key_and_broken_seeds_stop_before_anything_starts(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")
    bench.recipe.write_text(bench.recipe.read_text(encoding="utf-8").replace("samples:", "sampels:"), encoding="utf-8")
    refused = bench.build()
    assert refused.code == 2
    assert "sampels" in refused.err
    assert "samples" in refused.err
    assert not bench.lake.exists()


@pytest.mark.parametrize(
    ("broken", "code", "words"),
    [
        pytest.param(("capability: code", "capability: cod"), 2, ("cod", "code"), id="capability"),
        pytest.param(("capability: code", "capability: code\n"), 2, ("line 2", "not valid JSON"), id="seed-line"),
        pytest.param(("seed_prompts:", "difficulties: [esay]\n  seed_prompts:"), 2, ("esay", "easy"), id="difficulty"),
    ],
)
def test_what_is_wrong_in_the_files_is_said_before_anything_is_opened(
    tmp_path: Path, broken: tuple[str, str], code: int, words: tuple[str, str]
) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")  # no teacher is there; nobody gets as far as asking
    seeds = tmp_path / "seeds.jsonl"
    torn = words[0] == "line 2"
    seeds.write_text(SEEDS.read_text(encoding="utf-8").splitlines()[0] + ("\n{torn" if torn else "") + "\n")
    bench.write_recipe(seeds=seeds)
    bench.recipe.write_text(bench.recipe.read_text(encoding="utf-8").replace(*broken), encoding="utf-8")

    refused = bench.build()

    assert refused.code == code, refused.err
    assert all(word in refused.err for word in words), refused.err
    assert "Traceback" not in refused.err
    assert not (bench.lake / "catalogue.sqlite").exists()


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3, 0.6, 1.2])
def test_interrupt_while_a_build_is_still_starting_ends_in_a_sentence(tmp_path: Path, seconds: float) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")
    with bench.started_build() as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        stopped = finish(process)
    if "goes on from here" not in stopped.err:  # Python itself was still starting, and none of ours had begun
        assert "in main" not in stopped.err
        assert not bench.lake.exists()
        return
    # Where the signal comes while a library runs code that it made from text, CPython ends itself by the signal in
    # the end, although the interrupt was caught.
    assert stopped.code in (1, -signal.SIGINT), stopped.err
    assert "Traceback" not in stopped.err


def test_an_interrupt_that_a_library_turns_into_its_own_error_ends_in_a_sentence(tmp_path: Path):
    """As a compiled module does that is being imported: "ImportError: initialization failed"."""
    (tmp_path / "duckdb.py").write_text(
        "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt as stop:\n    raise ImportError('no') from stop\n"
    )

    stopped = subprocess.run(
        [sys.executable, "-m", "stillroom", "snapshots"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (stopped.returncode, stopped.stderr) == (1, f"{STOPPED}\n")


def test_seed_whose_solution_fails_its_tests_is_named(tmp_path: Path, teacher: TeacherProcess) -> None:
    row = json.loads(SEEDS.read_text(encoding="utf-8").splitlines()[0])
    row["solution"] = f"def {row['entry_point']}(*arguments):\n    return None"
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text(json.dumps(row) + "\n", encoding="utf-8")
    bench = Workbench(tmp_path, teacher.url)
    bench.write_recipe(seeds=seeds)
    refused = bench.build()
    assert refused.code in (1, 2)
    assert row["entry_point"] in refused.err
    assert teacher.paid == []


def with_own_prompts(bench: Workbench, **changes: str) -> None:
    """Put four prompts of the user's into the recipe instead of seeding; ``changes`` are made to the second."""
    rows = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()[:4]]
    given = [{key: row[key] for key in ("task", "entry_point", "tests")} for row in rows]
    given[1] |= changes
    prompts = bench.folder / "prompts.jsonl"
    prompts.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    text = bench.recipe.read_text(encoding="utf-8")
    begin, end = text.index("seeding:"), text.index("teachers:")
    bench.recipe.write_text(f"{text[:begin]}prompts: {prompts}\n{text[end:]}", encoding="utf-8")


def test_own_prompts_instead_of_seeding(tmp_path: Path, teacher: TeacherProcess) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with_own_prompts(bench)
    done = bench.build("--json")
    assert done.code == 0, done.err
    assert set(done.json["kept_by_origin"]) == {"user"}
    again = bench.build("--json")
    assert again.code == 0, again.err
    assert again.json["snapshot"] == ""


def test_own_prompts_with_broken_tests_are_refused_before_anything_is_paid(
    tmp_path: Path, teacher: TeacherProcess
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with_own_prompts(bench, tests="assert f(1) ==")
    refused = bench.build()
    assert refused.code == 2, refused.err
    assert "prompts.jsonl has 1 broken line of" in refused.err
    assert "line 2: `tests` can judge no answer: invalid syntax in line 1 of them: assert f(1) ==" in refused.err
    assert "Traceback" not in refused.err
    assert teacher.paid == []
    assert bench.run("plan", str(bench.recipe)).code == 2


def test_a_shard_that_failed_is_all_that_a_second_build_repeats(tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    failing = json.loads(SEEDS.read_text(encoding="utf-8").splitlines()[1])["task"]
    flags = ("--tasks", str(SEEDS), "--wrong", "0", "--fails-on", failing, "--until", str(mended))
    with teacher_process(tmp_path / "ledger", *flags) as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(patience=40, prompts_per_shard=1)  # in which others are answered on a slow machine, too
        with_own_prompts(bench)

        failed = bench.build()

        assert failed.code == 1, failed.err
        assert "1 of 4 shards failed" in failed.err
        assert "start the build again and only these are repeated" in failed.err
        assert "Traceback" not in failed.err
        committed = shards_committed(bench)
        assert len(committed) == 3
        before = Counter(one.text_sha256 for one in teacher.paid)
        assert len(before) == 3

        mended.touch()
        done = bench.build("--json")

        assert done.code == 0, done.err
        after = Counter(one.text_sha256 for one in teacher.paid)
        assert {text: after[text] for text in before} == before, "a shard that was committed was paid for again"
        assert len(after) == 4
        assert shards_committed(bench).items() > committed.items()
        assert bench.sql("select count(distinct run_id) as n from samples") == [{"n": 1}]
        assert bench.sql("select count(*) as n from samples")[0]["n"] == len(teacher.paid)


def test_a_build_may_finish_without_its_last_shard_and_the_next_one_brings_it(tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    failing = json.loads(SEEDS.read_text(encoding="utf-8").splitlines()[1])["task"]
    flags = ("--tasks", str(SEEDS), "--wrong", "0", "--fails-on", failing, "--until", str(mended))
    with teacher_process(tmp_path / "ledger", *flags) as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(patience=25, prompts_per_shard=1)  # in which others are answered on a slow machine, too
        with_own_prompts(bench)
        with bench.recipe.open("a", encoding="utf-8") as recipe:
            recipe.write("snapshot: {allow_partial: 0.75}\n")

        first = bench.build("--json")

        assert first.code == 0, first.err
        assert (first.json["snapshot"], first.json["missing_prompts"]) == ("functions@1", 1)
        assert "1 of 4 shards failed" in first.err
        stated = json.loads((bench.lake / "snapshots" / "functions" / "1" / "manifest.json").read_text())
        assert stated["run"]["missing"] == {"shards": first.json["missing_shards"], "prompts": 1, "of_prompts": 4}

        mended.touch()
        second = bench.build("--json")

        assert second.code == 0, second.err
        assert (second.json["snapshot"], second.json["missing_shards"]) == ("functions@2", [])
        assert second.json["new_rows"] > 0
        assert bench.sql("select count(*) as n from samples") == [{"n": len(teacher.paid)}]
        assert bench.run("verify-snapshot", "functions@1").code == 0


def shards_committed(bench: Workbench) -> dict[str, str]:
    """When each shard was committed, by its key."""
    rows = bench.sql("select key, created_at from commits where key like 'shard:%'")
    return {row["key"]: row["created_at"] for row in rows}


def test_a_teacher_that_is_not_there_is_named_and_nothing_is_spent(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")

    failed = bench.build()

    assert failed.code == 1, failed.err
    assert "no SGLang server answers at http://127.0.0.1:9" in failed.err
    assert "correct the teacher's `urls:` in the recipe" in failed.err
    assert "Traceback" not in failed.err
    assert bench.sql("select (select count(*) from samples) + (select count(*) from proposals) as n") == [{"n": 0}]
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS)) as teacher:
        bench.url = teacher.url
        bench.write_recipe(new_prompts=0)
        done = bench.build("--json")
        assert done.code == 0, done.err
        assert done.json["snapshot"] == "functions@1"
    assert bench.sql("select count(distinct run_id) as n from runs") == [{"n": 1}]


def _every_example_is_strongly_tested(bench: Workbench) -> None:
    strengths = bench.sql("select prompt_id, min(strength) as strength, count(*) as n from test_strengths group by all")
    by_prompt = {row["prompt_id"]: row["strength"] for row in strengths}
    examples = bench.sql("select distinct prompt_id from examples")
    assert all(by_prompt[row["prompt_id"]] >= 0.8 for row in examples)
    assert all(row["n"] == 1 for row in strengths)


def test_samples_that_pass_weak_tests_are_dropped_and_why_names_a_mutant(bench: Workbench) -> None:
    rows = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").split("\n") if line.strip()]
    few = {"squeeze_runs": (3, 5), "swap_ends": (1, 3)}  # tests that let a third of all mutants pass
    chosen = [row for row in rows if row["entry_point"] in few]
    weak = [{**row, "tests": [row["tests"][place] for place in few[row["entry_point"]]]} for row in chosen]
    file = bench.folder / "weak.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in weak), encoding="utf-8")
    bench.write_recipe(seeds=file, seed_prompts=2, new_prompts=0)

    done = bench.build("--json")

    assert (done.code, done.json["snapshot"]) == (0, ""), done.err
    assert bench.sql("select count(*) as n from test_strengths where strength < 0.8") == [{"n": 2}]
    dropped = bench.sql("select sample_id, gate, reason from current_selections where gate <> 'verification'")
    assert dropped
    assert {(row["gate"], row["reason"]) for row in dropped} == {("test-strength", "test-strength")}
    why = bench.run("why", dropped[0]["sample_id"])
    assert "dropped at test-strength" in why.out
    assert "a mutant that passes: line" in why.out
    again = bench.build("--json")
    assert again.code == 0, again.err


def test_a_command_that_fails_does_not_wait_for_what_runs_aside_nor_is_it_cut_off_amid_it(tmp_path: Path):
    """Python's own end would stop such a thread within a compiled library, and the process by SIGABRT, at times."""
    program = tmp_path / "program.py"
    program.write_text(
        "import atexit, threading, time\n"
        "import stillroom.cli.app as app\n"
        "from stillroom.aside import ASIDE\n"
        "from stillroom.cli import main\n"
        "def fail(obj):\n"
        "    threading.Thread(target=time.sleep, args=[60], name=ASIDE, daemon=True).start()\n"
        "    atexit.register(print, 'the end of Python')\n"
        "    raise SystemExit(3)\n"
        "app.make_app = lambda: fail\n"
        "main()\n"
    )

    done = subprocess.run([sys.executable, str(program)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=False)  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def test_build_drops_what_a_benchmark_holds_and_says_what_it_was_checked_against(
    bench: Workbench, teacher: TeacherProcess
) -> None:
    exam = bench.folder / "exam"
    exam.mkdir()
    with bench.recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("curation: {contamination: {benchmarks: {exam: exam}}}\n")
    refused = bench.build()
    assert refused.code == 2
    assert "holds no file to check against" in refused.err
    assert teacher.paid == []

    planted = [json.loads(line)["task"] for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    (exam / "test.jsonl").write_text("".join(json.dumps({"question": task}) + "\n" for task in planted))
    first = bench.build("--json")

    assert first.code == 0, first.err
    assert first.json["kept_by_origin"].keys() == {"written"}, "every seed is a question of the benchmark"
    found = bench.sql("select gate, reason, count(*) as n from selections where gate = 'contamination' group by all")
    assert [row["reason"] for row in found] == ["prompt:exam"]
    why = bench.run("why", bench.sql("select sample_id from selections where gate = 'contamination'")[0]["sample_id"])
    assert "dropped at contamination: prompt:exam" in why.out
    assert "overlap:  prompt with exam:test.jsonl:" in why.out
    manifest = json.loads((Path(first.json["summary"]).parent / "manifest.json").read_text())
    assert {one["method"] for one in manifest["contamination_checked_against"]} > {"word-runs@6"}
    stated = next(one for one in manifest["contamination_checked_against"] if one["method"] == "word-runs@6")
    assert (stated["benchmark"], stated["items"], stated["overlapping_rows"]) == ("exam", len(planted), 0)
    assert stated["rows"] == manifest["rows"] > 0
    assert stated["sha256"] in Path(first.json["summary"]).read_text(encoding="utf-8")
    assert bench.run("verify-snapshot", "functions").code == 0
    assert (
        bench.run("show", "functions", "--json").json["contamination_checked_against"]
        == (manifest["contamination_checked_against"])
    )
    assert "What it was checked for contamination against" in bench.run("show", "functions").out
