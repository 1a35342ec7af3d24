"""A failed shard is retried, alone; the build wakes by itself, and everything downstream is derived again, once."""

from typing import Any

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def fail_one_shard(
    deployment: Deployment, start_teacher: Start, *, ends: str = "ShardsFailed"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build until the teacher is gone under the second shard; returns the build and the shard that failed."""
    teacher = start_teacher("--delay", "3")
    build = deployment.submit()
    deployment.wait(
        lambda: any(one["state_name"] == "Completed" for one in deployment.flow_runs("shard")), what="a first shard"
    )
    teacher.kill()
    deployment.wait_for_state(build, ends)
    states = {n: one["state_name"] for n, one in deployment.shard_runs().items()}
    assert sorted(states.values()) == ["Completed", "Failed"]
    start_teacher()
    (failed,) = (one for one in deployment.shard_runs().values() if one["state_name"] == "Failed")
    return build, failed


def test_a_shard_that_fails_is_named_with_its_reason_and_one_retry_heals_the_build(
    deployment: Deployment, start_teacher: Start
) -> None:
    build, failed = fail_one_shard(deployment, start_teacher)
    shard = failed["parameters"]["shard"]
    message = deployment.message(build)
    assert f"1 of 2 shards failed ({shard})" in message
    assert "no SGLang server answers" in message
    assert "\n" not in message

    deployment.retry(failed)
    deployment.wait_for_state(failed, "Completed")
    deployment.wait_for_state(build, "Completed")
    assert deployment.run_count(build) == 2
    assert deployment.message(build) == f"{deployment.run_id} was published as {deployment.bench.dataset}@1"
    runs = deployment.shard_runs()
    assert {n: one["run_count"] for n, one in runs.items()} == {shard: 2, 1 - shard: 1}
    _is_paid_once(deployment)
    _is_shown(deployment, build)


def _is_paid_once(deployment: Deployment) -> None:
    bench = deployment.bench
    of_run = f"from samples where run_id = '{deployment.run_id}'"
    (stored,) = bench.sql(f"select count(*) as n, count(distinct sample_id) as d {of_run}")
    paid = (bench.folder / "ledger").read_text(encoding="utf-8").count('"sample"')
    assert stored == {"n": paid, "d": paid}
    assert deployment.versions() == [1]


def _is_shown(deployment: Deployment, build: dict[str, Any]) -> None:
    """The progress of each shard, and the table, funnel and link of the build."""
    run_id, dataset = deployment.run_id, deployment.bench.dataset
    progress = {f"{dataset}-build", f"{run_id}-shard-0", f"{run_id}-shard-1"}
    # The lake says that a shard is done, and the build goes on by it, before the shard's flow run has told its last.
    deployment.wait(lambda: progress <= _artifacts(deployment).keys(), seconds=60.0, what="the progress of each shard")
    found = _artifacts(deployment)
    assert {found[key]["type"] for key in progress} == {"progress"}
    assert {f"{run_id}-shards", f"{run_id}-funnel"} <= found.keys()
    link = found[f"{run_id}-snapshot"]
    assert f"{dataset}@1" in link["data"]
    assert link["flow_run_id"] == build["id"]
    expected = {"stillroom.shard.failed", "stillroom.snapshot.published"}
    deployment.wait(lambda: _events(deployment) == expected, seconds=60.0, what="its events, which are told aside")


def _artifacts(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in deployment.ask("/artifacts/latest/filter", {})}


def _events(deployment: Deployment) -> set[str]:
    found = deployment.ask("/events/filter", {"filter": {"event": {"prefix": ["stillroom."]}}})["events"]
    return {one["event"] for one in found if one["payload"]["run_id"] == deployment.run_id}


def test_retrying_the_build_first_retries_its_failed_shards(deployment: Deployment, start_teacher: Start) -> None:
    build, failed = fail_one_shard(deployment, start_teacher)
    deployment.retry(build)
    deployment.wait_for_state(build, "Completed")
    assert len(deployment.flow_runs("shard")) == 2, "the failed flow run is tried again, no other is made"
    assert deployment.state(failed) == "Completed"
    assert deployment.versions() == [1]


def test_a_build_that_may_finish_without_a_shard_publishes_the_next_version_when_it_comes(
    deployment: Deployment, start_teacher: Start
) -> None:
    dataset, run_id = deployment.bench.dataset, deployment.run_id
    with deployment.bench.recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("snapshot: {allow_partial: 0.5}\n")
    build, failed = fail_one_shard(deployment, start_teacher, ends="Completed")
    shard = failed["parameters"]["shard"]
    assert f"published as {dataset}@1 without shard {shard} (3 of 6 prompts)" in deployment.message(build)

    done = deployment.bench.run("retry", run_id)
    assert done.code == 0, done.err
    deployment.wait_for_state(failed, "Completed")
    deployment.wait(lambda: deployment.run_count(build) == 2, what="the build to be woken")
    deployment.wait_for_state(build, "Completed")
    assert deployment.message(build) == f"{run_id} was published as {dataset}@2"
    assert deployment.versions() == [1, 2]


def test_the_command_line_follows_a_build_shows_what_failed_and_retries_all_of_it(
    deployment: Deployment, start_teacher: Start
) -> None:
    """The teacher dies while it writes prompts: the build fails of that, and is woken by its shards all the same."""
    teacher = start_teacher("--die-after", "1")
    bench, run_id = deployment.bench, deployment.run_id
    bench.write_recipe(new_prompts=2, dataset=bench.dataset)
    built = bench.build("--deployed", "--json")
    assert built.code == 1
    assert "no more prompts were written" in built.err
    assert "2 of 2 shards failed (0, 1)" in built.err
    assert f"stillroom retry {run_id}" in built.err
    assert teacher.process.poll() is not None
    status = bench.run("status", run_id, "--json").json
    assert [(one["state"], one["committed"]) for one in status] == [("Failed", False), ("Failed", False)]
    assert all("no SGLang server answers" in one["message"] for one in status)

    start_teacher()
    done = bench.run("retry", run_id, "--json")
    assert done.json == {"run": run_id, "shards": [0, 1], "build": False}
    (build,) = deployment.flow_runs("build")
    deployment.wait_for_state(build, "Completed")
    assert deployment.run_count(build) == 2, "two shards wake it once"
    assert bench.run("retry", run_id).code == 2

    again = bench.build("--deployed", "--json")
    assert again.code == 0, again.err
    assert again.json["run"] == f"{bench.dataset}-r2"
