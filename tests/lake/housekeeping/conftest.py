"""A lake that two builds have published into, made once and copied."""

import asyncio
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from stillroom.cli.app import make_app
from stillroom.lake import TABLES, Lake
from stillroom.lake.compaction import merge
from stillroom.publication import compare, freeze, snapshots
from stillroom.recipe import Recipe
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.prompts import recipe


def tiny(folder: Path, *, epoch: int = 0) -> Recipe:
    """The small recipe; every epoch samples its prompts afresh."""
    return recipe(folder, f"sampling: {{adaptive: false, samples: 4, epoch: {epoch}}}\n")


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory, empty_lake: Path, _duckdb: duckdb.DuckDBPyConnection) -> Path:
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(empty_lake, folder / "lake")

    async def build(lake: Lake) -> None:
        for epoch in range(2):
            _, snapshot = await Builder(lake).build(tiny(folder, epoch=epoch))
            assert snapshot is not None
            freeze(lake, snapshot)

    with attached(_duckdb, folder / "lake") as lake:
        asyncio.run(build(lake))
    return folder / "lake"


@pytest.fixture
def root(_built: Path, tmp_path: Path) -> Path:
    """The folder of a lake with tiny@1 and tiny@2."""
    return Path(shutil.copytree(_built, tmp_path / "lake"))


@pytest.fixture
def stillroom(root: Path) -> Callable[..., Result]:
    """Runs a command on the lake."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(make_app(), ["--lake", str(root), *arguments])

    return run


@pytest.fixture
def answer(stillroom: Callable[..., Result]) -> Callable[..., Any]:
    """Runs a command with --json, expects success, and gives the value it printed."""

    def run(*arguments: str) -> Any:
        result = stillroom(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


At = Callable[[Path], AbstractContextManager[Lake]]
Contents = Callable[[], dict[str, list[tuple[object, ...]]]]
Differences = Callable[[], list[str]]


@pytest.fixture
def at(_duckdb: duckdb.DuckDBPyConnection) -> At:
    """Opens the lake in a folder for the length of a block, as whoever is no writer."""
    return lambda root: attached(_duckdb, root)


@pytest.fixture
def contents(root: Path, _duckdb: duckdb.DuckDBPyConnection) -> Contents:
    """All rows of all tables, when it is called."""

    def look() -> dict[str, list[tuple[object, ...]]]:
        with attached(_duckdb, root) as lake:
            return {name: lake.query(f'SELECT * FROM lake."{name}" t ORDER BY hash(t)').rows() for name in TABLES}

    return look


@pytest.fixture
def differences(root: Path, _duckdb: duckdb.DuckDBPyConnection) -> Differences:
    """What verify-snapshot finds wrong in all snapshots, when it is called."""

    def look() -> list[str]:
        with attached(_duckdb, root) as lake:
            return [one.found for snapshot in snapshots(lake) for one in compare(lake, snapshot) if not one.is_same]

    return look


@pytest.fixture
def of_no_order(root: Path, at: At) -> Path:
    """The built lake as an earlier Stillroom made and kept it: commits and costs have no order, and were merged so."""
    with at(root) as lake:
        lake._connection.execute("ALTER TABLE lake.commits RESET SORTED BY")
        lake._connection.execute("ALTER TABLE lake.costs RESET SORTED BY")
        for _ in range(3):
            lake._connection.execute(
                "INSERT INTO lake.commits (key, row_counts, run_id, shard, created_at) "
                "SELECT uuid(), '{}', 'many', -1, '2026-01-01' FROM range(1500)"
            )
        merge(lake._connection, "commits")
        merge(lake._connection, "costs")
    return root


def data_paths(root: Path) -> set[Path]:
    """The data files that are there."""
    return set((root / "data").rglob("*.parquet"))
