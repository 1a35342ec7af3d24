"""Judges a run of a lake again and curates it, in small batches where its recipe names workers: LAKE RUN.

Prints how many verdicts that took, and the curation. A process of its own, since Prefect leaves connections behind.
"""

import asyncio
import json
import sys
from pathlib import Path

from prefect import flow

from stillroom.curation import signed_batches
from stillroom.embedding import batches
from tasks import judging_again
from tasks.publication import curate
from tasks.verification import judge_again
from tasks.workshop import open_workshop

SMALL = (
    (signed_batches, {"LEAST": 1, "PIECE_BYTES": 2_000}),
    (batches, {"LEAST": 1, "_BATCH_TEXTS": 9}),
    (judging_again, {"SAMPLES_A_BATCH": 10, "SAMPLES_A_COMMIT": 25}),
)


class Strict:
    """A watcher to whom nothing should have to be said."""

    def say(self, line: str) -> None:
        raise AssertionError(line)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None: ...

    def sampled(self, shard: int, tally: object) -> None: ...


@flow(name="judged and curated")
async def judged_and_curated(run_id: str) -> tuple[int, str]:
    judged, unjudgeable = await judge_again(run_id)
    return judged, await curate(run_id, unjudgeable)


async def main(root: Path, run_id: str) -> None:
    for module, sizes in SMALL:
        for name, size in sizes.items():
            setattr(module, name, size)
    async with open_workshop(root, Strict()):
        found = await judged_and_curated(run_id)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
