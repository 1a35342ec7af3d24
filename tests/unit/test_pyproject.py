"""The GPU's extra brings the SGLang that `teacher serve` is written for, and never into the development environment."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTRA = "teacher-gpu"


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return read("pyproject.toml")


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    return read("uv.lock")


def served_version() -> str:
    """That of the environment that `teacher serve` makes on a machine without a GPU, and is tested in."""
    pins = (ROOT / "deployments" / "sglang-cpu" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (pinned,) = [line.partition("==")[2] for line in pins if line.startswith("sglang==")]
    return pinned


def test_the_extra_pins_the_sglang_that_teacher_serve_is_written_for(
    project: dict[str, Any], lock: dict[str, Any]
) -> None:
    assert project["project"]["optional-dependencies"][EXTRA] == [f"sglang=={served_version()}"]
    locked = [one["version"] for one in lock["package"] if one["name"] == "sglang"]
    assert locked == [served_version()]


def test_the_lock_file_gives_the_extra_and_nothing_else_that_sglang(lock: dict[str, Any]) -> None:
    (own,) = [one for one in lock["package"] if one["name"] == "stillroom"]
    assert [one["name"] for one in own["optional-dependencies"][EXTRA]] == ["sglang"]
    groups = [own["dependencies"], *own["dev-dependencies"].values()]
    assert "sglang" not in {one["name"] for group in groups for one in group}
    (asked,) = [one for one in own["metadata"]["requires-dist"] if one["name"] == "sglang"]
    assert (asked["specifier"], asked["marker"]) == (f"=={served_version()}", f"extra == '{EXTRA}'")


def test_the_extra_and_the_development_tools_are_declared_to_conflict(
    project: dict[str, Any], lock: dict[str, Any]
) -> None:
    declared = [{frozenset(one.items()) for one in among} for among in project["tool"]["uv"]["conflicts"]]
    assert {frozenset({"extra": EXTRA}.items()), frozenset({"group": "dev"}.items())} in declared
    locked = [{(one.get("extra"), one.get("group")) for one in among} for among in lock["conflicts"]]
    assert {(EXTRA, None), (None, "dev")} in locked
