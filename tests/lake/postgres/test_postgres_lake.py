"""A lake whose catalogue is in PostgreSQL: made once, found again, and read as a lake of files is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.doctor import State, examine
from stillroom.errors import LakeError, RequestError
from stillroom.lake import TABLES, Lake
from stillroom.lake.connection import connect
from stillroom.lake.definitions import VIEWS
from stillroom.lake.location import locate
from stillroom.lake.schema import SCHEMA_VERSION
from stillroom.lake.script import keep_script
from stillroom.lake.variables import CATALOGUE_VARIABLE
from tests.fakes.postgres import PostgresServer
from tests.fakes.rows import row

ROOT = Path(__file__).parents[3]
CREATOR = (
    "import sys; from pathlib import Path; from stillroom.lake import Lake; Lake.open(Path(sys.argv[1]), create=True)"
)


def run(root: Path, *arguments: str) -> Any:
    return CliRunner().invoke(make_app(), ["--lake", str(root), *arguments])


def test_it_is_made_once_by_however_many_and_a_folder_elsewhere_finds_it_by_the_setting(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CATALOGUE_VARIABLE, database)
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "shared"))
    makers = [
        subprocess.Popen([sys.executable, "-c", CREATOR, str(tmp_path / f"lake{number}")], cwd=ROOT)
        for number in range(3)
    ]
    assert [maker.wait(timeout=200) for maker in makers] == [0, 0, 0]

    lake = Lake.open(tmp_path / "another")

    assert lake.rows("SELECT version FROM lake.stillroom_schema") == [{"version": SCHEMA_VERSION}]
    counts = {name: lake.rows(f'SELECT count(*) AS n FROM lake."{name}"')[0]["n"] for name in TABLES}
    assert counts == dict.fromkeys(TABLES, 0)
    assert [view for view in VIEWS if not lake.query(f'SELECT * FROM lake."{view}"').is_empty()] == []
    lake.close()


def test_commands_read_it_and_its_past(lake: Lake) -> None:
    root = lake.root
    snapshot = row("snapshots", name="functions", version=1, curation_id="c1")
    lake.commit("publish:c1", {"snapshots": [snapshot], "scores": [row("scores", sample_id="a")]}, run_id="r")
    lake.commit("later", {"scores": [row("scores", sample_id="b")]}, run_id="r")

    now = run(root, "sql", "select count(*) as n from scores", "--json")
    then = run(root, "sql", "select count(*) as n from scores", "--json", "--as-of", "functions@1")

    assert json.loads(now.stdout) == [{"n": 2}]
    assert json.loads(then.stdout) == [{"n": 1}]
    assert run(root, "sql", "delete from scores").exit_code == 2


def test_who_writes_names_a_missing_file_by_where_it_is(lake: Lake) -> None:
    lake.commit("k", {"scores": [row("scores")]}, run_id="r")
    (file,) = (lake.root / "data" / "main" / "scores").rglob("*.parquet")
    file.unlink()

    with pytest.raises(LakeError, match=f"a file of the table scores is missing: {file}. Put it back"):
        lake.rows("SELECT * FROM lake.scores")


def test_command_that_writes_waits_for_its_turn(lake: Lake) -> None:
    assert run(lake.root, "sql", "create table mine as select 1 as a", "--write").exit_code == 0

    assert lake.rows("FROM lake.mine") == [{"a": 1}]


def test_duckdb_shell_reads_it_with_the_written_script_and_cannot_write(lake: Lake) -> None:
    lake.commit("k", {"scores": [row("scores", sample_id="from the shell")]}, run_id="r")
    shell = [Path(sys.executable).parent / "duckdb", "-init", lake.root / "duckdb.sql", "-csv"]
    sql = "SELECT sample_id FROM scores; SELECT count(*) FROM lake.lineage; DELETE FROM scores;"

    done = subprocess.run([*shell, "-c", sql], capture_output=True, text=True, timeout=60, check=False)

    assert "from the shell" in done.stdout
    assert "read-only" in done.stderr


def test_a_role_of_its_own_has_its_script_printed_and_leaves_the_kept_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = str(locate(lake.root).catalogue)
    with psycopg.connect(known, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS only_asks")
        connection.execute("CREATE ROLE only_asks LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA stillroom TO only_asks")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA stillroom TO only_asks")
    keep_script(locate(lake.root))
    kept = (lake.root / "duckdb.sql").read_text()
    monkeypatch.setenv(CATALOGUE_VARIABLE, make_conninfo(known, user="only_asks"))

    printed = run(lake.root, "lake", "script").stdout

    assert "user=only_asks" in printed
    assert (lake.root / "duckdb.sql").read_text() == kept
    (lake.root / "mine.sql").write_text(printed)
    shell = [Path(sys.executable).parent / "duckdb", "-init", lake.root / "mine.sql", "-csv"]
    asked = [*shell, "-c", "SELECT count(*) AS n FROM lineage"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["n", "0"], done.stderr


def test_connection_that_only_reads_cannot_change_the_database_itself(lake: Lake) -> None:
    location = locate(lake.root)
    connection = connect(location.catalogue, location.data, read_only=True, spill=lake.root / "tmp")
    metadata = "'__ducklake_metadata_lake'"
    is_read_only = f"FROM postgres_query({metadata}, 'SELECT current_setting(''transaction_read_only'') AS it')"

    assert connection.execute(is_read_only).fetchall() == [("on",)], "so PostgreSQL itself refuses"

    for statement in (
        f"CALL postgres_execute({metadata}, 'DELETE FROM stillroom.ducklake_snapshot')",
        "DELETE FROM __ducklake_metadata_lake.ducklake_snapshot",
    ):
        with pytest.raises(duckdb.Error, match=r"read-only"):
            connection.execute(statement)
    connection.close()


def test_database_without_a_lake_is_no_lake(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CATALOGUE_VARIABLE, database)

    with pytest.raises(RequestError, match="there is no lake at"):
        Lake.open(tmp_path)

    assert run(tmp_path, "sql", "select 1").exit_code == 2


def test_server_that_does_not_answer_is_named_at_once(
    server: PostgresServer, lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lake_root / "lake.json").write_text(json.dumps({"catalogue": "host=127.0.0.1 port=1 dbname=lake", "data": None}))

    with pytest.raises(
        LakeError, match=r"cannot reach the lake's catalogue in PostgreSQL \(.*port=1.*refused.*Start the server"
    ):
        Lake.open(lake_root)

    done = run(lake_root, "sql", "select 1")
    assert done.exit_code == 1
    assert "cannot reach the lake's catalogue" in done.stderr
    (finding,) = [one for one in examine(lake_root, ()) if one.name == "lake"]
    assert finding.state is State.PROBLEM


def test_role_that_may_only_read_reads(server: PostgresServer, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.commit("k", {"scores": [row("scores", sample_id="a")]}, run_id="r")
    database = json.loads((lake.root / "lake.json").read_text())["catalogue"]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS reader")
        owner.execute("CREATE ROLE reader LOGIN")
        owner.execute("GRANT USAGE ON SCHEMA stillroom TO reader")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA stillroom TO reader")
        monkeypatch.setenv(CATALOGUE_VARIABLE, database.replace("user=postgres", "user=reader"))

        done = run(lake.root, "sql", "select sample_id from scores", "--json")
        refused = Lake.open(lake.root)
        with pytest.raises(LakeError, match="permission denied"):
            refused.commit("no", {"scores": [row("scores", sample_id="b")]}, run_id="r")
        refused.close()

        assert json.loads(done.stdout) == [{"sample_id": "a"}]
        owner.execute("DROP OWNED BY reader")
        owner.execute("DROP ROLE reader")
