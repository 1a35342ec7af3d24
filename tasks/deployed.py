"""What a deployed flow run stands on: the lake that its worker was started for, its turn among others, its version."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from prefect.concurrency.asyncio import concurrency
from prefect.context import FlowRunContext

from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RequestError
from tasks.reporting import FlowRunWatcher, tell_without_stacks
from tasks.workshop import Workshop, open_workshop

# Named concurrency limits of Prefect's, made where they are missing; an operator changes them in the UI.
LIMITS = {"teacher": "stillroom-teacher", "sandbox": "stillroom-sandbox", "lake": "stillroom-lake"}
LEASE_SECONDS = 60.0  # after which Prefect gives back the slots of a process that was killed


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


def refuse_other_version() -> None:
    """Refuse a flow run that was created by a deployment of another version: two versions must not mix in one run.

    Raises:
        RequestError: naming both.
    """
    context = FlowRunContext.get()
    created_by = context.flow_run.deployment_version if context and context.flow_run else None
    if created_by is not None and created_by != code_version():
        raise RequestError(
            f"this flow run was created by Stillroom {created_by}, its worker is {code_version()}. Nothing was done. "
            "Start a new build: it continues the same run, and pays for nothing again."
        )


@asynccontextmanager
async def deployed_workshop(key: str) -> AsyncGenerator[Workshop]:
    """The workshop of a deployed flow run; progress is an artifact of this key.

    Raises:
        RequestError: the flow run is of another version.
        SandboxError: the sandbox cannot be started.
    """
    refuse_other_version()
    tell_without_stacks()
    async with FlowRunWatcher(key) as watcher, open_workshop(deployed_lake(), watcher, slots) as shop:
        yield shop


def slots(means: Sequence[str]) -> AbstractAsyncContextManager[None]:
    """Wait for a slot of each of the named means, and hold them for the block.

    A limit that is missing is an error, so that none is overrun because somebody removed it.
    """
    names = [LIMITS[one] for one in means]
    # A server that was restarted answers no renewal for a while; what is being paid for goes on.
    return concurrency(names, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False)
