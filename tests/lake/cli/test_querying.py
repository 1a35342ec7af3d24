import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import typer
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.cli.outcome import QUERIES
from stillroom.cli.querying import ask
from stillroom.cli.session import Session, connected
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.lake.connection import connect
from stillroom.lake.creation import VIEWS
from tests.fakes.rows import row


@pytest.fixture(scope="module")
def reader(small_lake):
    """A read-only connection as the command uses it."""
    connection = connect(small_lake / "catalogue.sqlite", small_lake / "data", read_only=True, spill=small_lake / "tmp")
    yield connection
    connection.close()


def test_tables_are_reachable_without_a_schema(answer):
    assert answer("sql", "select count(*) as n from examples") == [{"n": 1}]


def test_nothing_but_rows_comes_on_stdout_however_long_a_query_takes(reader):
    assert reader.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_json_is_one_array_of_objects_with_iso_timestamps(stillroom):
    result = stillroom("sql", "select sample_id, answered_at from samples where sample_id = 'aa11'", "--json")
    assert result.stdout == '[{"sample_id": "aa11", "answered_at": "2026-11-22T10:30:00Z"}]\n'


def test_json_has_no_limit_unless_one_is_given(answer):
    assert len(answer("sql", "from range(250)")) == 250
    assert len(answer("sql", "from range(250)", "--limit", "7")) == 7


def test_values_that_json_lacks_have_a_form(answer):
    query = """select 'nan'::double as a, sum(3) as b, 1.50::decimal(9,2) as c, interval 2 hours as d,
                      {'k': [date '2026-11-22']} as e"""
    assert answer("sql", query) == [{"a": None, "b": 3, "c": 1.5, "d": 7200.0, "e": {"k": ["2026-11-22"]}}]


def test_repeated_column_names_are_told_apart(answer):
    assert answer("sql", "select 1 a, 2 a") == [{"a": 1, "a_2": 2}]


def test_a_person_is_told_how_many_rows_are_not_shown(stillroom):
    result = stillroom("sql", "from range(150)")
    assert "100 of 150 rows" in result.stderr
    assert " 99" in result.stdout


def test_only_so_many_rows_are_fetched_as_are_shown_and_counted(stillroom, answer):
    result = stillroom("sql", "from range(5_000_000)")
    assert "100 of more than 10,000 rows" in result.stderr
    assert "10,000 of 10,100 rows" in stillroom("sql", "from range(10_100)", "--limit", "10000").stderr
    assert "100 of 10,100 rows" in stillroom("sql", "from range(10_100)").stderr
    assert "0 of 10,000 rows" in stillroom("sql", "from range(10_000)", "--limit", "0").stderr
    assert "0 of more than 10,000 rows" in stillroom("sql", "from range(10_001)", "--limit", "0").stderr
    assert "rows" not in stillroom("sql", "from range(100)").stderr
    assert answer("sql", "from range(5_000_000)", "--limit", "2") == [{"range": 0}, {"range": 1}]
    assert answer("sql", "from range(3000)")[-1] == {"range": 2999}
    assert answer("sql", "from range(0)") == []


def test_a_row_that_cannot_be_had_is_told_like_a_wrong_query(stillroom):
    result = stillroom("sql", "select error('no such luck') from range(3)", "--json")
    assert (result.exit_code, result.stdout, "no such luck" in result.stderr) == (2, "", True)


@pytest.mark.parametrize(
    "query",
    [
        "delete from samples",
        "insert into lake.stillroom_schema values (9)",
        "drop table examples",
        "select 1; delete from samples",
        "create table x (a int)",
        "copy (select 1) to '/tmp/stillroom-must-not-exist.csv'",
        "explain analyze delete from samples",
        "call ducklake_expire_snapshots('lake', older_than => now())",
        "attach ':memory:' as other",
        "set threads = 1",
    ],
)
def test_sql_that_writes_is_refused_without_write(reader, query):
    with pytest.raises(RequestError, match="--write"):
        ask(reader, query)
    assert list(ask(reader, "select count(*) from samples")[1]) == [(5,)]


@pytest.mark.parametrize(
    "query",
    [
        "from ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "from DuckLake_Cleanup_Old_Files('lake', cleanup_all => true)",
        "select * from ducklake_delete_orphaned_files('lake', cleanup_all => true)",
        "from ducklake_expire_snapshots('lake', older_than => now())",
        "from ducklake_merge_adjacent_files('lake')",
        "from ducklake_rewrite_data_files('lake')",
        "from ducklake_add_data_files('lake', 'samples', '/tmp/x.parquet')",
        "from lake.set_option('parquet_row_group_size', 1)",
        "from sqlite_query('__ducklake_metadata_lake', 'delete from ducklake_snapshot')",
        "from sqlite_scan('/tmp/x.db', 'x')",
        "from postgres_query('__ducklake_metadata_lake', 'delete from ducklake_snapshot')",
        "from postgres_execute('__ducklake_metadata_lake', 'delete from ducklake_snapshot')",
        "from query('from ducklake_cleanup_old_files(''lake'', cleanup_all => true)')",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "from checkpoint('lake')",
        "with a as (from ducklake_cleanup_old_files('lake', cleanup_all => true)) select * from samples, a",
        "select (select count(*) from ducklake_cleanup_old_files('lake', cleanup_all => true))",
        "select 1; from ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "summarize from ducklake_cleanup_old_files('lake', cleanup_all => true)",
    ],
)
def test_a_select_that_calls_what_may_do_more_than_read_is_refused_before_anything_runs(reader, query):
    with pytest.raises(RequestError, match=r"function \w+, which may do more than read.*--write"):
        ask(reader, query)


@pytest.mark.parametrize(
    "query",
    [
        "from lake.snapshots()",
        "from ducklake_table_info('lake')",
        "from snapshot_diff('functions@1', 'functions@1')",
        "from lake.blast_radius('seed', 'seed-a')",
        "select unnest(parents) from prompts",
        "from duckdb_tables() limit 1",
        "from range(3) r(n), generate_series(1, n)",
        "from read_csv('{file}')",
        "from '{file}'",
        "describe samples",
        "show tables",
        "summarize select sample_index from samples",
        "pivot samples on sample_index in (0, 1) using count(*)",
        "values (1)",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) from n",
        "select list_transform([1, 2], lambda x: x + 1)",
    ],
)
def test_what_only_reads_is_answered(reader, tmp_path, query):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    _, rows = ask(reader, query.format(file=tmp_path / "mine.csv") if "{file}" in query else query)
    list(rows)


def test_files_that_were_given_up_survive_every_select(lake_root, stillroom, answer):
    lake = Lake.open(lake_root)
    for number in range(3):
        lake.commit(f"more{number}", {"scores": [row("scores")]}, run_id="r")
    lake.close()
    assert stillroom("lake", "maintain").exit_code == 0
    before = sorted((lake_root / "data").rglob("*.parquet"))

    for function in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files"):
        result = stillroom("sql", f"from {function}('lake', cleanup_all => true)")
        assert (result.exit_code, "--write" in result.stderr) == (2, True)

    assert sorted((lake_root / "data").rglob("*.parquet")) == before
    waiting = answer("lake", "maintain", "--dry-run")["waiting_files"]
    assert waiting > 0, "there was something to remove"


def test_a_macro_of_the_lake_does_not_hide_what_it_calls(stillroom):
    macro = "create macro lake.tidy() as table from ducklake_cleanup_old_files('lake', cleanup_all => true)"
    assert stillroom("sql", macro, "--write").exit_code == 0
    result = stillroom("sql", "from lake.tidy()")
    assert (result.exit_code, "ducklake_cleanup_old_files" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "query",
    [
        "from tidy",
        "from lake.main.Tidy",
        "select * from orderly",
        "summarize tidy",
        "from calls()",
        "select (select count(*) from tidy)",
        "from query_table('tidy')",
    ],
)
def test_a_view_of_the_lake_does_not_hide_what_it_calls(tidied, query):
    with pytest.raises(RequestError, match="function ducklake_cleanup_old_files, which may do more than read"):
        ask(tidied, query)


@pytest.fixture(scope="module")
def tidied(small_lake, tmp_path_factory):
    """A reader of a lake with a view that removes files, and with what leads to it."""
    root = Path(shutil.copytree(small_lake, tmp_path_factory.mktemp("tidied") / "lake"))
    written = connect(root / "catalogue.sqlite", root / "data", read_only=False, spill=root / "tmp")
    written.execute("create view lake.tidy as from ducklake_cleanup_old_files('lake', cleanup_all => true)")
    written.execute("create view lake.orderly as select * from lake.tidy")
    written.execute("create macro lake.calls() as table from lake.orderly")
    written.close()
    connection = connect(root / "catalogue.sqlite", root / "data", read_only=True, spill=root / "tmp")
    yield connection
    connection.close()


@pytest.mark.parametrize("view", VIEWS)
def test_the_views_of_a_lake_are_read(reader, view):
    assert ask(reader, f"select * from {view} limit 1")[0]


def test_a_select_cannot_expire_versions_of_the_lake(stillroom, answer):
    before = answer("sql", "select count(*) as n from lake.snapshots()")
    result = stillroom("sql", "select * from ducklake_expire_snapshots('lake', older_than => now()::timestamptz)")
    assert result.exit_code == 2
    assert answer("sql", "select count(*) as n from lake.snapshots()") == before


def test_a_reader_does_not_hold_up_a_commit(lake_root):
    context = cast("typer.Context", SimpleNamespace(ensure_object=lambda _: Session(lake=lake_root)))
    with connected(context, read_only=True) as connection:
        connection.execute("BEGIN")
        assert connection.execute("select count(*) from samples").fetchall() == [(5,)]
        lake = Lake.open(lake_root)
        assert lake.commit("meanwhile", {}, run_id="functions-r3")
        lake.close()


def test_write_allows_it(stillroom, answer):
    assert stillroom("sql", "create table mine as select 1 as a", "--write").exit_code == 0
    assert answer("sql", "from mine") == [{"a": 1}]
    assert stillroom("sql", "set threads = 1", "--write").exit_code == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [("selec 1", "syntax error"), ("select * from exampels", "examples"), ("", "empty"), ("/* nothing */", "empty")],
)
def test_a_wrong_query_is_a_wrong_request(stillroom, query, said):
    result = stillroom("sql", query)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_schema_lists_every_column(answer):
    columns = {(row["table"], row["column"]): row["type"] for row in answer("schema")}
    assert columns["verdicts", "outcome"] == "VARCHAR"
    assert columns["examples", "created_at"] == "TIMESTAMP"


def test_schema_markdown_is_a_page(stillroom):
    page = stillroom("schema", "--markdown").stdout
    assert page.startswith("# The lake's tables\n")
    assert "| `lineage` | Where every example comes from" in page


def test_a_command_does_not_wait_for_pandas_which_it_does_not_use(lake_root: Path) -> None:
    code = "import sys, stillroom.cli as cli\ntry: cli.main()\nfinally: print(sys.modules.get('pandas'))"
    command = [sys.executable, "-c", code, "why", "no-such-sample", "--lake", str(lake_root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "no-such-sample" in done.stderr
    assert done.stdout.strip() == "None"


def test_the_past_is_what_was_there_when_a_snapshot_was_published(answer, stillroom, lake_root):
    count = ("sql", "select count(*) as n from samples")
    assert answer(*count) == [{"n": 5}]
    assert answer(*count, "--as-of", "functions@1") == [{"n": 4}]
    assert answer("sql", "select count(*) as n from examples", "--as-of", "functions") == [{"n": 1}]
    lake = Lake.open(lake_root)
    lake.commit("later", {"samples": [row("samples", sample_id="later")]}, run_id="functions-r3", shard=0)
    lake.close()
    assert answer(*count) == [{"n": 6}]
    assert answer(*count, "--as-of", "functions@1") == [{"n": 4}]


def test_a_past_that_never_was_and_one_to_be_written_are_refused(stillroom):
    nowhere = stillroom("sql", "select 1", "--as-of", "functions@9")
    assert (nowhere.exit_code, "functions has no version 9" in nowhere.stderr) == (2, True)
    written = stillroom("sql", "delete from samples", "--as-of", "functions@1", "--write")
    assert (written.exit_code, "leave out --write" in written.stderr) == (2, True)


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_that_a_build_suggests_run(stillroom, query):
    result = stillroom("sql", query)
    assert result.exit_code == 0, result.output


def test_lake_on_a_disk_that_nobody_may_write_to_is_read(small_lake, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("only root may mount a file system")
    try:
        shutil.copytree(small_lake, disk / "lake")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        result = CliRunner().invoke(make_app(), ["--lake", str(disk / "lake"), "sql", "from examples", "--json"])

        assert result.exit_code == 0, result.output
        assert '"example_id": "ee99"' in result.stdout
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_no_place_for_the_catalogues_copy_is_said(stillroom, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    result = stillroom("sql", "select 1")
    assert result.exit_code == 1
    assert f"no folder can be made for it: [Errno 2] No such file or directory: '{tmp_path}/absent" in result.stderr
    assert "TMPDIR" in result.stderr


def test_too_little_room_for_the_catalogues_copy_is_said(stillroom, monkeypatch, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("only root may mount a file system")
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        result = stillroom("sql", "select 1")
        assert result.exit_code == 1
        assert f"no space is left for {disk}/stillroom-" in result.stderr
        assert "TMPDIR" in result.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
