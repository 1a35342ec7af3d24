"""Tasks after the shards: curate the run, publish what it kept, close it."""

from prefect import task

from stillroom.publication import freeze, freeze_missing, publish, published_but_open
from stillroom.runs import RunState, close_run, load_run
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="curate", **RETRYING)
def curate(run_id: str) -> str:
    """Decide about every sample of the run; returns the curation_id."""
    from stillroom.runs.curating import curate_run  # slow to import, and not needed before the first sample

    shop = workshop()
    run = load_run(shop.lake, run_id)
    verifier_ids = [one.verifier_id for one in shop.verifiers(run.recipe.verification)]
    return curate_run(shop.lake, run, verifier_ids)


@task(name="publish", **RETRYING)
def publish_snapshot(run_id: str, curation_id: str) -> str:
    """Publish what the curation kept and close the run; returns NAME@N, or "" where nothing was new.

    Raises:
        GateError: something that must not be published was selected.
    """
    lake = workshop().lake
    run = load_run(lake, run_id)
    freeze_missing(lake, run.recipe.dataset)
    snapshot = publish(lake, run, curation_id) or published_but_open(lake, run)
    if snapshot is None:
        close_run(lake, run, RunState.EMPTY, "nothing new was kept")
        return ""
    freeze(lake, snapshot)
    close_run(lake, run, RunState.PUBLISHED, snapshot.label)
    return snapshot.label
