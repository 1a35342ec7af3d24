"""Rows of a Parquet table count like what is published: never dropped, and named by table and row in the evidence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from stillroom.curation import given_tables, signed_batches
from stillroom.curation.comparison import Published, dedup_settings, further_kinds
from stillroom.curation.duplicates import find_duplicates
from stillroom.curation.given_tables import refuse_unusable_tables, with_tables
from stillroom.curation.near import OldDocuments
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import sign
from stillroom.errors import RecipeError
from stillroom.recipe import Against, Curation, Table, find_tables
from tests.lake.curation.test_duplicates import as_old, corpora, representatives_of
from tests.lake.curation.test_selection import candidate, gates, published, select, text

NOTHING = Published(texts=lambda ids: [])


def table(place: Path, frame: pl.DataFrame, *, kind: str = "answer", name: str = "old", **columns: str) -> Table:
    frame.write_parquet(place)
    given_ = Against.model_validate({"path": place, "kind": kind, **columns})
    return find_tables({name: given_})[0]


def rows(*texts: str, **columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{row}" for row in range(len(texts))], "text": texts, **columns})


def against(one: Table, curation: dict[str, Any], old: Published = NOTHING) -> Published:
    asked = Curation.model_validate(curation)
    near = asked.near_answers if one.kind == "answer" else asked.near_prompts
    return with_tables(old, [one], dedup_settings(near), further_kinds(asked, one.kind, old, None))


def test_an_answer_that_a_table_holds_is_dropped_for_that_row(tmp_path: Path):
    known = table(tmp_path / "old.parquet", rows(text("a"), text("known", 60)))
    answers = against(known, {"near_answers": {"threshold": 0.7}})
    candidates = [
        candidate("s0", answer=text("known", 60)),
        candidate("s1", answer=f"{text('known', 60)} more"),
        candidate("s2", answer=text("new")),
    ]

    decisions = select(candidates, answers=answers).decisions

    assert [one.gate.value for one in decisions] == ["exact-duplicate", "near-duplicate", "kept"]
    assert [one.matched_id for one in decisions] == ["old:r1", "old:r1", ""]
    assert decisions[0].evidence == "Jaccard similarity 1.000 with row old:r1"


def test_a_prompt_and_a_structure_that_a_table_holds(tmp_path: Path):
    tasks = table(tmp_path / "tasks.parquet", rows("Add 3 and 4."), kind="prompt")
    structural = {"near_prompts": None, "structural_prompts": True, "near_answers": {"threshold": 0.7}}
    candidates = [candidate("s0", "p", task="Add 12 and 5."), candidate("s1", "q", task="Add 12 to 5.")]

    curated = select(candidates, prompts=against(tasks, structural), **structural)

    assert gates(curated) == {"s0": "prompt-duplicate", "s1": "kept"}
    assert curated.decisions[0].evidence == "equal but for its numbers to row old:r0"


def test_what_is_published_stays_though_a_table_holds_it_and_wins_over_the_table(tmp_path: Path):
    near = {"near_answers": {"threshold": 0.7}}
    known = table(tmp_path / "old.parquet", rows(text("known")))
    answers = against(known, near, published(old=text("known")))
    candidates = [
        candidate("old", answer=text("known"), is_published=True),
        candidate("s1", answer=text("known")),
    ]

    decisions = select(candidates, answers=answers).decisions

    assert [one.gate.value for one in decisions] == ["published", "exact-duplicate"]
    assert decisions[1].matched_id == "old"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corpora(), corpora())
def test_a_table_drops_what_the_same_texts_would_drop_if_they_were_published(
    tmp_path: Path, new: pl.DataFrame, known: pl.DataFrame
):
    how = dedup_settings(Curation().near_prompts)
    known = known.sort("rank", "id").with_columns(pl.concat_str(pl.lit("old:"), pl.col("id")).alias("prefixed"))
    as_published = known.select(pl.col("prefixed").alias("id"), "text", pl.int_range(pl.len()).alias("rank"))
    everything = find_duplicates(as_published, None, DedupSettings(near=False, threshold=how.threshold))
    expected = find_duplicates(new, as_old(as_published, everything.signatures), how)
    one = table(tmp_path / "known.parquet", known.select("id", "text"), kind="prompt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(given_tables, "_BATCH_ROWS", 3)
        old = against(one, {})
        found = find_duplicates(new, OldDocuments(signatures=old.signatures, texts=old.texts), how)
    assert found.drops.equals(expected.drops)
    assert set(representatives_of(found).values()) == set(representatives_of(expected).values())


def test_files_of_a_pattern_are_one_table_and_their_content_its_identity(tmp_path: Path):
    for name, frame in (("a", rows("one", "two")), ("b", rows("three").with_columns(id=pl.lit(7)))):
        frame.write_parquet(tmp_path / f"{name}.parquet")
    asked = {"old": Against(path=tmp_path / "*.parquet", kind="answer")}
    (found,) = find_tables(asked)
    assert [file.name for file in found.files] == ["a.parquet", "b.parquet"]
    assert refuse_unusable_tables([found]) == {"old": 3}
    assert against(found, {}).signatures["id"].to_list() == ["old:r0", "old:r1", "old:7"]
    rows("four").with_columns(id=pl.lit(7)).write_parquet(tmp_path / "b.parquet")
    assert find_tables(asked)[0].sha256 != found.sha256


@pytest.mark.parametrize(
    ("frame", "columns", "message"),
    [
        pytest.param(rows("a"), {"text": "answer"}, "table 'old' has no column 'answer'.*but id, text", id="column"),
        pytest.param(rows("a"), {"id": "key"}, "table 'old' has no column 'key'", id="id-column"),
        pytest.param(rows("a", n=[1]), {"text": "n"}, "column 'n' of table 'old' is Int64.*Expected text", id="type"),
        pytest.param(rows("a", n=[0.5]), {"id": "n"}, "column 'n' of table 'old' is Float64", id="id-type"),
        pytest.param(rows("a", "b", t=["x", None]), {"text": "t"}, "'t' of table 'old' is null in 1 of 2", id="null"),
        pytest.param(rows("a", "b", k=["x", None]), {"id": "k"}, "'k' of table 'old' is null in 1 of 2", id="null-id"),
        pytest.param(rows("a", "b", k=["x", "x"]), {"id": "k"}, "'k' is 'x' in two rows of table 'old'", id="twice"),
    ],
)
def test_a_table_that_is_not_what_the_recipe_says_is_refused_by_name(
    tmp_path: Path, frame: pl.DataFrame, columns: dict[str, str], message: str
):
    with pytest.raises(RecipeError, match=message):
        refuse_unusable_tables([table(tmp_path / "old.parquet", frame, **columns)])


def test_a_file_that_is_missing_or_no_parquet_is_refused_by_name(tmp_path: Path):
    (tmp_path / "old.parquet").write_text("no table", encoding="utf-8")
    (found,) = find_tables({"old": Against(path=tmp_path / "old.parquet", kind="answer")})
    with pytest.raises(RecipeError, match="table 'old' cannot be read"):
        refuse_unusable_tables([found])
    with pytest.raises(RecipeError, match=r"table 'old' is at .*gone\.parquet, where no file is"):
        find_tables({"old": Against(path=tmp_path / "gone.parquet", kind="answer")})


def test_a_table_is_signed_once_whatever_it_is_called_and_again_when_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    signed: list[int] = []

    def counting(batch: pl.DataFrame, how: DedupSettings) -> tuple[pl.Series, pl.DataFrame]:
        signed.append(len(batch))
        return sign(batch, how)

    monkeypatch.setattr(signed_batches, "sign", counting)
    how, cache = dedup_settings(None), tmp_path / "kept"
    place, frame = tmp_path / "old.parquet", rows(text("a"), text("b"), text("a"))

    first = with_tables(NOTHING, [table(place, frame)], how, cache=cache)
    renamed = with_tables(NOTHING, [table(place, frame, name="other")], how, cache=cache)

    assert signed == [3]
    assert first.signatures["id"].to_list() == ["old:r0", "old:r1"]
    assert renamed.signatures["id"].to_list() == ["other:r0", "other:r1"]
    assert renamed.signatures.drop("id").equals(first.signatures.drop("id"))

    with_tables(NOTHING, [table(place, rows(text("c")))], how, cache=cache)
    with_tables(NOTHING, [table(place, frame)], dedup_settings(Curation().near_answers), cache=cache)
    assert signed == [3, 1, 3]

    for kept in cache.iterdir():
        kept.write_bytes(b"torn")
    again = with_tables(NOTHING, [table(place, frame)], how, cache=cache)
    assert again.signatures.equals(first.signatures)


def test_two_tables_follow_one_another_and_are_read_once_for_all_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    batches = given_tables._batches  # pyright: ignore[reportPrivateUsage]

    def counting(one: Table) -> Iterator[pl.DataFrame]:
        read.append(one.name)
        return batches(one)

    one, other = (
        table(tmp_path / f"{name}.parquet", rows(text(name), text(f"{name} too")), name=name) for name in ("a", "b")
    )
    old = with_tables(NOTHING, [one, other], dedup_settings(None))
    assert old.signatures.select("id", "arrival").rows() == [("a:r0", 0), ("a:r1", 1), ("b:r0", 2), ("b:r1", 3)]

    monkeypatch.setattr(given_tables, "_batches", counting)
    found = pl.concat(old.texts(["b:r1", "a:r0", "a:r1"]))

    assert read == ["a", "b"]
    assert dict(found.iter_rows()) == {"a:r0": text("a"), "a:r1": text("a too"), "b:r1": text("b too")}
