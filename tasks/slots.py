"""A deployed flow run's turn among others: slots of Prefect's concurrency limits, waited for and given back."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency
from prefect.concurrency.context import ConcurrencyContext

from stillroom.errors import RequestError, StillroomError
from tasks.prefect_outage import UNANSWERED, answered, is_gone, is_outage

# Named concurrency limits of Prefect's, made where they are missing; an operator changes them in the UI.
LIMITS = {"teacher": "stillroom-teacher", "sandbox": "stillroom-sandbox", "lake": "stillroom-lake"}
LEASE_SECONDS = 60.0  # after which Prefect gives back the slots of a process that was killed


class LimitMissing(RequestError):
    """A named concurrency limit was removed."""


class SlotNotGiven(StillroomError):
    """Prefect's server refused a slot."""


@asynccontextmanager
async def slots(means: Sequence[str], say: Callable[[str], None]) -> AsyncGenerator[None]:
    """Wait for a slot of each of the named means, in the order of ``LIMITS``, and hold them for the block.

    One after another: of several names at once Prefect overlooks those that are missing. A server that does not answer
    is waited for; to give a slot back it is not needed, since Prefect takes it back by itself. That it may have done
    with those that were held already while it was gone, so it is asked once all are taken; then all are let go of and
    asked for again. Its client waits for a server that is away for a minute and says nothing, while a slot may have
    had seconds left.

    Args:
        means: keys of ``LIMITS``.
        say: is told, once for each slot that is asked for, that the server does not answer.

    Raises:
        LimitMissing: a limit was removed; so none is overrun because of that.
        SlotNotGiven: the server refused.
    """
    names = sorted({LIMITS[one] for one in means}, key=[*LIMITS.values()].index)
    async with AsyncExitStack() as held:
        while not await _all_taken(held, names, say):
            await held.aclose()
        yield


async def _all_taken(held: AsyncExitStack, names: Sequence[str], say: Callable[[str], None]) -> bool:
    """Take a slot of each; False where the server has taken one back meanwhile, which may be another's since."""
    taken: list[_Slot] = []
    for name in names:
        slot = _Slot(name, say)
        await answered(slot.take, say)
        held.push_async_exit(slot.give_back)
        taken.append(slot)
    if len(taken) > 1:
        for slot in taken:  # the last one too: the server may have gone since
            if not await answered(slot.is_renewed, say):
                return False
    return True


class _Slot:
    """One slot of a limit.

    Prefect's client of slots fails at once where it has not reached the server before, and each limit has one of its
    own in each process: the first slot of a process would outlast no restart of the server.
    """

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say
        self._held: AbstractAsyncContextManager[None] | None = None
        self._lease_id: UUID | None = None

    async def take(self) -> None:
        """Wait for it among others; fails as the client does where the server is gone."""
        # A server that was restarted answers no renewal for a while; what is being paid for goes on.
        slot = concurrency(self._name, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False)
        try:
            with ConcurrencyContext() as granted:
                await slot.__aenter__()
                # Prefect names the lease only here, and would give it back at the end of this block.
                self._lease_id = granted.cleanup_lease_ids.pop()
        except ConcurrencySlotAcquisitionError as error:
            cause = error.__cause__
            if cause is None:
                raise LimitMissing(
                    f"Prefect has no concurrency limit {self._name}, so nothing was begun. `stillroom up` makes it; or "
                    "make it in the UI, under Concurrency."
                ) from error
            if is_outage(cause):
                raise cause from None
            raise SlotNotGiven(f"Prefect's server gave no slot of {self._name}: {cause!r}") from error
        self._held = slot
        around = ConcurrencyContext.get()
        if around is not None:  # that of the task or flow, which gives back what is left over
            around.cleanup_lease_ids.append(self._lease_id)

    async def is_renewed(self) -> bool:
        """Whether the server still holds it for this process, from now on for as long as at first."""
        if self._lease_id is None:
            return False  # it was never taken
        async with get_client() as client:
            try:
                await client.renew_concurrency_lease(self._lease_id, LEASE_SECONDS)
            except UNANSWERED as error:
                if not is_gone(error):
                    raise
                return False
        return True

    async def give_back(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Let go of it, with what ends the block; where the server is gone Prefect does so by itself."""
        if self._held is None:
            return None
        try:
            return await self._held.__aexit__(kind, error, trace)
        except UNANSWERED as failure:
            if failure is error or not is_outage(failure):
                raise
            self._say(
                f"Prefect's server did not take back a slot of {self._name} ({failure!r}); it does so by itself within "
                f"{LEASE_SECONDS:.0f} s"
            )
            return None
