"""Tells in Prefect's UI how a deployed flow run gets on: lines in its log, and how far it is as an artifact."""

import asyncio
import contextlib
import logging
from types import TracebackType
from typing import Self
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.logging import get_run_logger

from stillroom.errors import StillroomError
from stillroom.sampling import Tally

SECONDS_BETWEEN_UPDATES = 2.0
_PREFECT_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


class FlowRunWatcher:
    """Sees how the work of one flow run gets on; use it inside that flow run.

    Args:
        key: the artifact's key: lower-case letters, digits and dashes.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._logger = get_run_logger()
        self._artifact: UUID | None = None
        self._percent, self._text = 0.0, ""
        self._told = ""
        self._is_over = asyncio.Event()
        self._updating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._updating = asyncio.create_task(self._keep_updating())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._updating is None:
            return
        self._is_over.set()
        if kind is not None and not issubclass(kind, Exception):
            self._updating.cancel()
        # An update that is under way is waited for: of one that is cut off nobody knows whether the server has it.
        await asyncio.wait([self._updating])

    def say(self, line: str) -> None:
        """Write a line into the flow run's log."""
        self._logger.info(line)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """A writing request was replied to."""
        self._show(100 * replied / max(1, requested), f"writing round {writing_round}: {replied} of {requested}")

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        """A step has done so much of what it has to do; ``note`` says it in its own words."""
        self._show(100 * done / max(1, total), f"{step}: {note or f'{done:,} of {total:,}'}")

    def sampled(self, shard: int, tally: Tally) -> None:
        """A shard's tally has changed."""
        share = f"{100 * tally.passed / tally.judged:.0f} %" if tally.judged else "none"
        text = (
            f"shard {shard}: {tally.settled} of {tally.prompts} prompts settled, {tally.samples} samples "
            f"({tally.replayed} of them paid for before), {share} passed, {tally.tokens} tokens"
        )
        self._show(100 * tally.settled / max(1, tally.prompts), text)

    def _show(self, percent: float, text: str) -> None:
        self._percent, self._text = percent, text

    async def _keep_updating(self) -> None:
        is_last = False
        while not is_last:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), SECONDS_BETWEEN_UPDATES)
            is_last = self._is_over.is_set()
            await self._try_to_update()

    async def _try_to_update(self) -> None:
        """What is shown is no part of the work, which goes on also while the server takes nothing."""
        (failed,) = await asyncio.gather(self._update(), return_exceptions=True)
        if failed is not None:
            self._logger.debug("the progress artifact was not updated: %r", failed)

    async def _update(self) -> None:
        percent, text = self._percent, self._text
        if text == self._told:
            return
        if self._artifact is None:
            self._artifact = await acreate_progress_artifact(percent, key=self._key, description=text)
        else:
            await aupdate_progress_artifact(self._artifact, percent, description=text)
        self._told = text


class WithoutStack(logging.Filter):
    """Takes the stack off log records about errors that Stillroom raised on purpose: their message says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        if record.exc_info and isinstance(record.exc_info[1], StillroomError):
            record.msg = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            record.args = None
            record.exc_info = record.exc_text = None
        return True


def tell_without_stacks() -> None:
    """Keep stacks of Stillroom's own errors out of the logs of this process's flow runs."""
    for name in _PREFECT_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, WithoutStack) for one in logger.filters):
            logger.addFilter(WithoutStack())
