"""``blast_radius``: all that depends on one thing, through writing, and through circles of it."""

from typing import Any

import pytest

from stillroom.lake import Lake
from tests.fakes.rows import row

DATASETS = ("one", "two")


def prompt(prompt_id: str, *parents: str, writer: str = "", **changes: object) -> Any:
    origin = "written" if parents else "seed"
    values = {"prompt_id": prompt_id, "parents": list(parents), "origin": origin, "writer_teacher": writer}
    return row("prompts", **{**values, **changes})


PROMPTS = [
    prompt("a"),
    prompt("b"),
    prompt("ab", "a", "b", writer="qwen@1"),
    prompt("ab", "a", "b", writer="qwen@1", check_id="another check of it"),
    prompt("abb", "ab", "b", writer="qwen@2"),
    prompt("loop-1", "abb", "loop-2", writer="llama@1"),
    prompt("loop-2", "loop-1", writer="llama@1"),
    prompt("mine", origin="user"),
]
ANSWERED_BY = {"a": "qwen@1", "b": "llama@1", "ab": "qwen@1", "abb": "qwen@2", "loop-2": "llama@1", "mine": "llamas@1"}
MEMBERS = {("one", 1): ["a", "b"], ("one", 2): ["a", "b", "ab"], ("two", 1): ["abb", "loop-2", "mine"]}


@pytest.fixture
def radius(lake: Lake) -> Lake:
    """Two datasets of one pool: `one` of r-one, whose samples v1 judged, and `two` of r-two, judged by v1 and v2."""
    runs_of = {prompt_id: "one" if prompt_id in ("a", "b", "ab") else "two" for prompt_id in ANSWERED_BY}
    for dataset in DATASETS:
        run = f"r-{dataset}"
        ids = [prompt_id for prompt_id, owner in runs_of.items() if owner == dataset]
        verifier_id = "v1" if dataset == "one" else "v2"
        samples = [
            row("samples", sample_id=f"s-{one}", prompt_id=one, teacher_id=ANSWERED_BY[one], shard=0) for one in ids
        ]
        verdicts = [verdict(f"s-{one}", "v1") for one in ids]
        verdicts += [verdict(f"s-{one}", "v2") for one in ids if dataset == "two"]
        examples = [example(one, verifier_id) for one in ids]
        selections = [
            row("selections", sample_id=f"s-{one}", curation_id=f"c-{dataset}", verifier_ids=[verifier_id])
            for one in ids
        ]
        versions = [version for name, version in MEMBERS if name == dataset]
        snapshots = [row("snapshots", name=dataset, version=version) for version in versions]
        members = [
            row("snapshot_members", name=dataset, version=version, example_id=f"e-{one}")
            for version in versions
            for one in MEMBERS[dataset, version]
        ]
        tables = {"samples": samples, "verdicts": verdicts, "examples": examples, "selections": selections}
        tables |= {"snapshots": snapshots, "snapshot_members": members, "runs": [row("runs", dataset=dataset)]}
        tables["prompts"] = PROMPTS
        lake.commit(dataset, tables, run_id=run)
    return lake


def verdict(sample_id: str, verifier_id: str) -> Any:
    names = {"verifier": f"tests@{verifier_id[1]}", "image_digest": f"sha256:{verifier_id}"}
    return row("verdicts", sample_id=sample_id, verifier_id=verifier_id, **names)


def example(prompt_id: str, verifier_id: str) -> Any:
    names = {"example_id": f"e-{prompt_id}", "sample_id": f"s-{prompt_id}", "prompt_id": prompt_id}
    about = {"teacher_id": ANSWERED_BY[prompt_id], "verifier": f"tests@{verifier_id[1]}", "verifier_id": verifier_id}
    curation_id = "c-one" if verifier_id == "v1" else "c-two"
    return row("examples", curation_id=curation_id, **names, **about)


def in_both(*prompts: str) -> list[str]:
    """Prompts that are a row in each of the two datasets."""
    return sorted(prompts * 2)


def depending(lake: Lake, kind: str, cause: str) -> dict[str, list[Any]]:
    """By kind of row, the items in order, prefixes cut off; of snapshots each with its number of rows."""
    found: dict[str, list[Any]] = {}
    for one in lake.rows("SELECT * FROM lake.blast_radius(?, ?) ORDER BY what, item", [kind, cause]):
        item = one["item"].removeprefix("s-").removeprefix("e-")
        found.setdefault(one["what"], []).append((item, one["rows"]) if one["what"] == "snapshot" else item)
    return found


def test_a_seed_reaches_all_that_was_written_from_it_once_and_circles_end(radius: Lake) -> None:
    assert depending(radius, "seed", "a") == {
        "prompt": in_both("a", "ab", "abb", "loop-1", "loop-2"),
        "sample": ["a", "ab", "abb", "loop-2"],
        "verdict": ["a", "ab", "abb", "abb", "loop-2", "loop-2"],
        "example": ["a", "ab", "abb", "loop-2"],
        "snapshot": [("one@1", 1), ("one@2", 2), ("two@1", 2)],
    }
    assert depending(radius, "prompt", "a") == depending(radius, "seed", "a")


def test_only_a_seed_is_found_as_one(radius: Lake) -> None:
    assert depending(radius, "seed", "ab") == depending(radius, "seed", "mine") == {}
    assert depending(radius, "prompt", "mine")["snapshot"] == [("two@1", 1)]
    assert depending(radius, "prompt", "loop-2")["prompt"] == in_both("loop-1", "loop-2")


def test_a_teacher_is_what_it_answered_and_what_came_of_its_prompts(radius: Lake) -> None:
    found = depending(radius, "teacher", "qwen@2")
    assert found["prompt"] == in_both("abb", "loop-1", "loop-2")
    assert found["sample"] == ["abb", "loop-2"]
    assert depending(radius, "teacher", "qwen")["sample"] == ["a", "ab", "abb", "loop-2"]
    assert depending(radius, "teacher", "llama")["sample"] == ["b", "loop-2"], "llamas is another teacher"


@pytest.mark.parametrize(
    ("kind", "cause", "verdicts", "examples"),
    [
        pytest.param("verifier", "tests@1", 6, ["a", "ab", "b"], id="verifier"),
        pytest.param("verifier", "v2", 3, ["abb", "loop-2", "mine"], id="verifier_id"),
        pytest.param("image", "sha256:v2", 3, ["abb", "loop-2", "mine"], id="image"),
    ],
)
def test_a_verifier_is_its_verdicts_and_what_was_published_on_them(
    radius: Lake, kind: str, cause: str, verdicts: int, examples: list[str]
) -> None:
    found = depending(radius, kind, cause)
    assert len(found["verdict"]) == len(found["sample"]) == verdicts
    assert found["example"] == examples
    assert "prompt" not in found


def test_an_example_that_names_another_verifier_stands_on_all_of_its_curation(radius: Lake) -> None:
    judged = [verdict("s-a", "v3")]
    chosen = [row("selections", sample_id="s-a", curation_id="c-one", verifier_ids=["v1", "v3"])]
    radius.commit("second verifier", {"verdicts": judged, "selections": chosen}, run_id="r-one")
    assert "a" in depending(radius, "verifier", "v3")["example"]


def test_where_neither_example_nor_curation_names_a_verifier_it_stands_on_what_judged_its_sample(radius: Lake) -> None:
    execute = radius._connection.execute  # pyright: ignore[reportPrivateUsage] - as rows of an earlier Stillroom are
    execute("UPDATE lake.examples SET verifier_id = NULL")
    assert depending(radius, "image", "sha256:v1")["example"] == ["a", "ab", "b"], "their curation names it"
    execute("UPDATE lake.selections SET verifier_ids = NULL")

    for kind, name in (("verifier", "tests@2"), ("verifier", "v2"), ("image", "sha256:v2")):
        found = depending(radius, kind, name)
        assert (found["example"], found["snapshot"]) == (["abb", "loop-2", "mine"], [("two@1", 3)])
    assert depending(radius, "verifier", "v1")["example"] == ["a", "ab", "abb", "b", "loop-2", "mine"]


def test_what_does_not_exist_has_nothing_and_is_no_sql(radius: Lake) -> None:
    for kind in ("seed", "prompt", "teacher", "verifier", "image"):
        assert depending(radius, kind, "' OR 1=1 --") == depending(radius, kind, "") == {}


def test_a_member_counts_by_its_own_datasets_example(radius: Lake) -> None:
    """Dataset `two` publishes the same example as `one` did, passed by another verifier."""
    again = {**example("a", "v2"), "curation_id": "c-two"}
    version = row("snapshots", name="two", version=2)
    member = row("snapshot_members", name="two", version=2, example_id="e-a")
    radius.commit("two@2", {"examples": [again], "snapshots": [version], "snapshot_members": [member]}, run_id="r-two")
    assert depending(radius, "verifier", "v2")["snapshot"] == [("two@1", 3), ("two@2", 1)]
    assert depending(radius, "verifier", "v1")["snapshot"] == [("one@1", 2), ("one@2", 3)]


def test_writing_reaches_no_further_than_its_dataset(radius: Lake) -> None:
    """Dataset `three` was given the task that `one` and `two` wrote, and takes what they were given for written."""
    given = [prompt("abb", origin="user"), prompt("a", "mine", writer="qwen@9")]
    samples = [row("samples", sample_id=f"s-{one}-3", prompt_id=one, teacher_id="t@1", shard=0) for one in ("a", "abb")]
    tables = {"prompts": given, "samples": samples, "runs": [row("runs", dataset="three")]}
    radius.commit("three", tables, run_id="r-three")

    assert {"a-3", "abb-3"}.isdisjoint(depending(radius, "seed", "a")["sample"])
    assert depending(radius, "prompt", "a")["sample"] == ["a", "a-3", "ab", "abb", "loop-2"]
    assert depending(radius, "teacher", "qwen@9") == {"prompt": ["a"], "sample": ["a-3"]}
