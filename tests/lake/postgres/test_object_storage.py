"""Data files in S3-compatible storage: written, read, kept when an answer is lost, reached by whoever has the keys."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.object_storage import BUCKET, ObjectStorage
from tests.fakes.postgres import PostgresServer
from tests.fakes.rows import row


@pytest.fixture(scope="module")
def _stored(storage: ObjectStorage, server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stored") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in storage.environment().items():
            patch.setenv(name, value)
        patch.setenv(CATALOGUE_VARIABLE, server.create("stored"))
        patch.setenv(DATA_VARIABLE, f"s3://{BUCKET}/stored")
        lake = Lake.open(root, create=True)
        assert lake.commit("k", {"scores": [row("scores", sample_id="first", shard=4)]}, run_id="r")
        lake.close()
    return root


@pytest.fixture
def stored(keys: None, _stored: Path) -> Path:
    """The folder of a lake that was made with both settings, which are unset again."""
    return _stored


def test_rows_are_objects_and_the_folder_alone_finds_them(stored: Path, storage: ObjectStorage) -> None:
    lake = Lake.open(stored)

    assert lake.rows("SELECT sample_id FROM lake.scores") == [{"sample_id": "first"}]
    assert not lake.commit("k", {"scores": [row("scores", sample_id="again")]}, run_id="r")
    objects = storage.objects("stored/main/scores/")
    assert [one.rsplit("/", 1)[0] for one in objects] == ["stored/main/scores/run_id=r"]
    assert not (stored / "data").exists()
    lake.close()


def test_commit_whose_answer_is_lost_keeps_its_objects(
    keys: None, server: PostgresServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = BrokenWire(server.port)
    monkeypatch.setenv(CATALOGUE_VARIABLE, database.replace(f"port={server.port}", f"port={wire.port}"))
    monkeypatch.setenv(DATA_VARIABLE, f"s3://{BUCKET}/{tmp_path.name}")
    lake = Lake.open(tmp_path / "lake", create=True)
    wire.breaks_at = b"COMMIT"

    assert lake.commit("k", {"scores": [row("scores", sample_id="a")]}, run_id="r")

    assert wire.broken == 1
    assert lake.rows("SELECT sample_id FROM lake.scores") == [{"sample_id": "a"}]
    lake.close()
    wire.close()


def test_commands_read_it_by_the_folder_and_a_writing_one_waits_its_turn(stored: Path) -> None:
    def ask(*arguments: str) -> object:
        done = CliRunner().invoke(make_app(), ["--lake", str(stored), "sql", *arguments, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert ask("select sample_id from scores") == [{"sample_id": "first"}]
    ask("create table mine as select 1 as a", "--write")
    assert ask("from mine") == [{"a": 1}]


def test_duckdb_shell_reads_it_with_the_written_script_and_keys_of_its_own(
    stored: Path, storage: ObjectStorage
) -> None:
    script = (stored / "duckdb.sql").read_text()
    assert "it's secret" not in script
    assert "it''s secret" not in script
    shell = [Path(sys.executable).parent / "duckdb", "-init", stored / "duckdb.sql", "-csv"]
    sql = "SELECT sample_id FROM scores; DELETE FROM scores;"

    done = subprocess.run(
        [*shell, "-c", sql],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **storage.environment()},
    )

    assert "first" in done.stdout
    assert "read-only" in done.stderr


def test_keys_that_are_missing_are_named(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(RequestError, match="AWS_SECRET_ACCESS_KEY is not set"):
        Lake.open(stored)


def test_nothing_secret_is_written_down(stored: Path) -> None:
    texts = [file.read_text(errors="replace") for file in stored.rglob("*") if file.is_file()]

    assert texts
    assert not any("it's secret" in text or "someone" in text for text in texts)
