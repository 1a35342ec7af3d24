"""What many tests need: a lake of their own, made once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from stillroom.lake import Lake

# A loaded machine is no finding: examples are bounded by number, tests by pytest's own timeout.
settings.register_profile(
    "stillroom", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("stillroom")


@pytest.fixture(scope="session")
def _empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    Lake.open(root, create=True).close()
    return root


@pytest.fixture
def lake(_empty_lake: Path, tmp_path: Path) -> Iterator[Lake]:
    """An empty lake that no other test sees."""
    root = tmp_path / "lake"
    shutil.copytree(_empty_lake, root)
    opened = Lake.open(root)
    yield opened
    opened.close()
