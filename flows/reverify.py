"""Another verification: the stored samples of finished runs are judged by the verifiers as they are now.

No teacher is asked for anything. What changes the members of the dataset is published.
"""

from prefect import flow

from flows.deciding import decided_and_published
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate_again, publish_changes


@flow(name="reverify", flow_run_name="reverify {dataset}", persist_result=False)
async def reverify(dataset: str, run_ids: list[str]) -> int:
    """Judge and curate the runs of ``dataset`` again, oldest first; returns how many verdicts that took.

    Cut off and started again, it goes on where it stopped.

    Raises:
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
        SandboxError: the sandbox failed for good.
        Overtaken: other datasets that it is compared with published again and again while it was at work.
    """
    judged = 0
    for run_id in run_ids:
        await calibrate_verifiers(run_id)
        verdicts, _ = await decided_and_published(run_id, curate_again, publish_changes)
        judged += verdicts
    return judged
