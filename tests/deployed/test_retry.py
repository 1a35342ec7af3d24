"""A failed shard is retried, alone; the build wakes by itself, and everything downstream is derived again, once."""

from typing import Any

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment, deployed
from tests.integration.workbench import Workbench

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
    bench: Workbench, start_teacher: Start
) -> None:
    with deployed(bench, "--shards-at-once", "1") as deployment:
        build, failed = fail_one_shard(deployment, start_teacher)
        shard = failed["parameters"]["shard"]
        message = deployment.ask(f"/flow_runs/{build['id']}")["state"]["message"]
        assert f"1 of 2 shards failed ({shard})" in message
        assert "no SGLang server answers" in message
        assert "\n" not in message

        deployment.retry(failed)
        deployment.wait_for_state(failed, "Completed")
        deployment.wait_for_state(build, "Completed")
        after = deployment.ask(f"/flow_runs/{build['id']}")
        assert after["run_count"] == 2
        assert "published as functions@1" in after["state"]["message"]
        runs = deployment.shard_runs()
        assert {n: one["run_count"] for n, one in runs.items()} == {shard: 2, 1 - shard: 1}
        _is_paid_once(bench)
        _is_shown(deployment, after)


def _is_paid_once(bench: Workbench) -> None:
    (stored,) = bench.sql("select count(*) as n, count(distinct sample_id) as d from samples")
    paid = (bench.folder / "ledger").read_text(encoding="utf-8").count('"sample"')
    assert stored["n"] == stored["d"] == paid
    assert len(bench.sql("select * from snapshots")) == 1


def _is_shown(deployment: Deployment, build: dict[str, Any]) -> None:
    """The progress of each shard, and the table, funnel and link of the build."""
    found = deployment.ask("/artifacts/filter", {})
    keys = {one["key"] for one in found}
    assert {"functions-build", "functions-r1-shard-0", "functions-r1-shard-1"} <= keys, "progress"
    assert {"functions-r1-shards", "functions-r1-funnel"} <= keys
    (link,) = (one for one in found if one["key"] == "functions-r1-snapshot")
    assert "functions@1" in link["data"]
    assert link["flow_run_id"] == build["id"]
    events = deployment.ask("/events/filter", {"filter": {"event": {"prefix": ["stillroom."]}}})["events"]
    assert {one["event"] for one in events} == {"stillroom.shard.failed", "stillroom.snapshot.published"}


def test_retrying_the_build_first_retries_its_failed_shards(bench: Workbench, start_teacher: Start) -> None:
    with deployed(bench, "--shards-at-once", "1") as deployment:
        build, failed = fail_one_shard(deployment, start_teacher)
        deployment.retry(build)
        deployment.wait_for_state(build, "Completed")
        assert len(deployment.flow_runs("shard")) == 2, "the failed flow run is tried again, no other is made"
        assert deployment.state(failed) == "Completed"
        assert len(bench.sql("select * from snapshots")) == 1


def test_a_build_that_may_finish_without_a_shard_publishes_the_next_version_when_it_comes(
    bench: Workbench, start_teacher: Start
) -> None:
    with bench.recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("snapshot: {allow_partial: 0.5}\n")
    with deployed(bench, "--shards-at-once", "1") as deployment:
        build, failed = fail_one_shard(deployment, start_teacher, ends="Completed")
        message = deployment.ask(f"/flow_runs/{build['id']}")["state"]["message"]
        assert f"published as functions@1 without shard {failed['parameters']['shard']} (3 of 6 prompts)" in message

        assert bench.run("retry", "functions-r1").code == 0
        deployment.wait_for_state(failed, "Completed")
        deployment.wait(lambda: deployment.ask(f"/flow_runs/{build['id']}")["run_count"] == 2, what="a second version")
        deployment.wait_for_state(build, "Completed")
        message = deployment.ask(f"/flow_runs/{build['id']}")["state"]["message"]
        assert message == "functions-r1 was published as functions@2"
        versions = bench.sql("select version, run_id from snapshots order by version")
        assert versions == [{"version": n, "run_id": "functions-r1"} for n in (1, 2)]


def test_the_command_line_follows_a_build_shows_what_failed_and_retries_all_of_it(
    bench: Workbench, start_teacher: Start
) -> None:
    teacher = start_teacher("--die-after", "1")
    with deployed(bench) as deployment:
        built = bench.build("--deployed", "--json")
        assert built.code == 1
        assert "2 of 2 shards failed (0, 1)" in built.err
        assert "stillroom retry functions-r1" in built.err
        assert teacher.process.poll() is not None
        status = bench.run("status", "functions-r1", "--json").json
        assert [(one["state"], one["committed"]) for one in status] == [("Failed", False), ("Failed", False)]
        assert all("no SGLang server answers" in one["message"] for one in status)

        start_teacher()
        done = bench.run("retry", "functions-r1", "--json")
        assert done.json == {"run": "functions-r1", "shards": [0, 1], "build": False}
        (build,) = deployment.flow_runs("build")
        deployment.wait_for_state(build, "Completed")
        assert deployment.ask(f"/flow_runs/{build['id']}")["run_count"] == 2, "two shards wake it once"
        assert bench.run("retry", "functions-r1").code == 2

        again = bench.build("--deployed", "--json")
        assert again.code == 0, again.err
        assert again.json["run"] == "functions-r2"
