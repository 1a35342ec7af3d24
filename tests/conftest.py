"""How property tests run, wherever they stand, that Ctrl-C reaches what is tested, and that tests are compiled once.

And empty lakes, in files and in a real PostgreSQL server: one takes a second to make, so it is made once and copied.
"""

import gc
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from stillroom.lake import Lake
from stillroom.lake.variables import CATALOGUE_VARIABLE
from tests.fakes.lakes import copied
from tests.fakes.postgres import PACKAGE, PostgresServer, find_programs, postgres_server

_numbers = count(1)

# A loaded machine is no finding: examples are bounded by number, tests by pytest's own timeout.
settings.register_profile(
    "stillroom", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("stillroom")

# Tests send it. The background of a shell ignores it, where the suite may run; so would all that is started from here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Container images set PYTHONDONTWRITEBYTECODE; pytest would then rewrite every test module in each of its processes.
sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """What was imported stays, and tests make much more than they leave: garbage is looked for more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def no_installed_benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have benchmarks installed, against which all that they build would be checked."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STILLROOM_BENCHMARKS", str(tmp_path_factory.mktemp("benchmarks")))
        yield


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lake that holds nothing; not to be written to."""
    root = tmp_path_factory.mktemp("template") / "lake"
    Lake.open(root, create=True).close()
    return root


@pytest.fixture
def lake_root(empty_lake: Path, tmp_path: Path) -> Path:
    """The folder of an empty lake, for tests that open it themselves."""
    return Path(shutil.copytree(empty_lake, tmp_path / "lake"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A server for all tests of this process; whoever stops it starts it again."""
    programs = find_programs()
    if programs is None:
        pytest.fail(f"these tests need a PostgreSQL server: run `make test`, or install the package {PACKAGE}")
    with postgres_server(programs, durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template_in_postgres(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CATALOGUE_VARIABLE, server.create("template_lake"))
        Lake.open(root, create=True).close()
    return root


@pytest.fixture
def new_root(server: PostgresServer, template_in_postgres: Path, tmp_path: Path) -> Callable[[int | None], Path]:
    """Makes an empty lake; reached through another port where one is given."""

    def make(port: int | None = None) -> Path:
        name = f"lake{next(_numbers)}"
        there = tmp_path / name
        return copied(server, template_in_postgres, there, database=name, template="template_lake", port=port)

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the tests, what uses one server that is long in coming stays in one of them.

    Files that hold slow tests come first, so that none of these is left to one process at the end.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if item.get_closest_marker("teacher") is not None:
            item.add_marker(pytest.mark.xdist_group("teacher"))
