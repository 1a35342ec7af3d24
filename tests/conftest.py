"""How property tests run, wherever they stand, that Ctrl-C reaches what is tested, and that tests are compiled once."""

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is no finding: examples are bounded by number, tests by pytest's own timeout.
settings.register_profile(
    "stillroom", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("stillroom")

# Tests send it. The background of a shell ignores it, where the suite may run; so would all that is started from here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Container images set PYTHONDONTWRITEBYTECODE; pytest would then rewrite every test module in each of its processes.
sys.dont_write_bytecode = False


@pytest.fixture(autouse=True, scope="session")
def no_installed_benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have benchmarks installed, against which all that they build would be checked."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STILLROOM_BENCHMARKS", str(tmp_path_factory.mktemp("benchmarks")))
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the tests, what uses one server that is long in coming stays in one of them."""
    for item in items:
        if item.get_closest_marker("teacher") is not None:
            item.add_marker(pytest.mark.xdist_group("teacher"))
