"""What lies in the folder of benchmarks is looked for by every recipe that does not turn the check off."""

from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import Contamination, benchmark_places, benchmarks_folder, find_benchmarks, why_nothing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home" / "benchmarks"
    place.mkdir(parents=True)
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STILLROOM_BENCHMARKS")
    return place


def test_files_and_folders_are_benchmarks_named_after_themselves(folder: Path) -> None:
    (folder / "Human.Eval.jsonl.gz").write_bytes(b"x")
    (folder / "gsm8k" / "socratic").mkdir(parents=True)
    (folder / "gsm8k" / "test.jsonl").write_text("x")
    (folder / "gsm8k" / "socratic" / "test.jsonl").write_text("x")
    (folder / "README.md").write_text("about them")
    (folder / ".cache").mkdir()

    places = benchmark_places(Contamination())

    assert places == {"Human.Eval": folder / "Human.Eval.jsonl.gz", "gsm8k": folder / "gsm8k"}
    assert [one.name for one in find_benchmarks(places)] == ["Human.Eval", "gsm8k", "gsm8k/socratic"]


def test_a_recipe_names_more_and_its_own_stands_for_one_of_the_same_name(folder: Path) -> None:
    (folder / "exam.jsonl").write_text("x")
    (folder / "other.txt").write_text("x")
    own = {"exam": Path("/own/exam.jsonl"), "more": Path("/own/more")}

    assert benchmark_places(Contamination(benchmarks=own)) == {**own, "other": folder / "other.txt"}
    assert benchmark_places(Contamination(benchmarks=own, installed=False)) == own
    assert benchmark_places(None) == {}


def test_another_folder_can_be_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert benchmarks_folder() == folder
    monkeypatch.setenv("STILLROOM_BENCHMARKS", str(tmp_path / "shared"))
    assert benchmarks_folder() == tmp_path / "shared"
    assert benchmark_places(Contamination()) == {}, "it need not be there"


def test_two_of_one_name_are_refused(folder: Path) -> None:
    (folder / "exam.jsonl").write_text("x")
    (folder / "exam.csv").write_text("x")
    with pytest.raises(RecipeError, match=r"exam\.csv and .*exam\.jsonl would both be the benchmark 'exam'"):
        benchmark_places(Contamination())


@pytest.mark.parametrize("file", ["notes.pdf", "exam/notes.pdf"])
def test_what_cannot_be_read_as_one_is_not_passed_over(folder: Path, file: str) -> None:
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("x")
    with pytest.raises(RecipeError, match="is of no kind that is read here"):
        find_benchmarks(benchmark_places(Contamination()))


def test_nothing_is_told_with_what_to_do() -> None:
    assert "`contamination: null`" in why_nothing(is_off=True)
    assert "Put files or folders there" in why_nothing(is_off=False, folder=Path("/there"))
    assert "/there" in why_nothing(is_off=False, folder=Path("/there"))
