"""A child that could not be confined names itself: no other one's end with the same status is taken for its."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

INSIDE = Path(__file__).parents[4] / "verifiers" / "sandbox" / "inside"


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module as it stands in the container, where its folder is in the path."""
    monkeypatch.syspath_prepend(str(INSIDE))
    before = set(sys.modules)
    yield importlib.import_module("keeper")
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_who_could_not_be_confined_is_told_from_who_ends_alike(keeper: Any) -> None:
    trouble, troubled = os.pipe()
    os.set_blocking(trouble, False)
    books = SimpleNamespace(trouble=trouble, troubled=set())
    unconfined, other = SimpleNamespace(uid=1004), SimpleNamespace(uid=1006)

    def is_troubled(child: object) -> bool:
        return keeper.Keeper.is_troubled(books, child)

    os.write(troubled, keeper.UID.pack(unconfined.uid))
    assert [is_troubled(other), is_troubled(unconfined), is_troubled(unconfined)] == [False, True, False]
    os.close(trouble)
    os.close(troubled)
