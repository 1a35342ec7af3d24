"""Another verification: the stored samples of finished runs are judged by the verifiers as they are now.

No teacher is asked for anything. What changes the members of the dataset is published.
"""

from collections.abc import Mapping, Sequence

from prefect import flow

from flows.deciding import decided_and_published
from stillroom.errors import (
    GateError,
    NoSuchSandbox,
    NotJudged,
    Overtaken,
    RequestError,
    SandboxError,
    StillroomError,
    WorkersError,
)
from stillroom.runs import Wanted, change_verification, load_run, tasks_unjudged
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate_again, publish_changes
from tasks.ruling_again import rule_again
from tasks.workshop import workshop


class RunsLeft(StillroomError):
    """Some runs could not be judged or decided about; all others were.

    Attributes:
        judged: how many verdicts were given all the same.
        left: why, by run.
    """

    def __init__(self, message: str, *, judged: int = 0, left: Mapping[str, StillroomError] | None = None) -> None:
        super().__init__(message)
        self.judged = judged
        self.left = dict(left or {})
        is_wrong = self.left and all(isinstance(error, RequestError) for error in self.left.values())
        self.exit_code = RequestError.exit_code if is_wrong else StillroomError.exit_code


@flow(name="reverify", flow_run_name="reverify {dataset}", persist_result=False)
async def reverify(dataset: str, run_ids: list[str], wanted: Wanted | None = None) -> int:
    """Judge and curate the runs of ``dataset`` again, oldest first; returns how many verdicts that took.

    Cut off and started again, it goes on where it stopped. A run that cannot be judged or decided about keeps nobody
    from the others; where the sandbox or the workers fail as a whole, all that come after it are left too. What a run
    is judged under stays what it was, unless the verifiers of another verification have proven fit.

    Args:
        dataset: whose runs they are.
        run_ids: finished ones.
        wanted: what they are judged under from now on; None: each under its own verification.

    Raises:
        RunsLeft: there are some that verifiers misjudge known cases of, whose data must not be published, that got
            samples all the while, whose sandbox cannot be had, or that other datasets overtook again and again.
    """
    judged, left = 0, dict[str, StillroomError]()
    for run_id in run_ids:
        fate, before = "is left as it is", await _verdicts(run_id)
        try:
            if await _come_to(run_id, wanted or Wanted()):
                fate = "counts under the other verification from now on, but is not published"
            if tasks_unjudged(workshop().lake, [run_id]):
                await rule_again(run_id, of_dataset=False)
            verdicts, _ = await decided_and_published(run_id, curate_again, publish_changes)
            judged += verdicts
        except (GateError, NotJudged, Overtaken, SandboxError, WorkersError) as error:
            judged += await _verdicts(run_id) - before
            workshop().watcher.say(f"{run_id} {fate}: {error}")
            left[run_id] = error
            if isinstance(error, SandboxError | WorkersError) and not isinstance(error, NoSuchSandbox):
                left |= dict.fromkeys(run_ids[run_ids.index(run_id) :], error)
                break
    if left:
        raise RunsLeft(_told(dataset, run_ids, left), judged=judged, left=left)
    return judged


def _told(dataset: str, run_ids: Sequence[str], left: Mapping[str, StillroomError]) -> str:
    """Which runs were left, why, and what can be done."""
    by_cause: dict[str, list[str]] = {}
    for run_id, error in left.items():
        by_cause.setdefault(str(error).strip(), []).append(run_id)
    causes = "; ".join(f"{', '.join(runs)}: {why}" for why, runs in by_cause.items())
    lacks = any(isinstance(one, NoSuchSandbox) and not isinstance(one, RequestError) for one in left.values())
    advice = f" `stillroom reverify {dataset} --requirements FILE` names other libraries, or by an empty file none."
    return f"{len(left)} of {len(run_ids)} runs could not be decided about again. {causes}{advice if lacks else ''}"


async def _verdicts(run_id: str) -> int:
    """How many the lake has of a run."""
    shop = workshop()
    asked = "SELECT count(*) AS n FROM lake.verdicts WHERE run_id = ?"
    return (await shop.read(lambda: shop.lake.rows(asked, [run_id])))[0]["n"]


async def _come_to(run_id: str, wanted: Wanted) -> bool:
    """Start the sandbox that the run is to be judged in and measure its verifiers, then record that they count.

    Returns whether it was judged under another verification before.
    """
    shop = workshop()
    verification = wanted.of(load_run(shop.lake, run_id).recipe.verification)
    await shop.start_sandbox(verification)
    await calibrate_verifiers(run_id, verification)
    return await shop.write(lambda: change_verification(shop.lake, run_id, verification))
