"""A lake with one published version, made once and copied."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from stillroom.lake import Lake
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.prompts import recipe

FOUR_EACH = "sampling: {adaptive: false, samples: 4}\n"


@pytest.fixture(scope="session")
def _published_root(
    empty_lake: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("published")
    root = Path(shutil.copytree(empty_lake, folder / "lake"))
    with attached(_duckdb, root) as lake:
        asyncio.run(Builder(lake).build(recipe(folder, FOUR_EACH)))
    return root


@pytest.fixture
def published(_published_root: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path: Path) -> Iterator[Lake]:
    """Version 1 of `tiny`: two prompts of the recipe ``FOUR_EACH``, eight samples, four of them kept."""
    with attached(_duckdb, Path(shutil.copytree(_published_root, tmp_path / "lake"))) as lake:
        yield lake
