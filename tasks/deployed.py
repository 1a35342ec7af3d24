"""What a deployed flow run stands on: the lake that its worker was started for, its workshop, its version."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from prefect.context import FlowRunContext

from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RequestError
from tasks.reporting import FlowRunWatcher, tell_without_stacks
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
    tell_without_stacks()  # also of a refusal
    refuse_other_version()
    async with (
        FlowRunWatcher(key) as watcher,
        open_workshop(deployed_lake(), watcher, partial(slots, say=watcher.say), is_patient=True) as shop,
    ):
        yield shop
