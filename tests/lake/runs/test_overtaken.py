"""What others publish between a decision and its publication is compared with, too, before anything is published."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import Overtaken
from stillroom.lake import Lake
from stillroom.publication import Snapshot, publish, snapshots
from stillroom.recipe import Recipe
from stillroom.records import Judgement, Outcome
from stillroom.runs import Run, load_run
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier
from tests.lake.runs.test_giving_way import WAYS, alike, builder, curations, decide_again, retracted, reverified

LENIENT = FakeVerifier(verifier_id="lenient")
FOUR = "sampling: {adaptive: false, samples: 4}\n"


async def curated(lake: Lake, given: Recipe, by: Builder | None = None) -> tuple[Run, str]:
    """A run whose build dies when it was decided about."""
    one = by or builder(lake)
    run = one.begin(given)
    await one.sample(run)
    return run, curate_run(lake, run, ["fake-id"])


async def finished_without(lake: Lake, given: Recipe) -> Run:
    """A finished run of which nothing passed, for now."""
    timed_out = FakeVerifier(rule=lambda check, answer: Judgement(outcome=Outcome.FAIL, reason="timeout"))
    one = builder(lake)
    run, nothing = await Builder(lake, client=one.client, verifier=timed_out).build(given)
    assert nothing is None
    return load_run(lake, run.run_id)


def answers(lake: Lake) -> list[str]:
    """Of all that is published."""
    rows = lake.rows("SELECT DISTINCT example_id, answer FROM lake.snapshot_examples ORDER BY ALL")
    return [row["answer"] for row in rows]


@pytest.mark.parametrize(("curation", "gate"), WAYS)
async def test_what_a_reverification_published_meanwhile_is_not_published_once_more(
    lake: Lake, tmp_path: Path, curation: str, gate: str
) -> None:
    given = alike(tmp_path, curation)
    earlier = await finished_without(lake, given)
    run, stale = await curated(lake, given)
    assert await reverified(lake, earlier, LENIENT) is not None

    with pytest.raises(Overtaken, match=r"^tiny@1 came after tiny-r2 was compared"):
        publish(lake, run, stale)
    assert [one.label for one in snapshots(lake)] == ["tiny@1"]

    again = curate_run(lake, run, ["fake-id"])
    assert again != stale
    gates = lake.rows("SELECT DISTINCT gate FROM lake.current_selections WHERE run_id = ?", [run.run_id])
    assert gates == [{"gate": gate}]
    assert publish(lake, run, again) is None
    assert len(answers(lake)) == 1
    assert curate_run(lake, run, ["fake-id"]) == again, "it has seen all there is"


async def test_of_two_datasets_that_are_decided_about_at_once_the_later_sees_what_the_earlier_published(
    lake: Lake, tmp_path: Path
) -> None:
    run, first = await curated(lake, alike(tmp_path, "published: all"))
    other, second = await curated(lake, alike(tmp_path, "published: all", dataset="other"))

    assert publish(lake, run, first) is not None
    with pytest.raises(Overtaken, match=r"^tiny@1 came after other-r1 was compared"):
        publish(lake, other, second)

    assert publish(lake, other, curate_run(lake, other, ["fake-id"])) is None
    assert [one.label for one in snapshots(lake)] == ["tiny@1"]
    assert len(answers(lake)) == 1


async def test_who_publishes_in_the_last_moment_is_seen_within_the_transaction(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, first = await curated(lake, alike(tmp_path, "published: all"))
    other, second = await curated(lake, alike(tmp_path, "published: all", dataset="other"))
    module = importlib.import_module("stillroom.publication.publish")  # a function has its name in the package
    looks = module.new_examples

    def looked(*asked: Any, **how: Any) -> Any:
        found = looks(*asked, **how)
        monkeypatch.setattr(module, "new_examples", looks)
        assert publish(lake, run, first) is not None
        return found

    monkeypatch.setattr(module, "new_examples", looked)
    with pytest.raises(Overtaken):
        publish(lake, other, second)
    assert [one.label for one in snapshots(lake)] == ["tiny@1"]


async def test_decided_twice_it_may_be_overtaken_again(lake: Lake, tmp_path: Path) -> None:
    run, _ = await curated(lake, recipe(tmp_path, f"{FOUR}curation: {{published: all}}"), Builder(lake))
    seen: list[str] = []
    for name in ("one", "two", "three"):
        seen.append(curate_run(lake, run, ["fake-id"]))
        await builder(lake).build(alike(tmp_path, dataset=name))
        with pytest.raises(Overtaken, match=f"^{name}@1 came"):
            publish(lake, run, seen[-1])

    assert publish(lake, run, curate_run(lake, run, ["fake-id"])) is not None
    assert len({*seen}) == len(seen)


async def test_what_is_not_compared_with_overtakes_nobody(lake: Lake, tmp_path: Path) -> None:
    run, stands = await curated(lake, alike(tmp_path))
    _, other = await builder(lake).build(alike(tmp_path, dataset="other"))
    assert other is not None

    assert curate_run(lake, run, ["fake-id"]) == stands
    assert publish(lake, run, stands) is not None


async def test_a_version_that_only_takes_out_overtakes_nobody(lake: Lake, tmp_path: Path) -> None:
    apart = recipe(tmp_path, FOUR)
    first, _ = await Builder(lake).build(apart)
    run, stands = await curated(lake, apart, Builder(lake))
    assert retracted(lake, load_run(lake, first.run_id)).new_rows == 0

    assert curate_run(lake, run, ["fake-id"]) == stands
    assert isinstance(publish(lake, run, stands), Snapshot)


async def test_what_has_nothing_to_publish_or_is_published_is_not_decided_about_for_others(
    lake: Lake, tmp_path: Path
) -> None:
    apart = recipe(tmp_path, FOUR)
    built, first = await Builder(lake).build(apart)
    assert first is not None
    run = load_run(lake, built.run_id)
    (own,) = lake.rows("SELECT DISTINCT curation_id FROM lake.selections")
    await Builder(lake).build(apart)

    assert publish(lake, run, own["curation_id"]) == first
    decide_again(lake, run)  # what it has published counts as such from now on
    before = curations(lake, run)
    await Builder(lake).build(apart)
    assert decide_again(lake, run) is None
    assert curations(lake, run) == before
