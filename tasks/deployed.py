"""What a deployed flow run stands on: the lake that its worker was started for, its workshop, its version."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RequestError
from tasks.prefect_outage import NOT_TO_BE_HAD
from tasks.reporting import FlowRunWatcher, tell_without_stacks
from tasks.signals import signals_as_raised
from tasks.slots import slots
from tasks.workshop import Workshop, open_workshop


def deployed_lake() -> Path:
    """The folder of the lake that this process's worker was started for.

    Raises:
        LakeError: the worker was started without one.
    """
    folder = os.environ.get(LAKE_VARIABLE)
    if not folder:
        raise LakeError(
            f"the worker of this flow run knows no lake; start it by `make up`, or with {LAKE_VARIABLE} set"
        )
    return Path(folder)


async def refuse_other_version() -> None:
    """Refuse a flow run that was created by a deployment of another version: two versions must not mix in one run.

    Raises:
        RequestError: naming both.
    """
    context = FlowRunContext.get()
    this = context.flow_run if context is not None else None
    created_by = this.deployment_version if this is not None else None
    if this is not None and created_by is not None and created_by != code_version():
        first = ""
        if await _is_still_deployed(this):
            first = "So are the deployments: end `stillroom up` and start it again, which registers those of now. "
        raise RequestError(
            f"this flow run was created by Stillroom {created_by}, its worker is {code_version()}. Nothing was done. "
            f"{first}Start a new build: it continues the same run, and pays for nothing again."
        )


async def _is_still_deployed(flow_run: FlowRun) -> bool:
    """Whether its deployment is of its version, so that a new flow run would be of that too."""
    if flow_run.deployment_id is None:
        return False
    try:
        async with get_client() as client:
            return (await client.read_deployment(flow_run.deployment_id)).version == flow_run.deployment_version
    except NOT_TO_BE_HAD:
        return False


@asynccontextmanager
async def deployed_workshop(key: str) -> AsyncGenerator[Workshop]:
    """The workshop of a deployed flow run; progress is an artifact of this key.

    Raises:
        RequestError: the flow run is of another version.
        SandboxError: the sandbox cannot be started.
    """
    tell_without_stacks()  # also of a refusal
    await refuse_other_version()
    with signals_as_raised():
        async with (
            FlowRunWatcher(key) as watcher,
            open_workshop(deployed_lake(), watcher, partial(slots, say=watcher.say), is_patient=True) as shop,
        ):
            yield shop
