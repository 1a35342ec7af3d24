"""A worker that does one shard and nothing else: ``python -m tests.faults.worker LAKE RUN SHARD``."""

import asyncio
import sys
from pathlib import Path

from stillroom.errors import StillroomError
from stillroom.runs import load_run
from stillroom.sampling import Tally
from tasks.sampling import sample_shard
from tasks.workshop import open_workshop


class _Silent:
    def say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")

    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None: ...

    def sampled(self, shard: int, tally: Tally) -> None: ...


async def main(lake: str, run_id: str, shard: str) -> None:
    async with open_workshop(Path(lake), _Silent()) as shop:
        await shop.start_sandbox(load_run(shop.lake, run_id).recipe.verification)
        print("READY", flush=True)
        sys.stdin.readline()
        print(await sample_shard.fn(run_id, int(shard)), flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except StillroomError as error:
        sys.exit(f"Error: {error}")
