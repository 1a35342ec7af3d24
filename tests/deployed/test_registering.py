"""What `up` registers, where its server was up before: what is asked for, and what was an operator's, stay."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.deployments.runner import RunnerDeployment
from prefect.settings import PREFECT_API_URL, temporary_settings

from stillroom.cli.deployed_processes import POOL
from stillroom.cli.deploying import SHARDS, register
from stillroom.errors import RequestError
from tasks.deployed import refuse_other_version
from tests.deployed.conftest import server_alone
from tests.fakes.prompts import recipe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def own_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of these tests' own: what they register is in the way of others."""
    with server_alone(tmp_path_factory.mktemp("registering")) as address:
        yield address


@pytest.fixture
async def client(own_api: str) -> AsyncIterator[PrefectClient]:
    with temporary_settings({PREFECT_API_URL: own_api}):
        async with get_client() as opened:
            yield opened


async def registered(folder: Path, dataset: str, shards_at_once: int | None = None) -> list[str]:
    """Register everything with a recipe of this dataset; returns what was said."""
    lines: list[str] = []
    made = recipe(folder).model_copy(update={"dataset": dataset})
    await register(made, folder=folder, home=folder, shards_at_once=shards_at_once, say=lines.append)
    return lines


async def shards_at_once(client: PrefectClient) -> int | None:
    return (await client.read_work_queue_by_name(SHARDS, work_pool_name=POOL)).concurrency_limit


async def test_how_many_shards_run_at_once_is_changed_by_whoever_says_so(client: PrefectClient, tmp_path: Path) -> None:
    await registered(tmp_path, "first")
    assert await shards_at_once(client) == 2
    assert "8 shards run at once from now on; it was 2." in await registered(tmp_path, "first", 8)
    assert await shards_at_once(client) == 8
    assert await registered(tmp_path, "first") == []
    assert await shards_at_once(client) == 8


@pytest.mark.parametrize(("deployed_version", "is_to_be_ended"), [("0.0.9", True), ("0.0.10", False)])
async def test_who_is_refused_for_another_version_is_told_what_helps(
    client: PrefectClient, deployed_version: str, is_to_be_ended: bool
) -> None:
    """A new build of a deployment that is of that version itself would be refused as well."""
    flow_id = await client.create_flow_from_name("old")
    deployment = await client.create_deployment(flow_id, "old", version=deployed_version)
    this = FlowRun(flow_id=flow_id, deployment_id=deployment, deployment_version="0.0.9")
    with FlowRunContext.model_construct(flow_run=this), pytest.raises(RequestError) as refused:
        await refuse_other_version()
    assert ("end `stillroom up` and start it again" in str(refused.value)) is is_to_be_ended
    assert "Start a new build: it continues the same run" in str(refused.value)


async def test_the_recipe_of_the_next_up_replaces_that_of_one_whose_server_refused(
    client: PrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise httpx.ConnectError("gone")

    await registered(tmp_path, "first")
    with monkeypatch.context() as patch:
        patch.setattr(RunnerDeployment, "aapply", refuse)
        with pytest.raises(httpx.ConnectError):
            await registered(tmp_path, "second")
    assert await registered(tmp_path, "third") == []
    assert (await client.read_deployment_by_name("build/build")).parameters["recipe"]["dataset"] == "third"
