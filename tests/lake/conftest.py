"""A lake of its own for each test that wants one, in files or in a real PostgreSQL server, made once and copied.

What tests of several parts find in it is here, too.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest

from stillroom.lake import Lake
from stillroom.lake.connection import connect
from stillroom.lake.location import REMEMBERED
from stillroom.lake.variables import CATALOGUE_VARIABLE
from stillroom.runs import Run
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.postgres import PACKAGE, PostgresServer, find_programs, postgres_server
from tests.fakes.prompts import recipe

IN_PART = "execution: {prompts_per_shard: 1}\nsampling: {adaptive: false, samples: 4}\nsnapshot: {allow_partial: 0.5}"
_numbers = count(1)


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


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A server for all tests of this process; whoever stops it starts it again."""
    programs = find_programs()
    if programs is None:
        pytest.fail(f"these tests need a PostgreSQL server: run `make test`, or install the package {PACKAGE}")
    with postgres_server(programs, durable=False) as running:
        yield running


@pytest.fixture
def database(server: PostgresServer) -> str:
    """The connection string of an empty database."""
    return server.create(f"empty{next(_numbers)}")


@pytest.fixture(scope="session")
def _template(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CATALOGUE_VARIABLE, server.create("template_lake"))
        Lake.open(root, create=True).close()
    return root


@pytest.fixture
def new_root(server: PostgresServer, _template: Path, tmp_path: Path) -> Callable[[int | None], Path]:
    """Makes an empty lake; reached through another port where one is given."""

    def make(port: int | None = None) -> Path:
        number = next(_numbers)
        root = Path(shutil.copytree(_template, tmp_path / f"lake{number}"))
        database = server.create(f"lake{number}", template="template_lake")
        if port is not None:
            database = database.replace(f"port={server.port}", f"port={port}")
        (root / REMEMBERED).write_text(json.dumps({"catalogue": database, "data": None}))
        return root

    return make


@pytest.fixture(scope="session")
def _duckdb_on_postgres(_template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all lakes in PostgreSQL."""
    database = json.loads((_template / REMEMBERED).read_text())["catalogue"]
    connection = connect(database, _template / "data", read_only=True, spill=_template / "tmp")
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
