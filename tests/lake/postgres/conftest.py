"""Here every lake has its catalogue in PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.publication import freeze
from tests.fakes.builds import Builder
from tests.fakes.lakes import copied
from tests.fakes.object_storage import ObjectStorage, object_storage
from tests.fakes.postgres import PostgresServer
from tests.lake.housekeeping.conftest import tiny


@pytest.fixture
def lake_root(new_root: Callable[[], Path]) -> Path:
    """The folder of an empty lake."""
    return new_root()


@pytest.fixture
def lake(lake_root: Path) -> Iterator[Lake]:
    """An empty lake that no other test sees, with a DuckDB of its own."""
    opened = Lake.open(lake_root)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def storage() -> Iterator[ObjectStorage]:
    """S3-compatible storage for all tests."""
    with object_storage() as running:
        yield running


@pytest.fixture
def keys(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lets this test reach it."""
    for name, value in storage.environment().items():
        monkeypatch.setenv(name, value)


def build_twice(root: Path) -> None:
    """Publish tiny@1 and tiny@2 in a lake that is there."""
    lake = Lake.open(root)

    async def build() -> None:
        for epoch in range(2):
            _, snapshot = await Builder(lake).build(tiny(root.parent, epoch=epoch))
            assert snapshot is not None
            freeze(lake, snapshot)

    asyncio.run(build())
    lake.close()


@pytest.fixture(scope="session")
def _built_template(
    server: PostgresServer, template_in_postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    there = tmp_path_factory.mktemp("built") / "lake"
    root = copied(server, template_in_postgres, there, database="built_template", template="template_lake", port=None)
    build_twice(root)
    return root


@pytest.fixture
def new_built_root(
    server: PostgresServer, _built_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[int | None], Path]:
    """Makes a lake with tiny@1 and tiny@2, its files in the folder; reached through another port where one is given."""

    def make(port: int | None = None) -> Path:
        name, there = f"built_{abs(hash(request.node.nodeid))}", tmp_path / "built"
        return copied(server, _built_template, there, database=name, template="built_template", port=port)

    return make


@pytest.fixture
def built_root(new_built_root: Callable[[], Path]) -> Path:
    """The folder of such a lake."""
    return new_built_root()
