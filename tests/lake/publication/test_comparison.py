"""A snapshot that is no longer what was published is found out, by whatever was altered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from stillroom.calibration import record
from stillroom.cli.app import make_app
from stillroom.lake import TABLES, Lake
from stillroom.lake.copies import MANIFEST_FILE, read_manifest
from stillroom.publication import Snapshot, compare, freeze, manifest, snapshots, unjudgeable
from stillroom.publication.comparison import differing as differing_fields
from stillroom.publication.sealing import FILES, SEAL, seal, written
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.lake.publication.conftest import FOUR_EACH


@pytest.fixture
def frozen(published: Lake) -> tuple[Lake, Snapshot, Path]:
    (snapshot,) = snapshots(published, "tiny")
    return published, snapshot, freeze(published, snapshot)


def _do(lake: Lake, statement: str) -> None:
    """As nobody should."""
    lake._connection.execute(statement)  # pyright: ignore[reportPrivateUsage]


def differing(lake: Lake, snapshot: Snapshot) -> list[str]:
    return [one.what for one in compare(lake, snapshot) if not one.is_same]


def test_an_untouched_snapshot_agrees_in_everything(frozen: tuple[Lake, Snapshot, Path]) -> None:
    lake, snapshot, _ = frozen
    compared = compare(lake, snapshot)
    assert [one.what for one in compared] == [
        "data files that the catalogue names",
        "rows of the lake, counted",
        "content of the lake's rows",
        "times of the lake's rows, against their publications",
        "rows behind the members are there, their verdicts pass",
        "manifest against the lake",
        "manifest against its own hash",
        "bytes of examples.parquet",
        "bytes of summary.md",
        "rows of examples.parquet, counted",
        "content of examples.parquet",
        "rows of the lake against examples.parquet, column by column",
    ]
    assert [one.found for one in compared if one.found or not one.is_same] == []


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_one_altered_byte_of_the_parquet_file_is_found(frozen: tuple[Lake, Snapshot, Path], place: float) -> None:
    lake, snapshot, folder = frozen
    file = folder / "examples.parquet"
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 1
    file.write_bytes(bytes(data))
    assert "bytes of examples.parquet" in differing(lake, snapshot)


@pytest.mark.parametrize("name", ["examples.parquet", MANIFEST_FILE, "summary.md"])
def test_the_command_names_a_file_with_one_altered_byte_and_does_not_pass(
    frozen: tuple[Lake, Snapshot, Path], name: str
) -> None:
    lake, snapshot, folder = frozen
    command = ["--lake", str(lake.root), "verify-snapshot", snapshot.label, "--json"]
    assert CliRunner().invoke(make_app(), command).exit_code == 0
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))

    result = CliRunner().invoke(make_app(), command)

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    named = "manifest" if name == MANIFEST_FILE else name
    assert not told["is_intact"]
    assert any(named in one["what"] for one in told["compared"] if not one["is_same"])


def _reseal(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Alter the manifest as whoever knows how it is sealed."""
    stated = {key: value for key, value in read_manifest(folder).items() if key not in (FILES, SEAL)}
    change(stated)
    (folder / MANIFEST_FILE).write_text(written(seal(stated, folder)), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            lambda it: it["run"]["costs"][0].update(completion_tokens=7), "completion_tokens 7 for", id="cost"
        ),
        pytest.param(lambda it: it["run"]["selections"].pop(), "run.selections has", id="a reason"),
        pytest.param(lambda it: it["run"]["selections"][0].update(samples=0), "samples 0 for", id="its count"),
        pytest.param(
            lambda it: it["teachers"].append({"licence": "mine"}), "teachers has 1 entries for 0", id="teacher"
        ),
        pytest.param(lambda it: it["verifiers"][0].update(image_digest="x"), "image_digest 'x' for", id="verifier"),
        pytest.param(lambda it: it["calibrations"][0].update(bad_passed=-1), "bad_passed -1 for", id="calibration"),
        pytest.param(lambda it: it.update(calibrated=False), "calibrated False for True", id="calibrated"),
        pytest.param(
            lambda it: it["retracted"].append({"kind": "seed", "id": "x", "rows": 1}), "retracted has 1", id="retracted"
        ),
        pytest.param(lambda it: it["recipe"]["sampling"].update(samples=99), "recipe.sampling.samples 99", id="recipe"),
        pytest.param(lambda it: it.update(rows=5), "rows 5 for 4", id="rows"),
        pytest.param(lambda it: it.update(unheard_of=1), "unheard_of 1 for None", id="what the lake knows nothing of"),
    ],
)
def test_whatever_a_manifest_states_is_held_against_the_lake(
    frozen: tuple[Lake, Snapshot, Path], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    lake, snapshot, folder = frozen
    _reseal(folder, change)
    (found,) = [one for one in compare(lake, snapshot) if not one.is_same]
    assert found.what == "manifest against the lake"
    assert said in found.found


async def test_what_came_after_a_publication_makes_no_difference_to_what_it_states(
    published: Lake, tmp_path: Path
) -> None:
    (snapshot,) = snapshots(published, "tiny")
    before = manifest(published, snapshot)
    builder = Builder(published)
    record(published, [calibrated(builder.verifier, bad_passed=3)], again=True)
    await builder.build(recipe(tmp_path, "sampling: {adaptive: false, samples: 6}\nselection: {keep: 1}\n"))
    await builder.build(recipe(tmp_path, "sampling: {adaptive: false, samples: 4, epoch: 1}\n"), new_run=True)
    assert len(snapshots(published, "tiny")) > 1

    assert manifest(published, snapshot) == before
    freeze(published, snapshot)
    assert differing(published, snapshot) == []


def test_sums_of_fractions_and_equal_counts_in_another_order_are_no_difference() -> None:
    rows = [{"gate": "a", "seconds": 0.30000000000000004}, {"gate": "b", "seconds": 1.0}]
    other = [{"gate": "b", "seconds": 1}, {"gate": "a", "seconds": 0.3, "new field": 1}]
    assert differing_fields({"rows": rows, "code_version": "0"}, {"rows": other, "more": 1}) == []
    assert differing_fields({"rows": rows}, {"rows": [{"gate": "a", "seconds": 0.31}, other[0]]}) != []


def _state(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        pytest.param(lambda folder: _state(folder, rows=3), ["manifest against the lake", "its own hash"], id="rows"),
        pytest.param(lambda folder: _state(folder, code_version="0"), ["its own hash"], id="version"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("{"), ["manifest"], id="torn-manifest"),
        pytest.param(
            lambda folder: (folder / "summary.md").write_text("all well"), ["bytes of summary.md"], id="summary"
        ),
        pytest.param(lambda folder: (folder / "examples.parquet").unlink(), ["files of the frozen copy"], id="gone"),
    ],
)
def test_what_was_altered_is_named(
    frozen: tuple[Lake, Snapshot, Path], alter: Callable[[Path], object], found: list[str]
) -> None:
    lake, snapshot, folder = frozen
    alter(folder)
    named = differing(lake, snapshot)
    assert len(named) == len(found)
    assert all(words in name for words, name in zip(found, named, strict=True))


def test_a_copy_that_lacks_a_file_is_to_be_moved_away_before_it_is_made_anew(
    frozen: tuple[Lake, Snapshot, Path],
) -> None:
    lake, snapshot, folder = frozen
    (folder / "summary.md").unlink()
    advice = "`stillroom verify-snapshot tiny@1 --copy` makes the copy"
    (found,) = [one.found for one in compare(lake, snapshot) if not one.is_same]
    assert found == f"{folder} lacks summary.md; move away what is there, then {advice}"

    folder.rename(folder.with_name("damaged"))

    (found,) = [one.found for one in compare(lake, snapshot) if not one.is_same]
    assert found.endswith(f"summary.md; {advice}")
    assert (
        CliRunner().invoke(make_app(), ["--lake", str(lake.root), "verify-snapshot", "tiny", "--copy"]).exit_code == 0
    )


ONE = "(SELECT min(example_id) FROM lake.examples)"
ITS_SAMPLE = "(SELECT min_by(sample_id, example_id) FROM lake.examples)"
ITS_PROMPT = "(SELECT min_by(prompt_id, example_id) FROM lake.examples)"
OTHERWISE = {  # what one value of another type than text becomes
    "messages": "messages[:1]",
    "shard": "shard + 1",
    "created_at": "created_at - INTERVAL 1 microsecond",
}
HASHED = ("example_id", "messages", "answer")


@pytest.mark.parametrize("column", [column.name for column in TABLES["examples"].all_columns])
def test_one_altered_value_in_any_column_of_the_lakes_examples_is_found(
    frozen: tuple[Lake, Snapshot, Path], column: str
) -> None:
    lake, snapshot, _ = frozen
    (example,) = lake.rows(f"SELECT {ONE} AS id")
    other = OTHERWISE.get(column, f"coalesce({column}, '') || '`'")

    _do(lake, f"UPDATE lake.examples SET {column} = {other} WHERE example_id = {ONE}")

    found = {one.what: one.found for one in compare(lake, snapshot) if not one.is_same}
    if column == "created_at":
        about = f"1 rows are not of the time at which curation {snapshot.curation_id} was published"
        assert found == {"times of the lake's rows, against their publications": f"{about}, first {example['id']}"}
        return
    said = found["rows of the lake against examples.parquet, column by column"]
    is_gone = column in ("example_id", "run_id")  # a member is the example of its dataset's runs
    about = "1 rows of examples.parquet are not in the lake" if is_gone else f"1 rows differ in {column}"
    assert said == f"{about}, first {example['id']}"
    assert ("content of the lake's rows" in found) is (is_gone or column in HASHED)


def test_columns_that_came_after_a_copy_was_frozen_say_nothing_of_it(frozen: tuple[Lake, Snapshot, Path]) -> None:
    lake, snapshot, folder = frozen
    file = folder / "examples.parquet"
    pl.read_parquet(file).drop("verifier_id", "topic").write_parquet(file)
    _reseal(folder, lambda stated: None)
    assert differing(lake, snapshot) == []

    _do(lake, f"UPDATE lake.examples SET prompt_id = 'another' WHERE example_id = {ONE}")

    assert "rows of the lake against examples.parquet, column by column" in differing(lake, snapshot)


def test_rows_that_a_member_alone_has_in_the_copy_or_the_lake_are_counted_with_those_that_differ(
    frozen: tuple[Lake, Snapshot, Path],
) -> None:
    lake, snapshot, folder = frozen
    file = folder / "examples.parquet"
    kept = pl.read_parquet(file)
    kept[1:].with_columns(topic=pl.lit("another"), shard=pl.lit(7, pl.Int32)).write_parquet(file)
    _reseal(folder, lambda stated: None)

    found = {one.what: one.found for one in compare(lake, snapshot) if not one.is_same}

    first, second = kept["example_id"][:2]
    assert found["rows of the lake against examples.parquet, column by column"] == (
        f"1 rows of the lake are not in examples.parquet, first {first}; 3 rows differ in topic, first {second}; "
        f"3 rows differ in shard, first {second}"
    )


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        pytest.param(f"DELETE FROM lake.samples WHERE sample_id = {ITS_SAMPLE}", "no row of its sample", id="sample"),
        pytest.param(
            f"UPDATE lake.samples SET sample_id = 'x' WHERE sample_id = {ITS_SAMPLE}", "its sample", id="its id"
        ),
        pytest.param(f"DELETE FROM lake.verdicts WHERE sample_id = {ITS_SAMPLE}", "no verdict", id="verdict"),
        pytest.param(f"DELETE FROM lake.prompts WHERE prompt_id = {ITS_PROMPT}", "no row of its prompt", id="prompt"),
        pytest.param(
            f"UPDATE lake.verdicts SET outcome = 'fail' WHERE sample_id = {ITS_SAMPLE}",
            "the verdict that it was published by says fail",
            id="its outcome",
        ),
        pytest.param(
            f"UPDATE lake.prompts SET check_id = 'x' WHERE prompt_id = {ITS_PROMPT}", "no prompt with", id="tests"
        ),
    ],
)
def test_rows_behind_a_member_that_the_lake_lost_or_that_say_otherwise_are_found_without_judging_again(
    frozen: tuple[Lake, Snapshot, Path], loss: str, said: str
) -> None:
    lake, snapshot, _ = frozen

    _do(lake, loss)

    found = {one.what: one.found for one in compare(lake, snapshot) if not one.is_same}
    assert said in found["rows behind the members are there, their verdicts pass"]


async def test_what_was_published_unverified_lacks_nothing(lake: Lake, tmp_path: Path) -> None:
    allowed = f"{FOUR_EACH}snapshot: {{allow_unverified: true}}\n"
    await Builder(lake, is_calibrated=False).build(recipe(tmp_path, allowed))
    (snapshot,) = snapshots(lake, "tiny")
    freeze(lake, snapshot)
    _do(lake, "UPDATE lake.examples SET verifier_id = NULL")  # as of an earlier Stillroom
    assert "rows behind the members are there, their verdicts pass" not in differing(lake, snapshot)
    assert len(unjudgeable(lake, snapshot)) == snapshot.rows


def test_rows_that_the_lake_lost_are_found(frozen: tuple[Lake, Snapshot, Path]) -> None:
    lake, snapshot, _ = frozen
    _do(lake, f"DELETE FROM lake.snapshot_members WHERE example_id = {ONE}")
    assert differing(lake, snapshot) == [
        "rows of the lake, counted",
        "content of the lake's rows",
        "manifest against the lake",
        "rows of the lake against examples.parquet, column by column",
    ]
