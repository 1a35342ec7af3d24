"""A lake of its own for each test that wants one, in files or in a real PostgreSQL server, made once and copied.

What tests of several parts find in it is here, too.
"""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest

from stillroom.lake import Lake
from stillroom.lake.connection import connect
from stillroom.lake.location import REMEMBERED
from stillroom.runs import Run
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.postgres import PostgresServer
from tests.fakes.prompts import recipe

IN_PART = "execution: {prompts_per_shard: 1}\nsampling: {adaptive: false, samples: 4}\nsnapshot: {allow_partial: 0.5}"
_numbers = count(1)


@pytest.fixture(scope="session")
def _duckdb(empty_lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all tests: loading its extensions takes longer than most tests."""
    root = empty_lake
    connection = connect(root / "catalogue.sqlite", root / "data", read_only=False, spill=root / "tmp")
    connection.execute("SET threads = 1")
    connection.execute("USE memory")
    connection.execute("DETACH lake")
    yield connection
    connection.close()


@pytest.fixture
def lake_in_files(lake_root: Path, _duckdb: duckdb.DuckDBPyConnection) -> Iterator[Lake]:
    """An empty lake that no other test sees; not to be closed by the test."""
    with attached(_duckdb, lake_root) as attached_lake:
        yield attached_lake


@pytest.fixture
def lake(lake_in_files: Lake) -> Lake:
    """The lake of most tests."""
    return lake_in_files


@pytest.fixture
async def published_in_part(lake: Lake, tmp_path: Path) -> Run:
    """A run of `tiny` that was published as tiny@1 without the second of its two shards."""
    return await Builder(lake).publish_first_shard(recipe(tmp_path, IN_PART, seeds=2))


@pytest.fixture
def database(server: PostgresServer) -> str:
    """The connection string of an empty database."""
    return server.create(f"empty{next(_numbers)}")


@pytest.fixture(scope="session")
def _duckdb_on_postgres(template_in_postgres: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all lakes in PostgreSQL."""
    database = json.loads((template_in_postgres / REMEMBERED).read_text())["catalogue"]
    connection = connect(database, template_in_postgres / "data", read_only=True, spill=template_in_postgres / "tmp")
    connection.execute("SET threads = 1")
    connection.execute("USE memory")
    connection.execute("DETACH lake")
    yield connection
    connection.close()


@pytest.fixture
def lake_in_postgres(new_root: Callable[[], Path], _duckdb_on_postgres: duckdb.DuckDBPyConnection) -> Iterator[Lake]:
    """As ``lake``, with its catalogue in PostgreSQL."""
    with attached(_duckdb_on_postgres, new_root()) as attached_lake:
        yield attached_lake
