"""Benchmarks of a hub: pinned by commit, fetched once and whole, read offline afterwards, refused in words."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.errors import RecipeError
from stillroom.recipe import find_benchmarks, load_recipe, parse_recipe, recorded_recipe
from tests.fakes.hub import COMMIT, Hub, asking_it, hub_here
from tests.fakes.prompts import RECIPE, write_seeds

ROWS = b'{"id": "q1", "question": "How many?"}\n{"id": "q2", "question": "How long?"}\n'
FILES = {
    ".gitattributes": b"*.parquet filter=lfs",
    "README.md": b"# About",
    "main/test.jsonl": ROWS,
    "socratic/test.jsonl": ROWS.replace(b"How", b"So how"),
}
PLACE = f"hf://datasets/owner/exam@{COMMIT}"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_here() as one:
        one.datasets["owner/exam"] = FILES
        asking_it(one.url, tmp_path, monkeypatch)
        yield one


def copied(folder: Path) -> Path:
    """The same files in a folder of one's own."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_a_data_set_is_the_same_benchmark_as_a_folder_of_its_files(hub: Hub, tmp_path: Path) -> None:
    found = find_benchmarks({"exam": PLACE})

    of_folder = find_benchmarks({"exam": copied(tmp_path / "copy")})
    assert [one.label for one in found] == [one.label for one in of_folder]
    assert [one.name for one in found] == ["exam/main", "exam/socratic"]
    assert read_benchmarks(found).rows()[0] == ("exam/main", "test.jsonl:q1", "q1")


def test_a_split_to_train_on_is_not_fetched_but_where_it_is_named(hub: Hub) -> None:
    hub.datasets["owner/exam"] = {**FILES, "main/train.jsonl": ROWS * 2, "exam.py": b"x"}
    assert [list(one.files) for one in find_benchmarks({"exam": f"{PLACE}/main"})] == [["test.jsonl"]]
    assert not any("train" in one or ".py" in one for one in hub.asked)
    (named,) = find_benchmarks({"exam": f"{PLACE}/main/train.jsonl"})
    assert list(named.files) == ["train.jsonl"]


def test_what_was_fetched_is_read_without_the_hub(hub: Hub) -> None:
    before = find_benchmarks({"exam": PLACE})
    asked = len(hub.asked)
    hub.status = 500
    assert find_benchmarks({"exam": PLACE}) == before
    assert len(hub.asked) == asked > 0


def test_a_part_of_a_data_set_is_fetched_alone(hub: Hub) -> None:
    (found,) = find_benchmarks({"exam": f"{PLACE}/main"})
    assert (found.name, list(found.files)) == ("exam", ["test.jsonl"])
    assert not any("socratic" in one for one in hub.asked)
    (file,) = find_benchmarks({"exam": f"{PLACE}/socratic/test.jsonl"})
    assert file.files["test.jsonl"].read_bytes() == FILES["socratic/test.jsonl"]


def test_a_fetch_that_was_interrupted_is_gone_on_with_and_never_taken_for_the_whole(hub: Hub) -> None:
    hub.datasets["owner/exam"] = {**FILES, "main/test.jsonl": ROWS * 1_000}
    hub.failing = {"socratic/test.jsonl"}
    with pytest.raises(RecipeError, match="cannot be reached"):
        find_benchmarks({"exam": PLACE})
    hub.failing = set()
    hub.asked.clear()

    assert len(find_benchmarks({"exam": PLACE})) == 2
    assert "GET /datasets/owner/exam/resolve/" + COMMIT + "/main/test.jsonl" not in hub.asked


@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param(f"hf://datasets/owner/none@{COMMIT}", "has no such data set, or not for everybody", id="unknown"),
        pytest.param(f"hf://datasets/owner/exam@{'f' * 40}", "has no such commit", id="commit"),
        pytest.param(f"{PLACE}/test", r"holds no file to check against there\. It has: .*main/test\.jsonl", id="path"),
        pytest.param(f"hf://datasets/owner/images@{COMMIT}", r"kinds that are not read here: a\.png", id="kind"),
        pytest.param(f"hf://datasets/owner/gated@{COMMIT}", r"agreed to its terms\. Agree at http://127", id="gated"),
    ],
)
def test_what_a_hub_does_not_give_is_refused_in_words(hub: Hub, place: str, said: str) -> None:
    hub.datasets |= {"owner/images": {"a.png": b"x", "a.jsonl": ROWS}, "owner/gated": FILES}
    hub.gated = {"owner/gated"}
    with pytest.raises(RecipeError, match=said) as refused:
        find_benchmarks({"exam": place})
    assert str(refused.value).startswith("curation.contamination: benchmark 'exam', ")
    assert not any(one.startswith("GET /datasets") for one in hub.asked), "nothing is fetched for nothing"


def test_a_hub_that_fails_is_told_by_its_answer(hub: Hub) -> None:
    hub.status = 418
    with pytest.raises(RecipeError, match="answered with status 418"):
        find_benchmarks({"exam": PLACE})


def test_without_a_network_it_is_said_what_is_missing(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    asking_it("http://127.0.0.1:9", tmp_path, monkeypatch)
    with pytest.raises(RecipeError, match=r"is not on this machine, and http://127\.0\.0\.1:9 cannot be reached"):
        find_benchmarks({"exam": PLACE})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(RecipeError, match="is not on this machine, and HF_HUB_OFFLINE is set"):
        find_benchmarks({"exam": PLACE})


def test_a_token_is_given_to_the_hub_and_stands_nowhere_else(hub: Hub, tmp_path: Path) -> None:
    hub.datasets["owner/gated"] = FILES
    hub.gated = {"owner/gated"}
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    file = tmp_path / "recipe.yaml"
    place = f"hf://datasets/owner/gated@{COMMIT}"
    file.write_text(f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: {place!r}}}}}}}\n")
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "stillroom", "--lake", str(tmp_path / "lake"), "plan", str(file)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_TOKEN": hub.token,
    }

    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert hub.authorizations == {f"Bearer {hub.token}"}
    assert hub.token not in done.stdout + done.stderr
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) > 2
    assert not any(hub.token.encode() in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("hf://datasets/owner/exam", id="no commit"),
        pytest.param("hf://datasets/owner/exam@main", id="branch"),
        pytest.param("hf://datasets/owner/exam@0123456", id="part of a commit"),
        pytest.param(f"hf://datasets/exam@{COMMIT}", id="no owner"),
        pytest.param(f"hf://owner/exam@{COMMIT}", id="a model"),
        pytest.param(f"hf:/datasets/owner/exam@{COMMIT}", id="one slash"),
        pytest.param(f"{PLACE}/../../etc", id="out of it"),
        pytest.param(f"{PLACE}/", id="empty path"),
        pytest.param(f"{PLACE}/a\nb", id="line end"),
    ],
)
def test_a_place_that_is_not_pinned_is_refused_by_its_field(tmp_path: Path, place: str) -> None:
    text = f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: {json_text(place)}}}}}}}\n"
    with pytest.raises(RecipeError, match=r"curation\.contamination\.benchmarks\.exam.*names no data set of a hub"):
        parse_recipe(text, base=tmp_path, source="r.yaml")


def json_text(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


def test_a_place_stays_as_it_was_written_wherever_the_recipe_is_kept(tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    file = tmp_path / "recipe.yaml"
    file.write_text(f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: {PLACE}/main, own: own}}}}}}\n")
    recipe = load_recipe(file)
    recorded = recorded_recipe(recipe.model_dump_json(), run_id="tiny-r1")
    for one in (recipe, recorded):
        assert one.curation.contamination is not None
        assert one.curation.contamination.benchmarks == {"exam": f"{PLACE}/main", "own": tmp_path / "own"}
