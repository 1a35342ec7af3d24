"""What curations compare by is stored and computed once; tables are compared with, and that is stated."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from stillroom.curation.structures import STRUCTURES
from stillroom.embedding import Embedder, late
from stillroom.errors import RecipeError
from stillroom.lake import Lake
from stillroom.publication import freeze
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.recipe import Recipe, parse_recipe
from stillroom.runs import curating, load_run, published, refuse_unusable_tables
from stillroom.runs.compared import compared_with
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.exams import gates, seeds
from tests.fakes.prompts import prompt, recipe, seed_row

STRUCTURAL = "curation: {near_answers: null, near_prompts: null, structural_answers: true, structural_prompts: true}\n"
SEMANTIC = "curation: {near_answers: null, near_prompts: null, semantic_answers: {threshold: 0.9}}\n"
AGAINST = "curation: {against: {old: {path: old.parquet, kind: prompt, id: key, text: said}}}\n"


def asking(folder: Path, curation: str, count: int = 4) -> Recipe:
    changes = f"{curation}sampling: {{adaptive: false, samples: {count}}}\nselection: {{keep: 9}}"
    return seeds(recipe(folder, changes, seeds=2))


def old_table(folder: Path, *tasks: str) -> None:
    pl.DataFrame({"key": [*range(len(tasks))], "said": [*tasks]}).write_parquet(folder / "old.parquet")


async def test_answers_of_one_structure_are_published_once_and_their_keys_are_kept(lake: Lake, tmp_path: Path) -> None:
    """The fake teacher's right answers differ in a comment alone."""
    given = asking(tmp_path, STRUCTURAL)
    _, snapshot = await Builder(lake).build(given)
    assert snapshot is not None
    assert snapshot.rows == 2

    for side in ("answer", "prompt"):
        old, rows = compared_with(lake, given, side)
        assert len(old.structures) == len(old.signatures) == 2
        assert rows == {"dedup_signatures": []}
    answers = dict(lake.query("SELECT sample_id, answer FROM lake.examples").iter_rows())
    stored = dict(compared_with(lake, given, "answer")[0].structures.iter_rows())
    assert stored == {id_: STRUCTURES["answer"].keys(pl.Series([text]))[0] for id_, text in answers.items()}

    run, again = await Builder(lake).build(asking(tmp_path, STRUCTURAL, 8))

    assert again is None
    found = lake.rows(
        "SELECT gate, matched_id FROM lake.current_selections WHERE run_id = ? AND NOT kept", [run.run_id]
    )
    assert {row["gate"] for row in found} == {"structural-duplicate", "exact-duplicate"}  # some remarks are equal
    assert {row["matched_id"] for row in found} == answers.keys()
    methods = {row["method"] for row in lake.rows("SELECT method FROM lake.dedup_clusters WHERE kind = 'answer'")}
    assert methods == {"structural", "exact"}


async def test_texts_that_were_published_without_structures_get_them_later_in_their_old_order(
    lake: Lake, tmp_path: Path
) -> None:
    plain = asking(tmp_path, "curation: {near_answers: null, near_prompts: null}\n")
    _, snapshot = await Builder(lake).build(plain)
    assert snapshot is not None
    order = compared_with(lake, plain, "answer")[0].signatures["id"].to_list()

    old, rows = compared_with(lake, asking(tmp_path, STRUCTURAL), "answer")

    (keys,) = rows["dedup_signatures"]
    assert isinstance(keys, pl.DataFrame)
    assert len(keys) == len(old.structures) == snapshot.rows == len(order)
    assert set(keys["scheme"]) == {STRUCTURES["answer"].scheme}
    await Builder(lake).build(asking(tmp_path, STRUCTURAL, 8))
    after, none = compared_with(lake, asking(tmp_path, STRUCTURAL), "answer")
    assert none == {"dedup_signatures": []}
    assert after.signatures["id"].to_list() == order


async def test_of_what_is_published_only_that_is_held_which_texts_that_are_compared_may_duplicate(
    lake: Lake, tmp_path: Path
) -> None:
    plain = asking(tmp_path, "curation: {near_answers: null, near_prompts: null}\n")
    await Builder(lake).build(plain)
    answers = dict(lake.query("SELECT sample_id, answer FROM lake.examples ORDER BY sample_id").iter_rows())
    one = next(iter(answers))
    assert len(answers) > 1

    for curation, expected in (
        (plain, {one}),
        (asking(tmp_path, STRUCTURAL), answers.keys()),  # whose structures may be equal where no word is
    ):
        old, _ = compared_with(lake, curation, "answer", texts=[answers[one]])
        assert set(old.signatures["id"]) == expected
    assert len(compared_with(lake, plain, "prompt", texts=[])[0].signatures) == 0


async def test_a_curation_asks_for_what_its_open_answers_and_their_tasks_may_duplicate(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = asking(tmp_path, "curation: {near_answers: null, near_prompts: null}\n")
    await Builder(lake).build(given)
    published_before = {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.examples")}
    asked: dict[str, list[str]] = {}

    def watched(lake: Lake, recipe: Recipe, side: str, **how: Any) -> object:
        asked[side] = how["texts"]
        return compared_with(lake, recipe, side, **how)

    monkeypatch.setattr(curating, "compared_with", watched)
    run, _ = await Builder(lake).build(asking(tmp_path, "curation: {near_answers: null, near_prompts: null}\n", 8))

    passed = lake.rows(
        "SELECT s.sample_id, s.answer, p.task FROM lake.samples s JOIN lake.prompts p USING (prompt_id) "
        "WHERE s.run_id = ? AND s.sample_id IN (SELECT sample_id FROM lake.verdicts WHERE outcome = 'pass')",
        [run.run_id],
    )
    fresh = [row for row in passed if row["sample_id"] not in published_before]
    assert fresh
    assert sorted(asked["answer"]) == sorted(row["answer"] for row in fresh)
    assert sorted(asked["prompt"]) == sorted({row["task"] for row in fresh})


class OneDirection:
    """Embeds every text alike, and remembers them."""

    name = "one-direction@1"
    dims = 3

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return np.tile(np.array([0.6, 0.8, 0.0], np.float32), (len(texts), 1))


async def test_embeddings_are_stored_and_computed_once(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = OneDirection()

    @contextmanager
    def opened(*_: object) -> Generator[Embedder]:
        yield embedder

    monkeypatch.setattr(late, "open_embedder", opened)
    _, snapshot = await Builder(lake).build(asking(tmp_path, SEMANTIC))
    assert snapshot is not None
    assert snapshot.rows == 1
    (stored,) = lake.rows(
        "SELECT e.* FROM lake.embeddings e JOIN lake.examples x ON x.sample_id = e.owner_id WHERE e.kind = 'answer'"
    )
    assert stored["embedder"] == "one-direction@1"
    assert stored["vector"] == pytest.approx([0.6, 0.8, 0.0])
    (published_answer,) = [row["answer"] for row in lake.rows("SELECT answer FROM lake.examples")]
    embedder.texts.clear()

    run, _ = await Builder(lake).build(asking(tmp_path, SEMANTIC, 8))

    dropped = lake.rows("SELECT * FROM lake.current_selections WHERE run_id = ? AND NOT kept", [run.run_id])
    by_meaning = [row for row in dropped if row["gate"] == "semantic-duplicate"]
    assert {row["gate"] for row in dropped} <= {"semantic-duplicate", "exact-duplicate"}
    assert {row["matched_id"] for row in dropped} == {stored["owner_id"]}
    assert by_meaning[0]["evidence"].startswith(
        "cosine similarity 1.000 (embeddings of one-direction@1) with the answer"
    )
    assert embedder.texts
    assert published_answer not in embedder.texts
    assert len(set(embedder.texts)) == len(embedder.texts)
    old, fresh = published.with_embeddings(
        lake, "tiny", "answer", compared_with(lake, asking(tmp_path, "curation: {}\n"), "answer")[0], embedder
    )
    assert (sum(map(len, old.embeddings)), len(fresh)) == (1, 0)


async def test_a_prompt_that_a_table_holds_is_dropped_and_the_version_says_what_it_was_compared_with(
    lake: Lake, tmp_path: Path
) -> None:
    old_table(tmp_path, "something else", seed_row(0)["task"])
    _, snapshot = await Builder(lake).build(asking(tmp_path, AGAINST))
    assert snapshot is not None

    assert gates(lake, snapshot.curation_id)[prompt(0).prompt_id] == {("prompt-duplicate", "exact")}
    dropped = lake.rows("SELECT * FROM lake.current_selections WHERE gate = 'prompt-duplicate' LIMIT 1")[0]
    assert dropped["matched_id"] == "old:1"
    assert dropped["evidence"] == "Jaccard similarity 1.000 with row old:1"
    folder = freeze(lake, snapshot)
    (stated,) = json.loads((folder / "manifest.json").read_text())["duplicates_compared_with"]
    recorded = json.loads(lake.rows("SELECT sections FROM lake.current_runs")[0]["sections"])["curation"]
    assert stated == {
        "table": "old",
        "sha256": recorded["against.old.sha256"],
        "kind": "prompt",
        "table_rows": 2,
        "rows": snapshot.rows,
    }
    assert "## What its rows were compared with" in (folder / SUMMARY_FILE).read_text(encoding="utf-8")


async def test_a_table_that_changes_while_a_run_is_built_stops_its_curation(lake: Lake, tmp_path: Path) -> None:
    old_table(tmp_path, seed_row(0)["task"])
    builder = Builder(lake)
    run = builder.begin(asking(tmp_path, AGAINST))
    await builder.sample(run)
    old_table(tmp_path, seed_row(1)["task"])

    with pytest.raises(RecipeError, match=r"table 'old' was sha256 \w+ when tiny-r1 was begun"):
        curate_run(lake, run, [builder.verifier.verifier_id])


async def test_a_finished_run_is_decided_about_against_what_the_newest_recipe_names(lake: Lake, tmp_path: Path) -> None:
    old_table(tmp_path, "something else")
    builder = Builder(lake)
    run, snapshot = await builder.build(asking(tmp_path, AGAINST))
    assert snapshot is not None
    (tmp_path / "old.parquet").unlink()
    ids = [builder.verifier.verifier_id]
    with pytest.raises(RecipeError, match=r"table 'old' is at .*, where no file is"):
        curate_run(lake, load_run(lake, run.run_id), ids, again=True)

    builder.begin(asking(tmp_path, "curation: {}\n"), new_run=True)

    assert curate_run(lake, load_run(lake, run.run_id), ids, again=True)


def test_paths_are_taken_from_the_recipes_folder_and_bad_tables_are_refused_before_anything_is_paid(
    tmp_path: Path,
) -> None:
    with pytest.raises(RecipeError, match=rf"table 'old' is at {tmp_path}/old\.parquet"):
        refuse_unusable_tables(asking(tmp_path, AGAINST))
    pl.DataFrame({"key": [1]}).write_parquet(tmp_path / "old.parquet")
    with pytest.raises(RecipeError, match="table 'old' has no column 'said'"):
        refuse_unusable_tables(asking(tmp_path, AGAINST))


def test_a_recipe_says_what_is_wrong_with_a_table_or_a_policy(tmp_path: Path) -> None:
    text = recipe(tmp_path).model_dump_json(exclude={"curation"})
    for curation, message in (
        ({"against": {"old": {"path": "x"}}}, "curation.against.old.kind: Field required"),
        ({"representative": "newest"}, "curation.representative"),
        ({"representative": ["oldest", "oldest"]}, "a criterion stands twice"),
        ({"semantic_answers": {"threshold": 0.1}}, "semantic_answers.threshold"),
    ):
        with pytest.raises(RecipeError, match=message):
            parse_recipe(json.dumps({**json.loads(text), "curation": curation}), base=tmp_path, source="it")
