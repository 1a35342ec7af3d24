"""What a deployed flow run stands on: the lake that its worker was started for, its turn among others, its version."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency
from prefect.context import FlowRunContext

from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RequestError, StillroomError
from tasks.reporting import FlowRunWatcher, tell_without_stacks
from tasks.workshop import Workshop, open_workshop

# Named concurrency limits of Prefect's, made where they are missing; an operator changes them in the UI.
LIMITS = {"teacher": "stillroom-teacher", "sandbox": "stillroom-sandbox", "lake": "stillroom-lake"}
LEASE_SECONDS = 60.0  # after which Prefect gives back the slots of a process that was killed


class LimitMissing(RequestError):
    """A named concurrency limit was removed."""


class SlotNotGiven(StillroomError):
    """Prefect's server gave no slot, and no answer either."""


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
        open_workshop(deployed_lake(), watcher, slots, is_patient=True) as shop,
    ):
        yield shop


@asynccontextmanager
async def slots(means: Sequence[str]) -> AsyncGenerator[None]:
    """Wait for a slot of each of the named means, in the order of ``LIMITS``, and hold them for the block.

    One after another: of several names at once Prefect overlooks those that are missing.

    Raises:
        LimitMissing: a limit was removed; so none is overrun because of that.
        SlotNotGiven: the server is gone or failed.
    """
    async with AsyncExitStack() as held:
        for name in sorted({LIMITS[one] for one in means}, key=[*LIMITS.values()].index):
            # A server that was restarted answers no renewal for a while; what is being paid for goes on.
            slot = concurrency(name, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False)
            try:
                await held.enter_async_context(slot)
            except ConcurrencySlotAcquisitionError as error:
                if error.__cause__ is None:
                    raise LimitMissing(
                        f"Prefect has no concurrency limit {name}, so nothing was begun. `stillroom up` makes it; or "
                        "make it in the UI, under Concurrency."
                    ) from error
                raise SlotNotGiven(f"Prefect's server gave no slot of {name}: {error.__cause__!r}") from error
        yield
