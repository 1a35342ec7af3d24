"""A lake is made whole, or made again: planning is quick from the start, and no trace of the making is left."""

from pathlib import Path

import duckdb
import pytest

from stillroom.errors import LakeError
from stillroom.lake import TABLES, Lake, creation, recognition
from stillroom.lake.connection import connect
from stillroom.lake.definitions import VIEWS
from stillroom.lake.recognition import FILE


class CutOff(Exception):
    """The process ended here."""


class CutConnection:
    """A connection whose process ends at the nth statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, statements: int) -> None:
        self._connection = connection
        self._left = statements

    def execute(self, *arguments: object) -> duckdb.DuckDBPyConnection:
        self._left -= 1
        if self._left < 0:
            raise CutOff
        return self._connection.execute(*arguments)  # pyright: ignore[reportArgumentType] - as given


def statements_of_a_creation(root: Path) -> int:
    for name in ("data", "tmp"):
        (root / name).mkdir(parents=True)
    connection = connect(root / "catalogue.sqlite", root / "data", read_only=False, spill=root / "tmp")
    counting = CutConnection(connection, 10_000)
    creation.prepare(counting, root)  # pyright: ignore[reportArgumentType] - it executes
    connection.close()
    return 10_000 - counting._left


def test_a_new_lake_is_empty_and_leaves_no_file_of_its_making(lake: Lake) -> None:
    counts = {name: lake.rows(f'SELECT count(*) AS n FROM lake."{name}"')[0]["n"] for name in TABLES}
    assert counts == dict.fromkeys(TABLES, 0)
    files = [file for file in (lake.root / "data").rglob("*") if file.is_file()]
    assert [file.parent.name for file in files] == ["stillroom_schema"]


def test_every_table_has_statistics_so_that_planning_asks_for_none(lake: Lake) -> None:
    (table_id,) = lake.rows(
        "SELECT table_id FROM __ducklake_metadata_lake.ducklake_table "
        "WHERE table_name = 'samples' AND end_snapshot IS NULL"
    )
    known = lake.rows(
        "SELECT count(*) AS n FROM __ducklake_metadata_lake.ducklake_table_column_stats WHERE table_id = ?",
        [table_id["table_id"]],
    )
    assert known[0]["n"] >= len(TABLES["samples"].all_columns)


def test_a_creation_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    total = statements_of_a_creation(tmp_path / "whole")
    after_rows = total - 8
    for cut in (1, len(TABLES) // 2, total // 2, after_rows, total - 4, total - 1):
        root = tmp_path / str(cut)
        for name in ("data", "tmp"):
            (root / name).mkdir(parents=True)
        connection = connect(root / "catalogue.sqlite", root / "data", read_only=False, spill=root / "tmp")
        with pytest.raises(CutOff):
            creation.prepare(CutConnection(connection, cut), root)  # pyright: ignore[reportArgumentType]
        connection.close()

        again = Lake.open(root, create=True)

        for name in TABLES:
            assert again.query(f'SELECT * FROM lake."{name}"').is_empty(), (cut, name)
        assert again.query("SELECT * FROM lake.lineage").is_empty()
        again.close()


def test_a_catalogue_that_cannot_be_written_is_named_with_what_to_do(lake_root: Path) -> None:
    (lake_root / "duckdb.sql").unlink()
    (lake_root / "duckdb.sql").mkdir()
    with pytest.raises(LakeError, match=r"cannot make the lake in .*--lake"):
        Lake.open(lake_root)


def test_a_lake_of_before_gets_the_views_and_macros_that_came_since(lake_root: Path) -> None:
    old = Lake.open(lake_root)
    old._connection.execute("DROP VIEW lake.cost_per_example")  # pyright: ignore[reportPrivateUsage]
    old._connection.execute("DROP MACRO TABLE lake.snapshot_diff")  # pyright: ignore[reportPrivateUsage]
    old.close()
    again = Lake.open(lake_root)

    assert again.query("SELECT * FROM lake.cost_per_example").is_empty()
    with pytest.raises(LakeError, match="there is no dataset 'a'; published so far: none"):
        again.query("SELECT * FROM lake.snapshot_diff('a', 'b')")
    again.close()


def test_a_lake_of_before_says_what_views_and_macros_say_now(lake_root: Path) -> None:
    old = Lake.open(lake_root)
    execute = old._connection.execute  # pyright: ignore[reportPrivateUsage]
    for name in VIEWS:
        execute(f"CREATE OR REPLACE VIEW lake.{name} AS SELECT 'an earlier one' AS {name}")
    execute("CREATE OR REPLACE MACRO lake.ancestry(id) AS TABLE SELECT id AS prompt_id")
    old.close()
    again = Lake.open(lake_root)

    for name in VIEWS:
        assert again.query(f"SELECT * FROM lake.{name}").is_empty(), name
    assert again.query("SELECT * FROM lake.ancestry('a')").is_empty()
    again.close()


def test_opening_a_lake_writes_nothing(lake_root: Path) -> None:
    """A view or macro whose text DuckDB writes down differently each time would be defined anew by every process."""
    commits = "SELECT count(*) AS n FROM ducklake_snapshots('lake')"
    with_lake = Lake.open(lake_root, create=True)
    before = with_lake.rows(commits)
    with_lake.close()
    (lake_root / FILE).unlink()  # or nothing would be compared

    again = Lake.open(lake_root)

    assert again.rows(commits) == before
    again.close()


class Compared(Exception):
    """What the lake holds is compared with what is declared."""


@pytest.fixture
def no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: duckdb.DuckDBPyConnection) -> None:
        raise Compared

    monkeypatch.setattr(creation, "_add", refuse)


@pytest.mark.usefixtures("no_comparison")
def test_what_was_found_to_be_as_declared_is_not_compared_again(lake_root: Path) -> None:
    Lake.open(lake_root).close()


@pytest.mark.usefixtures("no_comparison")
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE VIEW lake.lineage AS SELECT 1 AS one",
        "DROP VIEW lake.lineage",
        "CREATE OR REPLACE MACRO lake.ancestry(id) AS TABLE SELECT id AS prompt_id",
        "DROP MACRO TABLE lake.ancestry",
        "ALTER TABLE lake.samples DROP COLUMN answer",
        "DROP TABLE lake.metrics",
    ],
)
def test_a_lake_that_was_changed_is_compared(lake_root: Path, statement: str) -> None:
    lake = Lake.open(lake_root)
    lake._connection.execute(statement)  # pyright: ignore[reportPrivateUsage]
    lake.close()
    with pytest.raises(Compared):
        Lake.open(lake_root)


@pytest.mark.usefixtures("no_comparison")
@pytest.mark.parametrize("found", [None, "", b"\xff", "0" * 64])
def test_a_lake_is_compared_where_nothing_says_how_it_looked(lake_root: Path, found: str | bytes | None) -> None:
    (lake_root / FILE).unlink()
    if found is not None:
        (lake_root / FILE).write_bytes(found if isinstance(found, bytes) else found.encode())
    with pytest.raises(Compared):
        Lake.open(lake_root)


@pytest.mark.usefixtures("no_comparison")
def test_what_another_stillroom_or_duckdb_wrote_is_compared(lake_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_declared", lambda: ["another version"])
    with pytest.raises(Compared):
        Lake.open(lake_root)


def test_a_lake_opens_where_it_cannot_be_remembered(lake_root: Path) -> None:
    (lake_root / FILE).unlink()
    (lake_root / FILE).mkdir()
    for _ in range(2):
        Lake.open(lake_root).close()
