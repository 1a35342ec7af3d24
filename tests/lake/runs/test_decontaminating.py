"""What a run may publish is held against the benchmarks of its recipe, and the lake says what was found and held."""

import builtins
import json
import keyword
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from stillroom.cli.explaining import explain
from stillroom.cli.outcome import outcome_of
from stillroom.cli.showing import describe
from stillroom.errors import RecipeError, RequestError
from stillroom.lake import Lake
from stillroom.publication import Snapshot, compare, freeze, snapshots
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.recipe import Recipe
from stillroom.runs import Run, answers, refuse_unusable_benchmarks
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.exams import AGAINST, ALL, exam, gates, seeds
from tests.fakes.prompts import prompt, recipe, seed_row

FIXED = (*keyword.kwlist, *dir(builtins))
MORE = "\n\n\ndef more():\n" + "".join(f"    part_{step} = other_{step} * {step}\n" for step in range(20))


async def curated(lake: Lake, given: Recipe) -> tuple[Run, str]:
    builder = Builder(lake)
    run = builder.begin(given)
    await builder.sample(run)
    return run, curate_run(lake, run, [builder.verifier.verifier_id])


def hits(lake: Lake) -> list[dict[str, Any]]:
    return lake.rows("SELECT * FROM lake.contamination_hits ORDER BY side, prompt_id, sample_id")


def by_words(lake: Lake, snapshot: Snapshot) -> dict[str, Any]:
    """What is stated of runs of words, the first of the methods."""
    stated = describe(lake, snapshot, 0)["contamination_checked_against"]
    return next(row for row in stated if row["method"] == "word-runs@6")


async def test_samples_of_a_prompt_that_a_benchmark_holds_are_dropped_with_the_text_as_evidence(
    lake: Lake, tmp_path: Path
) -> None:
    exam(tmp_path, f"Question: {seed_row(0)['task'].upper()}")
    run, curation_id = await curated(lake, seeds(recipe(tmp_path, AGAINST, seeds=2)))

    found = gates(lake, curation_id)

    assert found[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    assert ("kept", "") in found[prompt(1).prompt_id]
    (hit,) = hits(lake)
    assert (hit["side"], hit["prompt_id"], hit["sample_id"]) == ("prompt", prompt(0).prompt_id, "")
    assert (hit["benchmark"], hit["item_id"], hit["method"]) == ("exam", "test.jsonl:q0", "word-runs@6")
    assert hit["overlap"] in seed_row(0)["task"].lower()
    assert hit["score"] >= 13
    assert (hit["curation_id"], hit["run_id"]) == (curation_id, run.run_id)
    dropped = lake.rows("SELECT * FROM lake.selections WHERE gate = 'contamination' LIMIT 1")[0]
    assert dropped["matched_id"] == "exam:test.jsonl:q0"
    assert f"its prompt shares {hit['score']:.0f} words in a row with item test.jsonl:q0" in dropped["evidence"]
    about = explain(lake, dropped["sample_id"])
    assert about["gate"] == "contamination"
    assert [one["overlap"] for one in about["overlaps"]] == [hit["overlap"]]


async def test_an_answer_that_a_benchmark_holds_is_dropped_and_its_prompt_is_not(lake: Lake, tmp_path: Path) -> None:
    exam(tmp_path, seed_row(0)["solution"])
    _, curation_id = await curated(lake, seeds(recipe(tmp_path, AGAINST, seeds=2)))

    assert gates(lake, curation_id)[prompt(0).prompt_id] == {("contamination", "answer:exam")}
    found = hits(lake)
    assert {(hit["side"], hit["prompt_id"]) for hit in found} == {("answer", prompt(0).prompt_id)}
    assert len({hit["sample_id"] for hit in found}) == len(found) == 4
    assert {hit["shard"] for hit in found} == {0}


def renamed(code: str) -> str:
    """Code with other names."""
    return re.sub(r"\b[a-z]\w*", lambda name: name[0] if name[0] in FIXED else f"other_{name[0]}", code)


async def test_code_that_programs_have_alike_but_for_names_is_kept_and_told(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.curation.renamed_code.RUN_TOKENS", 20)  # the fakes' programs are short
    exam(tmp_path, f"{renamed(seed_row(0)['solution'])}{MORE}")

    _, snapshot = await Builder(lake).build(seeds(recipe(tmp_path, AGAINST, seeds=2)))

    assert snapshot is not None
    assert snapshot.rows == 4
    assert ("kept", "") in gates(lake, snapshot.curation_id)[prompt(0).prompt_id]
    found = hits(lake)
    assert {(hit["side"], hit["method"], hit["prompt_id"]) for hit in found} == {
        ("answer", "code-fragments@1", prompt(0).prompt_id)
    }
    assert by_words(lake, snapshot)["overlapping_rows"] == 0
    overlaps = explain(lake, found[0]["sample_id"])["overlaps"]
    assert [(one["method"], one["overlap"]) for one in overlaps] == [("code-fragments@1", found[0]["overlap"])]


@pytest.mark.parametrize("is_renamed", [True, False])
async def test_code_of_an_item_in_a_prompt_that_is_a_program_is_found_in_the_prompt_alone(
    lake: Lake, tmp_path: Path, *, is_renamed: bool
) -> None:
    helper = (
        "def is_prime(n):\n    for i in range(2, int(n**0.5) + 1):\n        if n % i == 0:\n"
        "            return False\n    return True\n"
    )
    row = seed_row(0)
    row["task"] = f'{helper}\n\ndef {row["entry_point"]}(n):\n    """{row["task"]}"""\n'
    (tmp_path / "seeds.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(seed_row(1))}\n", encoding="utf-8")
    exam(tmp_path, f"{renamed(helper) if is_renamed else helper}{MORE}")

    _, curation_id = await curated(lake, seeds(recipe(tmp_path, AGAINST, seeds=2)))

    found = hits(lake)
    (asked,) = {hit["prompt_id"] for hit in found}
    assert {hit["side"] for hit in found} == {"prompt"}
    if is_renamed:
        assert {hit["method"] for hit in found} == {"code-fragments@1"}
        assert ("kept", "") in gates(lake, curation_id)[asked]
    else:
        assert "word-runs@6" in {hit["method"] for hit in found}
        assert gates(lake, curation_id)[asked] == {("contamination", "prompt:exam")}


@pytest.mark.parametrize("at_a_time", [2_048, 1])
async def test_an_item_of_which_the_prompt_has_one_half_and_the_answer_the_other_is_found(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(answers, "_AT_A_TIME", at_a_time)
    given = seeds(recipe(tmp_path, AGAINST, seeds=2))
    exam(tmp_path)
    builder = Builder(lake)
    await builder.sample(run := builder.begin(given))
    asked = {"prompt": prompt(0).prompt_id}
    sample = lake.rows("SELECT sample_id, answer FROM lake.samples WHERE prompt_id = $prompt LIMIT 1", asked)[0]
    half, other = (re.findall(r"[^\W_]+", text) for text in (seed_row(0)["task"], sample["answer"]))
    item = {"id": "q", "question": " ".join(half[-7:]), "answer": " ".join(other[:7])}
    (tmp_path / "exam" / "test.jsonl").write_text(json.dumps(item))

    curation_id = curate_run(lake, builder.begin(given), [builder.verifier.verifier_id])

    dropped = lake.rows("SELECT * FROM lake.selections WHERE gate = 'contamination'")
    assert [(row["sample_id"], row["reason"]) for row in dropped] == [(sample["sample_id"], "prompt+answer:exam")]
    (hit,) = hits(lake)
    assert (hit["side"], hit["sample_id"], hit["score"]) == ("prompt+answer", sample["sample_id"], 14)
    assert (hit["curation_id"], hit["run_id"], hit["method"]) == (curation_id, run.run_id, "word-runs@6")
    assert [one["side"] for one in explain(lake, sample["sample_id"])["overlaps"]] == ["prompt+answer"]


async def test_a_short_question_is_found_but_for_one_word(lake: Lake, tmp_path: Path) -> None:
    words = re.findall(r"[^\W_]+", seed_row(0)["task"])[6:16]
    exam(tmp_path, " ".join([*words[:4], "changed", *words[5:]]))

    _, curation_id = await curated(lake, seeds(recipe(tmp_path, AGAINST, seeds=2)))

    assert gates(lake, curation_id)[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    (hit,) = hits(lake)
    assert (hit["method"], hit["score"]) == ("short-items@6", 10)
    dropped = lake.rows("SELECT evidence FROM lake.selections WHERE gate = 'contamination'")
    assert dropped[0]["evidence"].startswith("its prompt has all words but one of item test.jsonl:q0: ")


async def test_a_version_states_what_it_was_checked_against_where_nothing_was_found(lake: Lake, tmp_path: Path) -> None:
    exam(tmp_path)
    given = seeds(recipe(tmp_path, AGAINST, seeds=2))
    _, snapshot = await Builder(lake).build(given)
    assert snapshot is not None

    folder = freeze(lake, snapshot)

    stated = json.loads((folder / "manifest.json").read_text())["contamination_checked_against"]
    assert [(row["method"], row["items_checked"], row["items_too_short"]) for row in stated] == [
        ("renamed-code@5", 0, 0),
        ("short-items@6", 1, 1),
        ("word-runs@6", 1, 1),
    ]
    recorded = json.loads(lake.rows("SELECT sections FROM lake.current_runs")[0]["sections"])["curation"]
    for row in stated:
        assert (row["benchmark"], row["sha256"], row["items"]) == ("exam", recorded["contamination.exam"], 2)
        assert (row["rows"], row["overlapping_rows"]) == (snapshot.rows, 0)
    summary = (folder / SUMMARY_FILE).read_text(encoding="utf-8")
    assert f"| exam | {stated[0]['sha256']} | word-runs@6 | 2 | 1 | 1 | {snapshot.rows} | 0 |" in summary
    assert "where it is Python; of other languages the words are looked for" in summary
    assert "against nothing" not in summary
    assert "were not checked against" not in summary
    assert describe(lake, snapshot, 0)["contamination_checked_against"] == stated
    assert all(one.is_same for one in compare(lake, snapshot))


@pytest.mark.parametrize(
    ("text", "is_off", "said"),
    [
        pytest.param(ALL, False, "no benchmark in `$STILLROOM_HOME/benchmarks`", id="nothing-installed"),
        pytest.param(f"{ALL}curation: {{contamination: null}}\n", True, "turns the check off", id="turned-off"),
    ],
)
async def test_a_version_that_was_checked_against_nothing_says_so_and_why(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_off: bool, said: str
) -> None:
    if is_off:
        installed(tmp_path, monkeypatch, seed_row(0)["task"])
    run, snapshot = await Builder(lake).build(seeds(recipe(tmp_path, text, seeds=2)))
    assert snapshot is not None

    folder = freeze(lake, snapshot)

    stated = json.loads((folder / "manifest.json").read_text())
    assert (stated["contamination_checked_against"], stated["contamination_check_is_off"]) == ([], is_off)
    summary = (folder / SUMMARY_FILE).read_text(encoding="utf-8")
    assert "It was checked for contamination against nothing: " in summary
    assert said in summary
    assert describe(lake, snapshot, 0)["contamination_check_is_off"] is is_off
    told = outcome_of(lake, run, snapshot.label, seconds=1.0, first_sample_seconds=None)
    assert told["benchmarks"] == {}
    assert said in str(told["unchecked"])


async def test_what_is_installed_is_looked_for_though_no_recipe_names_it(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, seed_row(0)["task"])
    run, curation_id = await curated(lake, seeds(recipe(tmp_path, ALL, seeds=2)))

    assert gates(lake, curation_id)[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    told = outcome_of(lake, run, "", seconds=1.0, first_sample_seconds=None)
    assert (list(told["benchmarks"]), told["unchecked"]) == (["exam"], "")


async def test_a_benchmark_that_is_installed_later_decides_again_for_nothing(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "one question that nothing which is built here has got in it")
    builder, given = Builder(lake), seeds(recipe(tmp_path, ALL, seeds=2))
    first, snapshot = await builder.build(given)
    assert snapshot is not None
    paid = builder.client.paid
    exam(tmp_path / "installed", seed_row(0)["task"])

    run, second = await builder.build(given)

    assert second is None, "what is published stays"
    assert builder.client.paid == paid
    assert run.run_id == first.run_id
    assert run.is_rederived
    overlapping = lake.rows("SELECT count(*) AS n FROM lake.contamination_hits WHERE benchmark = 'exam'")[0]["n"]
    assert overlapping > 0


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """A benchmark of these texts in the folder where every recipe looks."""
    (folder / "installed").mkdir()
    exam(folder / "installed", *texts)
    monkeypatch.setenv("STILLROOM_BENCHMARKS", str(folder / "installed"))


async def test_what_is_published_stays_and_is_stated_as_overlapping(lake: Lake, tmp_path: Path) -> None:
    _, first = await Builder(lake).build(seeds(recipe(tmp_path, ALL, seeds=3)))
    assert first is not None
    freeze(lake, first)
    there = lake.rows("SELECT DISTINCT prompt_id FROM lake.examples")
    old = next(number for number in range(3) if prompt(number).prompt_id == there[0]["prompt_id"])
    exam(tmp_path, seed_row(old)["task"])

    more = seeds(recipe(tmp_path, AGAINST.replace("keep: 2", "keep: 3")))
    run, second = await Builder(lake).build(more)

    assert run.is_rederived
    assert second is not None
    assert second.new_rows > 0
    stated = by_words(lake, second)
    assert (stated["rows"], stated["overlapping_rows"]) == (second.rows, 2)
    summary = (freeze(lake, second) / SUMMARY_FILE).read_text(encoding="utf-8")
    assert f"| word-runs@6 | 3 | 2 | 1 | {second.rows} | 2 |" in summary
    of_prompt = gates(lake, second.curation_id)[prompt(old).prompt_id]
    assert of_prompt == {("published", ""), ("contamination", "prompt:exam")}
    assert all(one.is_same for one in compare(lake, first)), "what the first version states is as it was then"


async def test_rows_of_runs_that_were_not_checked_are_not_counted(lake: Lake, tmp_path: Path) -> None:
    _, first = await Builder(lake).build(seeds(recipe(tmp_path, ALL, seeds=4)))
    exam(tmp_path)
    given = recipe(tmp_path, AGAINST.replace("samples: 4", "samples: 4, epoch: 1"))
    _, second = await Builder(lake).build(seeds(given, 4))
    assert first is not None
    assert second is not None
    stated = by_words(lake, second)
    summary = (freeze(lake, second) / SUMMARY_FILE).read_text(encoding="utf-8")
    sha256, by = stated["sha256"][:12], "`renamed-code@5`, `short-items@6`, `word-runs@6`"
    assert f"- {first.rows} of its rows were not checked against `exam` (sha256 `{sha256}`) by {by}." in summary
    assert stated["rows"] == second.rows - first.rows == second.new_rows > 0


async def test_another_content_of_a_benchmark_is_another_curation_and_is_stated_apart(
    lake: Lake, tmp_path: Path
) -> None:
    exam(tmp_path)
    given = seeds(recipe(tmp_path, AGAINST, seeds=2))
    run, before = await curated(lake, given)
    assert curate_run(lake, run, [Builder(lake).verifier.verifier_id]) == before

    exam(tmp_path, seed_row(0)["task"])
    _, after = await curated(lake, given)

    assert after != before
    assert gates(lake, after)[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    slices = lake.rows(
        "SELECT snapshot, slice FROM lake.metrics WHERE metric = 'benchmark_items' AND method = 'word-runs@6'"
    )
    assert {row["snapshot"] for row in slices} == {before, after}
    assert len({row["slice"] for row in slices}) == 2


async def test_a_benchmark_that_changes_while_its_run_is_built_stops_the_curation(lake: Lake, tmp_path: Path) -> None:
    file = exam(tmp_path)
    builder = Builder(lake)
    run = builder.begin(seeds(recipe(tmp_path, AGAINST, seeds=2)))
    await builder.sample(run)

    file.write_text('{"question": "another"}')

    with pytest.raises(
        RecipeError, match=r"benchmark 'exam' was sha256 \w+ when tiny-r1 was begun, and is sha256 \w+ "
    ):
        curate_run(lake, run, [builder.verifier.verifier_id])
    assert snapshots(lake) == []
    assert hits(lake) == []


def test_a_benchmark_that_cannot_be_read_is_refused_before_anything_is_begun(tmp_path: Path) -> None:
    exam(tmp_path).write_text('{"broken": ')
    with pytest.raises(RequestError, match=r"test\.jsonl cannot be read"):
        refuse_unusable_benchmarks(recipe(tmp_path, AGAINST))


async def test_lineage_names_the_benchmarks_of_the_curation_that_kept_it(lake: Lake, tmp_path: Path) -> None:
    from stillroom.cli.ancestry import follow
    from stillroom.cli.tracing import draw

    exam(tmp_path)
    _, snapshot = await Builder(lake).build(seeds(recipe(tmp_path, AGAINST, seeds=2)))
    assert snapshot is not None
    example = lake.rows("SELECT example_id FROM lake.examples LIMIT 1")[0]["example_id"]
    stated = by_words(lake, snapshot)

    found = follow(lake, example)

    assert asdict(found)["checked_against"] == [{"benchmark": "exam", "sha256": stated["sha256"]}]
    selected = [str(node.label) for node in draw(found).children if str(node.label).startswith("selection")]
    assert selected
    lines = [str(leaf.label) for node in draw(found).children for leaf in node.children]
    assert f"checked for contamination against exam@{stated['sha256'][:12]}" in lines
