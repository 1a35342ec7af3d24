"""`verifiers`, `tasks` and `flows` also exist on PyPI: each name must mean this checkout."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["stillroom", "verifiers", "tasks", "flows"])
def test_package_resolves_to_this_checkout(name: str) -> None:
    module = importlib.import_module(name)

    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"
