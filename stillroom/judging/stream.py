"""Judges a stream of rows, many at a time, and hands the results on in the order of the rows."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import Any

from stillroom.errors import Unjudgeable
from stillroom.judging.reading import ReadRow
from stillroom.records import Judgement, Outcome, Verifier
from stillroom.unjudged import judge_one

MAX_ROWS_AHEAD = 256  # so that one slow row holds up nothing but the output
MAX_BYTES_AHEAD = 64 << 20
READ_AHEAD = 8
BAD_ROW = "bad-row"
UNJUDGED = "unjudged"
_NOTHING_KNOWN = Judgement(outcome=Outcome.ABSTAIN, reason=UNJUDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """A row and what came of it.

    Of a row that could not be read, nobody decided and the texts about who did are "".

    Attributes:
        verifier: ``name@version`` of who decided.
        verifier_id: fingerprint of the name, its limits and the image.
        image_digest: of the image in which the answer ran.
        calibration_id: the calibration that the verdict stands on; "" where none was measured.
        is_unjudged: a verifier or the sandbox failed at this row and at no other.
    """

    row: ReadRow
    judgement: Judgement
    verifier: str = ""
    verifier_id: str = ""
    image_digest: str = ""
    calibration_id: str = ""
    is_unjudged: bool = False

    @property
    def is_bad_row(self) -> bool:
        """Whether the row could not be read, so that nothing was judged."""
        return self.row.submission is None

    def plain(self) -> dict[str, object]:
        """The line of output: what was found about the row, `id` and `outcome` first."""
        found = self.judgement
        return {
            "id": self.row.row_id,
            "outcome": found.outcome.value,
            "reason": found.reason,
            "detail": found.detail,
            "line": self.row.line,
            "tests_passed": found.tests_passed,
            "tests_total": found.tests_total,
            "cpu_seconds": found.cpu_seconds,
            "wall_seconds": found.wall_seconds,
            "peak_memory_bytes": found.peak_memory_bytes,
            "verifier": self.verifier,
            "verifier_id": self.verifier_id,
            "image_digest": self.image_digest,
            "calibration_id": self.calibration_id,
        }


async def judge_rows(
    rows: Iterator[ReadRow],
    verifiers: Sequence[Verifier],
    write: Callable[[JudgedRow], None],
    *,
    calibrations: Mapping[str, str],
) -> None:
    """Judge every row and ``write`` each as soon as it and all before it are judged.

    Where the sandbox fails, or the file cannot be read on, it ends when all rows before are written.

    At most ``MAX_ROWS_AHEAD`` rows and about ``MAX_BYTES_AHEAD`` of them are held at a time.

    Args:
        rows: what to judge.
        verifiers: who judges.
        write: takes the results.
        calibrations: by verifier_id, the calibration that its verdicts name; of the others they name none.

    Raises:
        SandboxError: the sandbox failed for good.
        OSError: the rows cannot be read on.
    """
    waiting: asyncio.Queue[asyncio.Task[JudgedRow] | None] = asyncio.Queue(MAX_ROWS_AHEAD)
    room = _Room(MAX_BYTES_AHEAD)

    begun: set[asyncio.Task[JudgedRow]] = set()

    async def feed() -> None:
        try:
            async for row in _in_thread(rows):
                await room.take(row.size)
                judging = asyncio.create_task(judge(row, verifiers, calibrations))
                begun.add(judging)
                await waiting.put(judging)
        except Exception:
            await waiting.put(None)
            raise
        await waiting.put(None)

    feeding = asyncio.create_task(feed())
    try:
        while judging := await waiting.get():
            judged = await judging
            begun.discard(judging)
            write(judged)
            room.give(judged.row.size)
        await feeding
    finally:
        left: list[asyncio.Task[Any]] = [feeding, *begun]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def judge(row: ReadRow, verifiers: Sequence[Verifier], calibrations: Mapping[str, str]) -> JudgedRow:
    """One row by all verifiers: any fail fails, else any abstention abstains, else all have passed.

    Where one of them cannot judge it, nothing is known.
    """
    if row.submission is None:
        unread = Judgement(outcome=Outcome.ABSTAIN, reason=BAD_ROW, detail=f"line {row.line}: {row.problem}")
        return JudgedRow(row=row, judgement=unread)
    found: list[JudgedRow] = []
    for verifier in verifiers:
        judged = JudgedRow(
            row=row,
            judgement=_NOTHING_KNOWN,
            verifier=verifier.name,
            verifier_id=verifier.verifier_id,
            image_digest=verifier.image_digest,
            calibration_id=calibrations.get(verifier.verifier_id, ""),
        )
        try:
            judgement = await judge_one(verifier, row.submission.check, row.submission.answer)
        except Unjudgeable as error:
            return replace(judged, judgement=replace(_NOTHING_KNOWN, detail=str(error)), is_unjudged=True)
        found.append(replace(judged, judgement=judgement))
    order = (Outcome.FAIL, Outcome.ABSTAIN, Outcome.PASS)
    return min(found, key=lambda one: order.index(one.judgement.outcome))


class _Room:
    """Bytes that may be held at a time; one row is always let in, however large."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._freed = asyncio.Event()

    async def take(self, size: int) -> None:
        while self._held and self._held + size > self._size:
            self._freed.clear()
            await self._freed.wait()
        self._held += size

    def give(self, size: int) -> None:
        self._held -= size
        self._freed.set()


async def _in_thread(rows: Iterator[ReadRow]) -> AsyncGenerator[ReadRow]:
    """The rows, read in a thread that nobody waits for: a pipe that stays silent must not keep the process."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[ReadRow | Exception | None] = asyncio.Queue(READ_AHEAD)

    def put(item: ReadRow | Exception | None) -> bool:
        """Whether somebody still reads."""
        putting = queue.put(item)
        try:
            asyncio.run_coroutine_threadsafe(putting, loop).result()
        except (RuntimeError, CancelledError):  # the loop is closed or closing
            putting.close()
            return False
        return True

    def pump() -> None:
        try:
            for row in rows:
                if not put(row):
                    return
        except Exception as error:  # noqa: BLE001 - raised again where the rows are read
            put(error)
        else:
            put(None)

    threading.Thread(target=pump, name="rows", daemon=True).start()
    while (item := await queue.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item
