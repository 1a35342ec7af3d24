"""A lake of before its tables had an order gets it with housekeeping; every version of it stays what it was."""

from itertools import pairwise
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.lake.layout import layout_changes
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.lake.ordering import unordered_tables
from tests.fakes.rows import row
from tests.lake.housekeeping.conftest import At, Contents, Differences

NEW = ["commits: sorted by key", "costs: sorted by run_id"]
COUNT = "select count(*) as n, sum(hash(key)) as of from commits"


def keep_house(root: Path, **options: bool) -> Maintained:
    return maintain(root, say=lambda line: None, **options)


def row_groups(lake: Lake, table: str, column: str) -> list[tuple[str, str]]:
    """The least and greatest value of each row group of the table's only file."""
    (file,) = lake.rows("SELECT data_file FROM ducklake_list_files('lake', ?)", [table])
    found = lake.rows(
        "SELECT stats_min_value AS least, stats_max_value AS most FROM parquet_metadata(?) WHERE path_in_schema = ? "
        "ORDER BY ALL",
        [file["data_file"], column],
    )
    return [(one["least"], one["most"]) for one in found]


def test_what_was_merged_in_no_order_is_written_anew_and_every_row_stays(
    of_no_order: Path, at: At, contents: Contents, differences: Differences, answer
) -> None:
    before, past = contents(), [answer("sql", COUNT, "--as-of", label) for label in ("tiny@1", "tiny@2")]
    with at(of_no_order) as lake:
        assert len(row_groups(lake, "commits", "key")) > 1

    done = keep_house(of_no_order)

    assert (done.layout, done.in_order) == (NEW, ["commits"])
    assert contents() == before
    assert differences() == []
    assert [answer("sql", COUNT, "--as-of", label) for label in ("tiny@1", "tiny@2")] == past
    with at(of_no_order) as lake:
        assert layout_changes(lake._connection) == []
        assert unordered_tables(lake._connection) == []
        groups = row_groups(lake, "commits", "key")
    assert len(groups) > 1
    assert all(lower[1] <= upper[0] for lower, upper in pairwise(groups))


def test_it_is_done_once(of_no_order: Path, contents: Contents) -> None:
    before = contents()
    keep_house(of_no_order)

    again = keep_house(of_no_order)

    assert (again.layout, again.in_order) == ([], [])
    assert contents() == before


def test_a_lake_of_now_is_left_alone(root: Path) -> None:
    for _ in range(2):
        done = keep_house(root)
        assert (done.layout, done.in_order) == ([], [])


def test_what_comes_after_is_merged_in_order_with_it(of_no_order: Path, at: At) -> None:
    keep_house(of_no_order)
    lake = Lake.open(of_no_order)
    for key in ("a", "z", "m"):
        lake.commit(key, {"scores": [row("scores")]}, run_id="later")
    lake.close()

    done = keep_house(of_no_order)

    assert done.in_order == []
    with at(of_no_order) as lake:
        assert unordered_tables(lake._connection) == []
        assert len(row_groups(lake, "commits", "key")) > 1, "of one file"


def test_the_command_says_it_before_and_after(of_no_order: Path, stillroom, answer) -> None:
    would = stillroom("lake", "maintain", "--dry-run").stdout
    assert "The layout would be brought up to date: commits: sorted by key; costs: sorted by run_id." in would
    assert "Tables that would be written anew, in order: commits." in would

    did = stillroom("lake", "maintain").stdout

    assert "The layout was brought up to date: commits: sorted by key; costs: sorted by run_id." in did
    assert "Tables that were written anew, in order: commits." in did
    told = answer("lake", "maintain")
    assert (told["layout"], told["in_order"]) == ([], [])


def test_a_file_of_small_row_groups_is_written_anew_once_they_are_to_be_large(root: Path, at: At) -> None:
    lake = Lake.open(root)
    for statement in (SMALL, "BEGIN", *MANY, "COMMIT"):
        lake._connection.execute(statement)
    lake.close()
    before = memberships(root, at)

    done, again = keep_house(root), keep_house(root)

    assert (done.layout, done.in_order) == (["snapshot_members: row groups of 20,480 rows"], ["snapshot_members"])
    assert (again.layout, again.in_order) == ([], [])
    assert memberships(root, at) == before
    with at(root) as lake:
        assert len(row_groups(lake, "snapshot_members", "example_id")) < 10


SMALL = "CALL lake.set_option('parquet_row_group_size', 2048, table_name => 'snapshot_members')"
MANY = (
    "CREATE TEMP TABLE few AS SELECT * FROM lake.snapshot_members",
    "DELETE FROM lake.snapshot_members",
    "INSERT INTO lake.snapshot_members BY NAME SELECT * FROM few UNION ALL BY NAME "
    "SELECT 'many' AS name, 1 AS version, 'e' || i AS example_id FROM range(60000) t(i)",
)
"""All in one file, so that nothing is merged."""


def memberships(root: Path, at: At) -> list[dict[str, object]]:
    with at(root) as lake:
        return lake.rows("SELECT count(*) AS n, sum(hash(m)) AS content FROM lake.snapshot_members m")


@pytest.mark.parametrize("most", [0, 10**9])
def test_a_table_of_many_bytes_stays_as_it_is(of_no_order: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("stillroom.lake.ordering.MOST_BYTES", most)
    assert keep_house(of_no_order).in_order == (["commits"] if most else [])


def test_files_are_written_in_the_way_that_is_read_fastest(root: Path, at: At) -> None:
    lake = Lake.open(root)
    for number in range(3):
        lake.commit(str(number), {"metrics": [row("metrics") for _ in range(3000)]}, run_id="many")
    lake.close()
    with at(root) as lake:
        assert written_as(lake, "metrics") == {("LZ4_RAW", 2)}

    keep_house(root)

    with at(root) as lake:
        assert written_as(lake, "metrics") == {("LZ4_RAW", 2)}


def test_a_lake_of_another_way_to_write_goes_over_to_it(root: Path, at: At) -> None:
    lake = Lake.open(root)
    lake._connection.execute("CALL lake.set_option('parquet_compression', 'snappy')")
    lake._connection.execute("CALL lake.set_option('parquet_version', 1)")
    lake.commit("before", {"metrics": [row("metrics") for _ in range(3000)]}, run_id="many")
    lake.close()
    with at(root) as lake:
        assert ("SNAPPY", 1) in written_as(lake, "metrics")
    lake = Lake.open(root)
    lake.commit("and more", {"metrics": [row("metrics")]}, run_id="many")
    lake.close()

    done = keep_house(root)

    assert done.layout == [
        "all tables: compressed as LZ4",
        "all tables: encoded as the second version of Parquet has it",
    ]
    with at(root) as lake:
        assert written_as(lake, "metrics") == {("LZ4_RAW", 2)}
        assert lake.rows("SELECT count(*) AS n FROM lake.metrics WHERE run_id = 'many'") == [{"n": 3001}]


def written_as(lake: Lake, table: str) -> set[tuple[str, int]]:
    """How the columns of the table's files are compressed, and in which version of Parquet these are."""
    found = lake.rows("SELECT data_file FROM ducklake_list_files('lake', ?)", [table])
    files = [one["data_file"] for one in found]
    how = lake.rows(
        "SELECT DISTINCT compression, format_version FROM parquet_metadata($files) "
        "JOIN parquet_file_metadata($files) USING (file_name)",
        {"files": files},
    )
    return {(one["compression"], one["format_version"]) for one in how}
