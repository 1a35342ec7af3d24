"""Lakes whose catalogue is in a real PostgreSQL server, each in a database of its own, made once and copied."""

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.lake.location import CATALOGUE_VARIABLE, REMEMBERED
from tests.fakes.postgres import PACKAGE, PostgresServer, find_programs, postgres_server

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A server for all tests of this process; whoever stops it starts it again."""
    programs = find_programs()
    if programs is None:
        pytest.fail(f"these tests need a PostgreSQL server: run `make test`, or install the package {PACKAGE}")
    with postgres_server(programs) as running:
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


@pytest.fixture
def lake_root(new_root: Callable[[], Path]) -> Path:
    """The folder of an empty lake."""
    return new_root()


@pytest.fixture
def lake(lake_root: Path) -> Iterator[Lake]:
    """An empty lake that no other test sees."""
    opened = Lake.open(lake_root)
    yield opened
    opened.close()
