"""Another verification: the stored samples of finished runs are judged by the verifiers as they are now.

No teacher is asked for anything. What changes the members of the dataset is published.
"""

from prefect import flow

from tasks.calibration import calibrate_verifiers
from tasks.publication import curate_again, publish_changes
from tasks.verification import judge_again, measure_tests, settle_tests


@flow(name="reverify", flow_run_name="reverify {dataset}")
async def reverify(dataset: str, run_ids: list[str]) -> int:
    """Judge and curate the runs of ``dataset`` again, oldest first; returns how many verdicts that took.

    Cut off and started again, it goes on where it stopped.

    Raises:
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
        SandboxError: the sandbox failed for good.
    """
    judged = 0
    for run_id in run_ids:
        await calibrate_verifiers(run_id)
        judged += await judge_again(run_id)
        await settle_tests(run_id)
        await measure_tests(run_id)
        await publish_changes(run_id, await curate_again(run_id))
    return judged
