"""The task that keeps house in the lake, which it needs to itself."""

import time

from prefect import get_run_logger, task

from stillroom.errors import LeaseHeld
from stillroom.lake.maintenance import maintain
from tasks.deployed import deployed_lake
from tasks.retrying import ANEW

PATIENCE_SECONDS = 30.0  # for who is in the lake for a moment, such as the flow `reconcile`
PAUSE_SECONDS = 2.0


@task(name="keep house", **ANEW)
def keep_house(keep_days: float, grace_minutes: float) -> str:
    """Merge small files, let old versions of the catalogue go, remove what is left over; returns what came of it.

    Raises:
        LeaseHeld: somebody is at work in the lake.
        LakeError: it cannot be read or written.
    """
    root, say = deployed_lake(), get_run_logger().info
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            done = maintain(root, say=say, keep_days=keep_days, grace_minutes=grace_minutes, dry_run=False)
            break
        except LeaseHeld:
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)
    merged = sum(one.files_before - one.files_after for one in done.tables)
    return (
        f"{merged:,} files fewer, {done.expired:,} of {done.versions:,} versions of the catalogue let go, "
        f"{len(done.removed):,} files removed, {done.waiting_files:,} wait for the next time"
    )
