"""A lake of its own for each test that wants one, made once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from stillroom.lake import Lake
from stillroom.lake.connection import connect
from tests.fakes.lakes import attached


@pytest.fixture(scope="session")
def _empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    Lake.open(root, create=True).close()
    return root


@pytest.fixture(scope="session")
def _duckdb(_empty_lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all tests: loading its extensions takes longer than most tests."""
    root = _empty_lake
    connection = connect(root / "catalogue.sqlite", root / "data", read_only=False, spill=root / "tmp")
    connection.execute("SET threads = 1")
    connection.execute("USE memory")
    connection.execute("DETACH lake")
    yield connection
    connection.close()


@pytest.fixture
def lake_root(_empty_lake: Path, tmp_path: Path) -> Path:
    """The folder of an empty lake, for tests that open it themselves."""
    return Path(shutil.copytree(_empty_lake, tmp_path / "lake"))


@pytest.fixture
def lake(lake_root: Path, _duckdb: duckdb.DuckDBPyConnection) -> Iterator[Lake]:
    """An empty lake that no other test sees; not to be closed by the test."""
    with attached(_duckdb, lake_root) as attached_lake:
        yield attached_lake
