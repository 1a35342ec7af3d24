"""Another verification: the stored samples of finished runs are judged by the verifiers as they are now.

No teacher is asked for anything. What changes the members of the dataset is published.
"""

from prefect import flow

from flows.deciding import decided_and_published
from stillroom.errors import GateError, NotJudged, Overtaken, StillroomError
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate_again, publish_changes
from tasks.workshop import workshop


@flow(name="reverify", flow_run_name="reverify {dataset}", persist_result=False)
async def reverify(dataset: str, run_ids: list[str]) -> int:
    """Judge and curate the runs of ``dataset`` again, oldest first; returns how many verdicts that took.

    Cut off and started again, it goes on where it stopped. A run that must be left as it is keeps nobody from the
    others: the first such error is raised when all were looked at.

    Raises:
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
        NotJudged: samples came meanwhile whenever the others had been judged.
        SandboxError: the sandbox failed for good, whichever run is looked at.
        Overtaken: other datasets that it is compared with published again and again while it was at work.
    """
    judged, failed = 0, list[StillroomError]()
    for run_id in run_ids:
        try:
            await calibrate_verifiers(run_id)
            verdicts, _ = await decided_and_published(run_id, curate_again, publish_changes)
            judged += verdicts
        except (GateError, NotJudged, Overtaken) as error:
            workshop().watcher.say(f"{run_id} is left as it is: {error}")
            failed.append(error)
    if failed:
        raise failed[0]
    return judged
