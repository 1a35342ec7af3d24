"""Another verification as a deployed flow: schedule it after a verifier or the sandbox's image has changed."""

from contextlib import AsyncExitStack
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from flows.deployed_ends import skipped
from flows.reverify import reverify as reverify_runs
from stillroom.errors import LeaseHeld, RequestError
from stillroom.lease import MOMENT_SECONDS, building
from stillroom.publication import freeze_missing
from stillroom.runs import dataset_runs
from tasks.announcing import artifact_key
from tasks.deployed import deployed_lake, deployed_workshop
from tasks.lake_outage import lease_once_answered
from tasks.overdue import overdue
from tasks.reporting import tell_without_stacks


@flow(name="reverify", flow_run_name="reverify {dataset}", persist_result=False)
async def reverify(dataset: str) -> int | State[Any]:
    """Judge the stored samples of a dataset again by the verifiers as they are now; no teacher is asked.

    Returns how many verdicts that took. What changes the members of the dataset is published.

    Args:
        dataset: The dataset whose stored samples are judged again.

    Raises:
        RequestError: no run of the dataset is finished.
        LeaseHeld: somebody else took the dataset while PostgreSQL was restarted. The next call goes on.
    """
    tell_without_stacks()
    if (end := overdue()) is not None:
        return end
    async with AsyncExitStack() as held:
        try:
            root, say = deployed_lake(), get_run_logger().info
            await lease_once_answered(held, root, building(dataset), say, seconds=MOMENT_SECONDS)
            shop = await held.enter_async_context(deployed_workshop(artifact_key(dataset, "reverify")))
        # Only here: where the lease is in PostgreSQL it can be lost later as well, and then something was done.
        except LeaseHeld as error:
            return skipped(error)
        runs = dataset_runs(shop.lake, dataset)
        if not runs.finished:
            raise RequestError(f"no run of {dataset!r} is finished yet; its build goes on with the newest")
        await shop.write(lambda: freeze_missing(shop.lake, dataset, shop.watcher.say))
        shop.use_cluster(runs.execution.dask)
        await shop.meet_workers(runs.execution)
        return await reverify_runs.fn(dataset, list(runs.finished))
