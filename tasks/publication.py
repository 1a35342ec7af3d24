"""Tasks after the shards: curate the run, publish what it kept, close it; and the same for a run verified again."""

from collections.abc import Callable, Mapping

from prefect import task

from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.publication import freeze_missing, publish, published_by_build, published_unnoted
from stillroom.runs import Run, finish_run, is_measured, load_run, note_version
from tasks.retrying import RETRYING
from tasks.workshop import Workshop, workshop


@task(name="curate", **RETRYING)
async def curate(run_id: str, unjudgeable: Mapping[str, str] | None = None) -> str:
    """Decide about every sample of the run; returns the curation_id.

    Args:
        run_id: the run.
        unjudgeable: by sample, why it could not be judged when that was tried for this decision.
    """
    return await _curated(run_id, unjudgeable, again=False)


@task(name="publish", **RETRYING)
async def publish_snapshot(run_id: str, curation_id: str) -> str:
    """Publish what the curation kept and close the run; returns NAME@N, or "" where this brought nothing new.

    Raises:
        GateError: something that must not be published was selected.
        Overtaken: others have published since the curation was made.
    """
    shop = workshop()
    return await shop.write(lambda: _published(shop, run_id, curation_id, as_newest=False))


def _published(shop: Workshop, run_id: str, curation_id: str, *, as_newest: bool) -> str:
    lake, say = shop.lake, shop.watcher.say
    run = load_run(lake, run_id)
    freeze_missing(lake, run.recipe.dataset, say)
    finish_run(lake, run, _versioned(lake, run, curation_id, say, as_newest=as_newest))
    snapshot = published_by_build(lake, run)
    return snapshot.label if snapshot else ""


def _versioned(lake: Lake, run: Run, curation_id: str, say: Callable[[str], None], *, as_newest: bool) -> str:
    """The version that is to be noted with the run, published now or before a death; "" for none.

    An earlier one than the dataset's newest has had its copy, since every publication begins with that of the last.
    """
    publish(lake, run, curation_id, as_newest=as_newest)  # a version also where its curation was published long ago
    freeze_missing(lake, run.recipe.dataset, say)
    snapshot = published_unnoted(lake, run)
    return snapshot.label if snapshot else ""


@task(name="curate again", **RETRYING)
async def curate_again(run_id: str, unjudgeable: Mapping[str, str] | None = None) -> str:
    """Decide about every sample of a finished run, its published ones included; as ``curate``."""
    return await _curated(run_id, unjudgeable, again=True)


@task(name="publish changes", **RETRYING)
async def publish_changes(run_id: str, curation_id: str) -> None:
    """Publish a version where the curation keeps what is new or drops a member, and note it with the finished run.

    Raises:
        GateError: something that must not be published was selected.
        Overtaken: others have published since the curation was made.
    """
    shop = workshop()
    await shop.write(lambda: _changed(shop, run_id, curation_id))


def _changed(shop: Workshop, run_id: str, curation_id: str) -> None:
    run = load_run(shop.lake, run_id)
    if label := _versioned(shop.lake, run, curation_id, shop.watcher.say, as_newest=True):
        note_version(shop.lake, run, label)


@task(name="publish late shards", **RETRYING)
async def publish_late(run_id: str, curation_id: str) -> str:
    """Publish what the curation keeps of shards that came after the run was finished; returns NAME@N, or "".

    The run is finished anew, so that these shards count as decided about.

    Raises:
        GateError: something that must not be published was selected.
        Overtaken: others have published since the curation was made.
    """
    shop = workshop()
    return await shop.write(lambda: _published(shop, run_id, curation_id, as_newest=True))


async def _curated(run_id: str, unjudgeable: Mapping[str, str] | None, *, again: bool) -> str:
    from stillroom.runs.curating import STEPS, curate_run  # slow to import, and not needed before the first sample

    shop = workshop()
    run = load_run(shop.lake, run_id)
    verification = run.recipe.verification
    verifier_ids = [one.verifier_id for one in shop.verifiers(verification)]
    is_asked = is_measured(run.recipe, find_capability(run.recipe.capability))
    return await shop.write(
        lambda: curate_run(
            shop.lake,
            run,
            verifier_ids,
            measure_id=shop.code_tests(verification).measure_id if is_asked else "",
            again=again,
            unjudgeable=unjudgeable,
            observe=lambda done, note: shop.watcher.progressed("curating", done, STEPS, note),
            batch_runner=shop.batch_runner(run.recipe.execution),
        )
    )
