"""A shard fails since the sandbox is down or its data is poisoned: the page says so, and a retry heals the build."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from stillroom.lake.reading import opened
from stillroom.runs import shard_journal
from tests.deployed.conftest import Start, without_docker
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@contextmanager
def submitted(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """A build whose two shards wait for the worker until the end of the block."""
    with deployment.paused_shards():
        build = deployment.submit()
        deployment.wait(lambda: len(deployment.shard_runs()) == 2, what="both shards to be started")
        yield build


def is_healed(deployment: Deployment, build: dict[str, Any], shards: list[dict[str, Any]]) -> None:
    for one in shards:
        deployment.wait_for_state(one, "Completed")
    deployment.wait(lambda: deployment.run_count(build) == 2, what="the build to be woken")
    deployment.wait_for_state(build, "Completed")
    assert deployment.run_count(build) == 2, "it is woken once"
    assert deployment.versions() == [1]
    stored = f"select count(*) as n from samples where run_id = '{deployment.run_id}'"
    paid = (deployment.bench.folder / "ledger").read_text(encoding="utf-8").count('"sample"')
    assert deployment.bench.sql(stored) == [{"n": paid}]


def test_the_sandbox_is_down_and_both_failed_shards_are_retried_together(
    deployment: Deployment, start_teacher: Start, docker_socket: Path
) -> None:
    start_teacher()
    with ExitStack() as gone:
        with submitted(deployment) as build:
            gone.enter_context(without_docker(docker_socket))
        deployment.wait_for_state(build, "ShardsFailed")
    message = deployment.message(build)
    assert "2 of 2 shards failed (0, 1): SandboxError: no Docker daemon answers" in message
    shards = deployment.flow_runs("shard")
    assert [one["state_name"] for one in shards] == ["Failed", "Failed"]
    for one in shards:
        assert "no Docker daemon answers" in deployment.message(one)
        assert "\n" not in deployment.message(one)

    for one in shards:
        deployment.retry(one)
    is_healed(deployment, build, shards)


def test_a_journal_is_poisoned_and_its_shard_is_retried_once_that_is_moved_away(
    deployment: Deployment, start_teacher: Start
) -> None:
    start_teacher()
    with submitted(deployment) as build:
        with opened(deployment.bench.lake) as lake:
            journal = shard_journal(lake, deployment.run_id, 1)
        assert isinstance(journal, Path)
        journal.parent.mkdir(parents=True, exist_ok=True)
        record = b'{"type":"of another version"}'
        journal.write_bytes(b"%08x %b\n" % (zlib.crc32(record), record))
    deployment.wait_for_state(build, "ShardsFailed")
    assert f"1 of 2 shards failed (1): LakeError: line 1 of the journal {journal}" in deployment.message(build)
    failed = deployment.shard_runs()[1]
    assert "move the file away" in deployment.message(failed)
    assert "\n" not in deployment.message(failed)

    journal.rename(journal.with_suffix(".poisoned"))
    deployment.retry(failed)
    is_healed(deployment, build, [failed])
    assert {n: one["run_count"] for n, one in deployment.shard_runs().items()} == {0: 1, 1: 2}
