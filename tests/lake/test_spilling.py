"""DuckDBs of one lake that spill at once do not read each other's rows; maintenance tells theirs from what is left."""

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stillroom.lake.connection import connect
from stillroom.lake.leftovers import Kind, find_leftovers
from stillroom.lake.location import existing
from stillroom.lake.own_folder import PREFIX

ROOT = Path(__file__).parents[2]
SPILLING = """
import sys
from pathlib import Path
from stillroom.lake.connection import connect

root, seed = Path(sys.argv[1]), int(sys.argv[2])
connection = connect(root / "catalogue.sqlite", root / "data", read_only=True, spill=root / "tmp")
connection.execute("SET memory_limit = '45MB'")
rows = f"SELECT hash(i + {seed}) AS h, i FROM range(2500000) AS r (i)"
connection.execute(f"CREATE TABLE memory.main.t AS {rows}")
print("spilled", flush=True)
sys.stdin.readline()
found = connection.execute("SELECT count(*), sum(h % 1000003), sum(i) FROM memory.main.t").fetchall()
expected = connection.execute(f"SELECT count(*), sum(h % 1000003), sum(i) FROM ({rows})").fetchall()
connection.close()
assert found == expected, (found, expected)
"""


def _spilling(root: Path, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SPILLING, str(root), str(seed)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _spill_folder(root: Path) -> Path:
    connection = connect(root / "catalogue.sqlite", root / "data", read_only=True, spill=root / "tmp")
    found = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    connection.close()
    return Path(found[0][0])


def test_two_that_spill_at_once_each_read_their_own_rows(lake_root: Path) -> None:
    both = [_spilling(lake_root, seed) for seed in (0, 10_000_000)]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "spilled\n"
    spilled = {path.parent for path in (lake_root / "tmp").rglob("duckdb_temp_storage*")}
    assert len(spilled) == 2

    told = [one.communicate("\n") for one in both]

    assert [one.returncode for one in both] == [0, 0], told
    assert list((lake_root / "tmp").iterdir()) == []


def test_a_connection_holds_half_of_the_memory_that_there_is(lake_root: Path) -> None:
    connection = connect(lake_root / "catalogue.sqlite", lake_root / "data", read_only=True, spill=lake_root / "tmp")

    def limit() -> float:
        ((told,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
        number, unit = told.split()
        return float(number) * {"MiB": 1.0, "GiB": 1024.0, "TiB": 1024.0**2}[unit]

    ours = limit()
    connection.execute("RESET memory_limit")  # DuckDB's own: four fifths
    all_of_it = limit() / 0.8
    connection.close()
    assert ours / all_of_it == pytest.approx(0.5, abs=0.02)


def test_two_of_one_process_have_folders_of_their_own(lake_root: Path) -> None:
    first, second = _spill_folder(lake_root), _spill_folder(lake_root)

    assert first != second
    assert first.parent == second.parent
    assert first.parents[1] == lake_root / "tmp"


def test_where_nothing_can_be_made_beside_the_lake_it_is_among_the_temporary_files(
    lake_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shutil.rmtree(lake_root / "tmp")

    assert _spill_folder(lake_root).parents[1] == tmp_path


def test_what_a_killed_process_spilled_goes_with_the_next_opening_and_a_living_ones_stays(lake_root: Path) -> None:
    killed, living = _spilling(lake_root, 0), _spilling(lake_root, 1)
    for one in (killed, living):
        assert one.stdout is not None
        assert one.stdout.readline() == "spilled\n"
    killed.kill()
    killed.communicate()

    location = existing(lake_root)
    connection = connect(lake_root / "catalogue.sqlite", lake_root / "data", read_only=True, spill=lake_root / "tmp")
    try:
        later = datetime.now(UTC) + timedelta(days=1)
        temporary = [
            one.path for one in find_leftovers(connection, location, later).leftovers if one.kind is Kind.TEMPORARY
        ]
        folders = [path for path in (lake_root / "tmp").iterdir() if path.name.startswith(PREFIX)]
        spilled = [path for path in folders if list(path.rglob("duckdb_temp_storage*"))]
    finally:
        connection.close()

    assert temporary == []
    assert len(spilled) == 1
    living.communicate("\n")
    assert living.returncode == 0
