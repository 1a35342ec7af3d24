"""Prompts and answers that a filter of the recipe drops: with reason, side and place, and without what was found."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.cli.explaining import explain
from stillroom.lake import Lake
from stillroom.publication import compare, freeze
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.recipe import Recipe
from stillroom.runs import Run
from stillroom.runs.curating import curate_run
from tests.fakes.answers import ALL_RIGHT, Script
from tests.fakes.builds import Builder
from tests.fakes.clients import MemoryClient
from tests.fakes.exams import ALL, exam, gates, seeds
from tests.fakes.prompts import known, prompt, recipe, seed_row

FILTERS = "curation: {filters: {secrets: {}, personal_data: {}, languages: {allowed: [en]}, length: {}}}\n"
TOKEN = "gh" + "p_" + "9aZ4kQ7rT2mW8xC1vB6nL3sD5fG0hJyUeIoP"
MAIL = "erika.mustermann@posteo.de"


def with_task(folder: Path, number: int, task: str, **changes: Any) -> None:
    """A seed file of six in which one has another task."""
    rows = [seed_row(row) for row in range(6)]
    rows[number] |= {"task": task, **changes}
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


async def built(lake: Lake, given: Recipe, builder: Builder | None = None) -> tuple[Run, str]:
    builder = builder or Builder(lake)
    run = builder.begin(given)
    await builder.sample(run)
    return run, curate_run(lake, run, [builder.verifier.verifier_id])


def answering(lake: Lake, number: int, addition: str) -> Builder:
    """Answers to one seed end with a remark."""
    changed = prompt(number, reference=f"{prompt(number).reference}\n{addition}")
    others = [prompt(row) for row in range(12) if row != number]
    return Builder(lake, client=MemoryClient(script=Script(known(changed, *others), mix=ALL_RIGHT)))


def stored_texts(lake: Lake, table: str) -> str:
    return json.dumps(lake.rows(f"SELECT * FROM lake.{table}"), default=str)


async def test_samples_of_a_prompt_that_holds_a_secret_are_dropped_and_the_secret_is_not_told(
    lake: Lake, tmp_path: Path
) -> None:
    with_task(tmp_path, 0, f"{seed_row(0)['task']}\nThe token is {TOKEN}.")
    given = seeds(recipe(tmp_path, ALL + FILTERS), 6)
    _, curation_id = await built(lake, given)

    dropped = lake.rows("SELECT * FROM lake.selections WHERE gate = 'filter'")

    assert {row["reason"] for row in dropped} == {"secret:github-pat"}
    assert len(dropped) == 4
    (evidence,) = {row["evidence"] for row in dropped}
    assert evidence.startswith("its prompt holds a secret by its form (betterleaks.github-pat, ")
    assert evidence.endswith(f"{len(TOKEN)} bytes in line 2")
    about = explain(lake, dropped[0]["sample_id"])
    assert (about["gate"], about["reason"], about["evidence"]) == ("filter", "secret:github-pat", evidence)
    assert TOKEN[4:12] not in stored_texts(lake, "selections") + stored_texts(lake, "metrics")
    assert sum(len(found) for found in gates(lake, curation_id).values()) > 6


async def test_an_answer_that_holds_personal_data_is_dropped_and_its_prompt_is_not(lake: Lake, tmp_path: Path) -> None:
    given = seeds(recipe(tmp_path, ALL + FILTERS, seeds=2))
    builder = answering(lake, 0, f"# written by {MAIL}")
    _, curation_id = await built(lake, given, builder)

    found = gates(lake, curation_id)

    assert found[prompt(0).prompt_id] == {("filter", "personal:email")}
    rows = lake.rows("SELECT evidence FROM lake.selections WHERE gate = 'filter'")
    assert all(row["evidence"].startswith("its answer holds an address of electronic mail: 26 char") for row in rows)
    assert MAIL not in stored_texts(lake, "selections")


async def test_what_is_dropped_stands_for_nothing_and_comes_before_benchmarks(lake: Lake, tmp_path: Path) -> None:
    task = seed_row(0)["task"]
    with_task(tmp_path, 1, f"{task} Ask {MAIL}.", **{
        field: seed_row(0)[field] for field in ("entry_point", "solution", "tests")
    })  # fmt: skip
    exam(tmp_path, f"{task} Ask {MAIL}.")
    curation = (
        "curation: {near_prompts: {threshold: 0.5}, filters: {personal_data: {}}, "
        "contamination: {benchmarks: {exam: exam}}}\n"
    )
    _, curation_id = await built(lake, seeds(recipe(tmp_path, ALL + curation), 6))

    found = gates(lake, curation_id)

    filtered = [reasons for reasons in found.values() if ("filter", "personal:email") in reasons]
    assert filtered == [{("filter", "personal:email")}]
    assert found[prompt(0).prompt_id] == {("contamination", "prompt:exam")}


async def test_texts_of_another_language_and_of_unusual_length_are_dropped(lake: Lake, tmp_path: Path) -> None:
    french = (
        "Écrivez une fonction qui prend une liste de nombres entiers et qui renvoie la somme de tous les "
        "nombres pairs. "
        "La fonction doit renvoyer zéro si la liste est vide, et elle ne change jamais la liste qui lui est donnée."
    )
    with_task(tmp_path, 0, french)
    bounded = FILTERS.replace("length: {}", "length: {most_answer: 5000, outliers: null}")
    script = Script(known(prompt(0, task=french), *(prompt(row) for row in range(1, 6))), mix=ALL_RIGHT)
    _, curation_id = await built(
        lake, seeds(recipe(tmp_path, ALL + bounded), 6), Builder(lake, client=MemoryClient(script=script))
    )
    reasons = {reason for found in gates(lake, curation_id).values() for reason in found}
    assert ("filter", "language:fr") in reasons
    assert not any(reason.startswith("length") for _, reason in reasons)


async def test_outliers_are_told_from_the_lengths_of_the_run(lake: Lake, tmp_path: Path) -> None:
    given = seeds(recipe(tmp_path, ALL + "curation: {filters: {length: {}}}\n", seeds=12), 12)
    _, curation_id = await built(lake, given, answering(lake, 3, "# " + "and so on " * 200))

    found = gates(lake, curation_id)

    assert found[prompt(3).prompt_id] == {("filter", "length:outlier-long")}
    assert not any("filter" in gate for id_, gone in found.items() for gate, _ in gone if id_ != prompt(3).prompt_id)


async def test_a_version_counts_what_was_filtered_and_its_run_names_the_library(lake: Lake, tmp_path: Path) -> None:
    with_task(tmp_path, 0, f"{seed_row(0)['task']}\nThe token is {TOKEN}.")
    _, snapshot = await Builder(lake).build(seeds(recipe(tmp_path, ALL + FILTERS), 6))
    assert snapshot is not None

    folder = freeze(lake, snapshot)

    manifest = json.loads((folder / "manifest.json").read_text())
    assert {"gate": "filter", "reason": "secret:github-pat", "samples": 4} in manifest["run"]["selections"]
    summary = (folder / SUMMARY_FILE).read_text(encoding="utf-8")
    assert "| filter | secret:github-pat | 4 |" in summary
    recorded = json.loads(lake.rows("SELECT sections FROM lake.current_runs")[0]["sections"])["curation"]
    assert recorded["filters.secrets.method"].startswith("secrets@2 kingfisher-secret-scanner==")
    assert TOKEN not in summary + json.dumps(manifest)
    assert all(one.is_same for one in compare(lake, snapshot))


async def test_what_is_published_stays_and_what_comes_later_is_filtered(lake: Lake, tmp_path: Path) -> None:
    with_task(tmp_path, 0, f"{seed_row(0)['task']} Ask {MAIL}.")
    _, first = await Builder(lake).build(seeds(recipe(tmp_path, ALL), 6))
    assert first is not None
    ids = {row["prompt_id"] for row in lake.rows("SELECT * FROM lake.prompts WHERE contains(task, ?)", [MAIL])}

    run, second = await Builder(lake).build(seeds(recipe(tmp_path, ALL.replace("keep: 2", "keep: 3") + FILTERS), 6))

    assert run.is_rederived
    assert second is not None
    (prompt_id,) = ids
    assert gates(lake, second.curation_id)[prompt_id] == {("published", ""), ("filter", "personal:email")}
    again = curate_run(lake, run, [Builder(lake).verifier.verifier_id], again=True)
    assert gates(lake, again)[prompt_id] == {("published", ""), ("filter", "personal:email")}


async def test_another_setting_or_another_library_is_another_curation(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = seeds(recipe(tmp_path, ALL + "curation: {filters: {secrets: {}}}\n"), 2)
    run, before = await built(lake, given)
    verifiers = [Builder(lake).verifier.verifier_id]
    assert curate_run(lake, run, verifiers) == before

    monkeypatch.setattr("stillroom.recipe.filters.version", lambda library: f"9.9 of {library}")

    assert curate_run(lake, run, verifiers) != before
    changed, _ = await built(lake, given)
    assert changed.stages != run.stages
    assert changed.run_id == run.run_id
