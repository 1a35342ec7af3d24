"""A process that commits a shard of a run and is killed before it wakes the build; its arguments: LAKE RUN."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from flows import deployed
from stillroom.lake import Lake
from stillroom.runs import load_run
from tests.fakes.builds import Builder


async def die(*_: object) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return False


def main(root: Path, run_id: str) -> None:
    lake = Lake.open(root)

    async def start_sandbox(_: object) -> None: ...

    @asynccontextmanager
    async def opened(_: str) -> AsyncGenerator[Any]:
        yield SimpleNamespace(lake=lake, watcher=SimpleNamespace(say=print), start_sandbox=start_sandbox)

    async def sample(run_id: str, number: int) -> str:
        await Builder(lake).shard(load_run(lake, run_id), number)
        return ""

    with patch.multiple(deployed, deployed_workshop=opened, sample_shard=sample, wake_build=die):
        asyncio.run(deployed.shard.fn(run_id, 0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
