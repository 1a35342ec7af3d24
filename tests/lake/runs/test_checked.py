"""A version states of each row what the decision by which it is there was checked against, and lineage the same."""

from pathlib import Path

from typer.testing import CliRunner

from stillroom.cli.ancestry import follow
from stillroom.cli.app import make_app
from stillroom.cli.showing import describe
from stillroom.lake import Lake
from stillroom.publication import Snapshot, freeze
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.publication.stating import manifest
from stillroom.runs import never_looked_for
from tests.fakes.builds import Builder
from tests.fakes.exams import AGAINST, ALL, exam, seeds
from tests.fakes.prompts import recipe, seed_row

METHODS = "`renamed-code@5`, `short-items@6`, `word-runs@6`"


async def built(lake: Lake, folder: Path, yaml: str, wanted: int = 2) -> Snapshot:
    _, snapshot = await Builder(lake).build(seeds(recipe(folder, yaml, seeds=4), wanted))
    assert snapshot is not None
    return snapshot


def stated(lake: Lake, snapshot: Snapshot) -> list[tuple[str, int, int]]:
    """Of runs of words: sha256, rows and overlapping rows."""
    rows = manifest(lake, snapshot)["contamination_checked_against"]
    assert describe(lake, snapshot, 0)["contamination_checked_against"] == rows
    return [
        (row["sha256"], row["rows"], row["overlapping_rows"]) for row in rows if row["method"].startswith("word-runs")
    ]


def traced(lake: Lake, snapshot: Snapshot) -> dict[str, int]:
    """By sha256, or "", how many rows of the version lineage says were checked against it."""
    ids = lake.rows("SELECT example_id FROM lake.snapshot_members WHERE version = ?", [snapshot.version])
    found: dict[str, int] = {}
    for row in ids:
        shas = [one["sha256"] for one in follow(lake, row["example_id"]).checked_against] or [""]
        for sha256 in shas:
            found[sha256] = found.get(sha256, 0) + 1
    return found


async def test_a_content_that_a_row_was_dropped_for_and_that_is_gone_is_not_stated_of_it(
    lake: Lake, tmp_path: Path
) -> None:
    exam(tmp_path, seed_row(0)["task"])
    first = await built(lake, tmp_path, AGAINST)
    ((before, _, _),) = stated(lake, first)
    exam(tmp_path)

    second = await built(lake, tmp_path, AGAINST)

    ((now, rows, overlapping),) = stated(lake, second)
    assert now != before
    assert (rows, overlapping) == (second.rows, 0)
    assert second.new_rows == 2
    assert traced(lake, second) == {now: second.rows}
    assert stated(lake, first) == [(before, first.rows, 0)], "what the first version states stays"


async def test_rows_of_a_recipe_that_names_no_benchmark_any_more_are_checked_against_nothing(
    lake: Lake, tmp_path: Path
) -> None:
    exam(tmp_path, seed_row(0)["task"])
    await built(lake, tmp_path, AGAINST)

    second = await built(lake, tmp_path, ALL)

    assert stated(lake, second) == []
    assert traced(lake, second) == {"": second.rows}


async def test_what_was_published_unchecked_is_traced_to_the_check_that_came_later(lake: Lake, tmp_path: Path) -> None:
    await built(lake, tmp_path, ALL)
    exam(tmp_path)

    second = await built(lake, tmp_path, AGAINST.replace("keep: 2", "keep: 3"))

    ((now, rows, _),) = stated(lake, second)
    assert rows == second.rows
    assert traced(lake, second) == {now: second.rows}


async def test_samples_that_come_after_a_content_are_no_rows_that_it_lacks(lake: Lake, tmp_path: Path) -> None:
    exam(tmp_path)
    await built(lake, tmp_path, AGAINST)
    exam(tmp_path, "a question of a benchmark that was mended, with words that nobody else puts in a row")

    second = await built(lake, tmp_path, AGAINST.replace("samples: 4", "samples: 6").replace("keep: 2", "keep: 3"))

    assert [rows for _, rows, _ in stated(lake, second)] == [second.rows]
    assert (
        "not checked against" not in (freeze(lake, second) / SUMMARY_FILE).read_text(encoding="utf-8").split("##")[-2]
    )


async def test_different_contents_of_a_benchmark_are_told_together(lake: Lake, tmp_path: Path) -> None:
    first = await built(lake, tmp_path, ALL)
    exam(tmp_path)
    second = await built(lake, tmp_path, AGAINST.replace("samples: 4", "samples: 4, epoch: 1"), 3)
    exam(tmp_path, "a question of a benchmark that was mended, with words that nobody else puts in a row")
    third = await built(lake, tmp_path, AGAINST.replace("samples: 4", "samples: 4, epoch: 2"), 4)

    found = {sha256[:12]: rows for sha256, rows, _ in stated(lake, third)}
    summary = (freeze(lake, third) / SUMMARY_FILE).read_text(encoding="utf-8")

    assert sorted(found.values()) == sorted((second.new_rows, third.new_rows))
    shas = " or ".join(f"sha256 `{sha256}`" for sha256 in found)
    assert f"- {first.rows} of its rows were not checked against `exam` ({shas}) by {METHODS}." in summary
    each = ", ".join(f"{rows} against sha256 `{sha256}`" for sha256, rows in found.items())
    assert f"- `exam` was not the same for all of its rows, by {METHODS}: {each}." in summary


async def test_a_benchmark_of_which_nothing_is_long_enough_is_said_to_be_no_check(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "exam").mkdir()
    (tmp_path / "exam" / "test.jsonl").write_text('{"answer": "Paris"}\n{"answer": "Berlin"}\n')
    snapshot = await built(lake, tmp_path, AGAINST)

    summary = (freeze(lake, snapshot) / SUMMARY_FILE).read_text(encoding="utf-8")

    assert "None of the 2 items of `exam` (sha256 `" in summary
    assert "So it was checked for contamination against nothing." in summary
    assert "None of the 2 items" in CliRunner().invoke(make_app(), ["--lake", str(lake.root), "show", "tiny"]).stdout


def test_a_benchmark_that_some_method_looked_for_is_not_among_them() -> None:
    row = {"benchmark": "a", "sha256": "0" * 64, "items": 3, "items_checked": 0}
    one, other = {**row, "items_checked": 1}, {**row, "benchmark": "b"}
    assert never_looked_for([row, one]) == []
    assert len(never_looked_for([row, one, other])) == 1
    assert len(never_looked_for([row, other])) == 3
