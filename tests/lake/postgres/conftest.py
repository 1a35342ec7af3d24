"""Here every lake has its catalogue in PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.lake import Lake


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
