"""Threads that ask one lake at once share the machine's cores with DuckDB's own threads."""

import os
from collections.abc import Callable
from pathlib import Path

from stillroom.lake import Lake
from stillroom.lake.reading import opened

CORES = os.cpu_count() or 1
LEFT = max(1, CORES - 1)  # beside one that asks, whom DuckDB counts as one of its own


def threads(lake: Lake) -> int:
    return int(lake.rows("SELECT current_setting('threads') AS n")[0]["n"])


def test_a_lake_that_one_asks_uses_all_cores(lake_root: Path) -> None:
    with opened(lake_root) as lake:
        assert threads(lake) == CORES


def test_a_lake_that_two_ask_leaves_a_core_to_the_other(lake_root: Path) -> None:
    with opened(lake_root, askers=2) as lake, lake.moment():
        assert lake.both(threads, threads, [threads]) == (LEFT, LEFT, [LEFT])


def test_there_is_always_a_thread(lake_root: Path) -> None:
    with opened(lake_root, askers=CORES + 5) as lake:
        assert threads(lake) == 1


def test_in_postgres_one_asks_after_another_with_all_cores(new_root: Callable[[int | None], Path]) -> None:
    with opened(new_root(None), askers=2) as lake:
        assert threads(lake) == CORES
