"""The duckdb shell opens a lake by a script: the one in its folder, or one that is printed for this installation."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.lake import Lake


def test_the_script_of_another_installation_is_replaced_whole_and_ours_is_printed(
    lake_root: Path, tmp_path: Path
) -> None:
    kept = lake_root / "duckdb.sql"
    theirs = "LOAD '/app/.venv/lib/ducklake.duckdb_extension';\n"
    kept.write_text(theirs)
    with kept.open() as begun:  # by a shell that starts meanwhile
        Lake.open(lake_root).close()
        assert begun.read() == theirs
    ours = CliRunner().invoke(make_app(), ["--lake", str(lake_root), "lake", "script"])
    assert (ours.exit_code, ours.stdout) == (0, kept.read_text())

    kept.write_text(theirs)
    (tmp_path / "mine.sql").write_text(ours.stdout)
    shell = [Path(sys.executable).parent / "duckdb", "-init", tmp_path / "mine.sql", "-csv"]
    asked = [*shell, "-c", "SELECT count(*) AS views FROM lineage"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["views", "0"], done.stderr
