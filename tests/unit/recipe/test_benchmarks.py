"""Which files a benchmark is, that none is passed over in silence, and what its identity covers."""

import hashlib
from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import Benchmark, find_benchmarks, passed_over


def folder(place: Path, **files: str) -> Path:
    for name, content in files.items():
        path = place / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return place


def only(place: Path) -> Benchmark:
    (found,) = find_benchmarks({"bench": place})
    return found


def test_files_of_a_folder_are_the_benchmark_and_folders_in_it_are_named_after_both(tmp_path: Path):
    place = folder(tmp_path / "all", a_jsonl="1", math__test_jsonl="2", math__deep__more_csv="3")
    found = find_benchmarks({"bench": place, "alone": place / "a.jsonl"})
    assert [(one.name, list(one.files)) for one in found] == [
        ("alone", ["a.jsonl"]),
        ("bench", ["a.jsonl"]),
        ("bench/math", ["deep/more.csv", "test.jsonl"]),
    ]


def test_what_tells_about_a_benchmark_and_what_is_hidden_is_no_part_of_it(tmp_path: Path):
    place = folder(tmp_path / "all", a_jsonl="1", README_md="x", LICENSE="x", _gitattributes="x", _git__config="x")
    assert list(only(place).files) == ["a.jsonl"]


def test_scripts_and_descriptions_of_hubs_are_no_part_of_it(tmp_path: Path):
    place = folder(tmp_path / "all", exam_py="x", dataset__x_jsonl="1", a_jsonl="2")
    (place / "dataset_infos.json").write_text("{}")
    assert [(one.name, list(one.files)) for one in find_benchmarks({"bench": place})] == [
        ("bench", ["a.jsonl"]),
        ("bench/dataset", ["x.jsonl"]),
    ]


@pytest.mark.parametrize(
    ("names", "left"),
    [
        pytest.param(["train.jsonl", "test.jsonl"], ["test.jsonl"], id="files"),
        pytest.param(
            ["main/train-00000-of-00001.jsonl", "main/test-00000-of-00001.jsonl"], ["main/test-"], id="shards"
        ),
        pytest.param(["train/a.jsonl", "dev/b.jsonl"], ["dev/b.jsonl"], id="folders"),
        pytest.param(["train/algebra/1.json", "test/algebra/1.json"], ["test/algebra"], id="folders of files"),
        pytest.param(["my-training1.jsonl", "dev.jsonl"], ["dev.jsonl"], id="other words"),
        pytest.param(["TRAIN.jsonl", "Validation.jsonl"], ["Validation.jsonl"], id="capitals"),
        pytest.param(["train.jsonl"], ["train.jsonl"], id="nothing else"),
        pytest.param(["train.jsonl", "exam.jsonl"], ["exam.jsonl", "train.jsonl"], id="no split beside it"),
        pytest.param(["trainspotting.jsonl", "test.jsonl"], ["test.jsonl", "trainspotting.jsonl"], id="another word"),
        pytest.param(
            ["auxiliary_train/a.jsonl", "all/test.jsonl"],
            ["all/test.jsonl", "auxiliary_train/a.jsonl"],
            id="a folder that is called more than that",
        ),
        pytest.param(
            ["aime/data/train-00000-of-00001.jsonl", "gsm8k/test.jsonl"],
            ["aime/data/train-00000", "gsm8k/test.jsonl"],
            id="of another benchmark",
        ),
        pytest.param(
            ["training_gym/a.jsonl", "human_eval/b.jsonl", "train.jsonl"],
            ["human_eval/b.jsonl", "train.jsonl", "training_gym/a.jsonl"],
            id="benchmarks of such names",
        ),
        pytest.param(
            ["training_gym/train.jsonl", "training_gym/test.jsonl"], ["training_gym/test.jsonl"], id="in such a folder"
        ),
        pytest.param(["constraint.jsonl", "test.jsonl"], ["constraint.jsonl", "test.jsonl"], id="within a word"),
    ],
)
def test_a_split_to_train_on_is_passed_over_and_named(tmp_path: Path, names: list[str], left: list[str]):
    for name in names:
        (tmp_path / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / name).write_text(name)
    found = [path for one in find_benchmarks({"bench": tmp_path / "all"}) for path in one.files.values()]
    paths = [path.relative_to(tmp_path / "all").as_posix() for path in found]
    assert all(path.startswith(start) for path, start in zip(sorted(paths), left, strict=True))
    assert sorted(
        [*paths, *(one.removeprefix("bench/") for one in passed_over({"bench": tmp_path / "all"}))]
    ) == sorted(names)


def test_a_split_to_train_on_counts_where_it_is_named(tmp_path: Path):
    place = folder(tmp_path / "all", train_jsonl="1", test_jsonl="2")
    places = {"bench": place, "named": place / "train.jsonl"}
    assert [one.name for one in find_benchmarks(places)] == ["bench", "named"]
    assert passed_over(places) == ["bench/train.jsonl"]


def test_linked_folders_are_followed_once(tmp_path: Path):
    place = folder(tmp_path / "all", a_jsonl="1")
    elsewhere = folder(tmp_path / "elsewhere", b_jsonl="2")
    (place / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(place)
    assert [(one.name, list(one.files)) for one in find_benchmarks({"bench": place})] == [
        ("bench", ["a.jsonl"]),
        ("bench/linked", ["b.jsonl"]),
    ]


def test_identity_of_a_file_is_its_sha256_and_of_a_folder_that_of_its_sums(tmp_path: Path):
    place = folder(tmp_path / "all", b_jsonl="2", a_jsonl="1")
    sums = [hashlib.sha256(content).hexdigest() for content in (b"1", b"2")]
    assert only(place / "a.jsonl").sha256 == sums[0]
    lines = f"{sums[0]}  a.jsonl\n{sums[1]}  b.jsonl\n"
    assert only(place).sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert only(place).label == f"bench@{only(place).sha256}"


def test_identity_follows_content_and_names_and_not_the_place(tmp_path: Path):
    first = only(folder(tmp_path / "here", a_jsonl="1", README_md="x")).sha256
    assert only(folder(tmp_path / "there", a_jsonl="1", README_md="other")).sha256 == first
    assert only(folder(tmp_path / "changed", a_jsonl="2")).sha256 != first
    assert only(folder(tmp_path / "renamed", b_jsonl="1")).sha256 != first


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(None, "at .*bench, where nothing is", id="missing"),
        pytest.param({}, "holds no file to check against", id="empty"),
        pytest.param({"README_md": "x", "_gitignore": "x"}, "holds no file to check against", id="nothing but read-me"),
        pytest.param({"a_jsonl": "1", "data_xlsx": "x"}, r"data\.xlsx of .* is of no kind that is read", id="unknown"),
        pytest.param({"a_jsonl": "1", "b_zip": "x"}, r"b\.zip of .* is of no kind that is read", id="archive"),
        pytest.param({"nosuffix": "x"}, r"nosuffix of .* is of no kind that is read", id="no suffix"),
    ],
)
def test_what_cannot_be_checked_against_is_refused_by_name(tmp_path: Path, files: dict[str, str] | None, said: str):
    place = tmp_path / "bench"
    if files is not None:
        place.mkdir()
        folder(place, **files)
    with pytest.raises(RecipeError, match=f"curation.contamination: .*{said}"):
        find_benchmarks({"bench": place})


def test_a_link_to_nothing_is_named(tmp_path: Path):
    place = folder(tmp_path / "bench", a_jsonl="1")
    (place / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RecipeError, match=r"'bench' cannot be read: .*gone\.jsonl"):
        find_benchmarks({"bench": place})
