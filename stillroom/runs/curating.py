"""Curates a run: from the lake's samples and verdicts to exactly one selection row per sample, in one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from stillroom.batch_runner import BatchRunner
from stillroom.curation.reopening import Deciding
from stillroom.curation.selection import RULES, Curated, Decision, Gate
from stillroom.curation.settings import Room
from stillroom.embedding import Embedder
from stillroom.errors import EmbedderChanged
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.recipe import Stage, Table, filter_methods
from stillroom.records import ID_DIGITS
from stillroom.runs.compared import compared_with, rows_of
from stillroom.runs.decontaminating import decontaminate
from stillroom.runs.diversifying import Described, described, differing
from stillroom.runs.diversity_figures import figures_of
from stillroom.runs.embedding import embedded_by, embedder_of
from stillroom.runs.filtering import filtered
from stillroom.runs.giving_way import names_what_is_gone
from stillroom.runs.held_against import HeldAgainst, held_against
from stillroom.runs.judged_samples import Judged, judged_samples
from stillroom.runs.opening import Run
from stillroom.runs.overtaken import is_overtaken, versions_compared
from stillroom.runs.placing import Places, all_members
from stillroom.runs.planning import pool
from stillroom.runs.published import leaving
from stillroom.runs.tables import stated_tables, tables_of_run
from stillroom.wording import DEFINITION

STEPS = 6  # of a curation

_Rows = dict[str, list[Row | pl.DataFrame]]  # by table: each by itself, or many as a frame


def _unseen(done: int, note: str) -> None:
    del done, note


def curate_run(
    lake: Lake,
    run: Run,
    verifier_ids: Sequence[str],
    *,
    measure_id: str = "",
    again: bool = False,
    unjudgeable: Mapping[str, str] | None = None,
    observe: Callable[[int, str], None] = _unseen,
    batch_runner: BatchRunner | None = None,
) -> str:
    """Decide about every sample of the run and commit the decisions; returns the curation_id.

    The same samples under the same recipe sections, and the same rules of ours, give the same curation_id, whose
    second commit does nothing.

    Args:
        lake: where the samples and verdicts are.
        run: what is curated.
        verifier_ids: whose verdicts count: the run's verifiers under its recipe as it is now.
        measure_id: whose measure of the tests' strength counts, likewise; "" where none is asked for.
        again: decide also about what is published: it stays only where it passes. Else it stays in any case but a
            retraction.
        unjudgeable: by sample, why it could not be judged when that was tried for this decision. It is dropped for
            that, and decided about anew once it has a verdict; published, it stays. None where there is none.
        observe: told how many of ``STEPS`` are done, and in words what comes next.
        batch_runner: where many texts are signed and embedded; in this process by default.

    Raises:
        NotJudged: a sample lacks a verdict that counts, and is not among the ``unjudgeable``.
        LakeError: there is no room to search for duplicates.
        TeacherError: embeddings come from an endpoint that gives no usable answer.
        WorkersError: the batch runner has nobody left to work.
        RequestError: of a run that is being built, a benchmark or a table cannot be read, or is not what it was when
            the run was begun. A finished run is held against what is there now.
    """
    memory_bytes = run.recipe.execution.memory_bytes
    room = Room(memory_bytes=memory_bytes, spill_directory=lake.root / "tmp", batch_runner=batch_runner)
    with lake.within(memory_bytes), embedder_of(lake, run, batch_runner) as embedder:
        counted: dict[str, Any] = {"measure_id": measure_id, "again": again, "unjudgeable": unjudgeable}
        asked: dict[str, Any] = {**counted, "observe": observe, "room": room}
        try:
            return _curated(lake, run, sorted(verifier_ids), embedder, **asked)
        except EmbedderChanged:  # met when the first text had no vector: all are compared by what was met then
            return _curated(lake, run, sorted(verifier_ids), embedder, **asked)


def _curated(
    lake: Lake,
    run: Run,
    verifiers: Sequence[str],
    embedder: Embedder,
    *,
    measure_id: str,
    again: bool,
    unjudgeable: Mapping[str, str] | None,
    observe: Callable[[int, str], None],
    room: Room,
) -> str:
    versions = versions_compared(lake, run)
    samples = judged_samples(lake, run, verifiers, measure_id=measure_id, again=again, unjudgeable=unjudgeable)
    against = held_against(lake, run, again=again)
    given = tables_of_run(lake, run, again=again)
    curation_id = _newest_or_next(lake, run, _identity(run, verifiers, samples, against, given))
    key = f"curation:{curation_id}"
    if lake.committed(key):
        return curation_id
    stated = stated_tables(given)
    decided = _decided(lake, run, samples, against, given, embedder, room, observe)
    written = {table: [_of_curation(curation_id, part) for part in some] for table, some in decided.rows.items()}
    shards = {row["sample_id"]: row["shard"] for row in samples.rows}
    counted: Row = {"verifier_ids": [*verifiers], "measure_id": measure_id}
    written["selections"] = [
        {**_selection(curation_id, one, shards[one.sample_id]), **counted} for one in decided.decisions
    ]
    written["metrics"] = [{**row, "snapshot": curation_id} for row in (*versions, *stated, *decided.metrics)]
    observe(5, "committing")
    lake.commit(key, written, run_id=run.run_id)
    observe(STEPS, "committed")
    return curation_id


def _identity(run: Run, verifiers: Sequence[str], samples: Judged, against: HeldAgainst, given: Sequence[Table]) -> str:
    """All that decides, as an id."""
    identity = (
        *against.identity,
        *(one.identity for one in given),
        *embedded_by(run.recipe.curation),
        *_filters_now(run),
        *_openings(run),
    )
    stages = (run.stages[Stage.SELECTION], run.stages[Stage.CURATION])
    return fingerprint(
        ["curation", RULES, run.run_id, *stages, [*verifiers], samples.identity, *identity], length=ID_DIGITS
    )


def _filters_now(run: Run) -> list[str]:
    """What makes a curation another one though its recipe is as it was recorded: libraries that filters ask since."""
    return [f"filter:{method}" for method in filter_methods(run.recipe.curation.filters).values()]


def _openings(run: Run) -> list[str]:
    """By what words openings are told, where they have a quota."""
    diversity = run.recipe.curation.diversity
    return [f"opening:{DEFINITION}"] if diversity and diversity.quotas.opening is not None else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What was decided about a run, and what the lake is to get besides, but for the curation's id."""

    decisions: Sequence[Decision]
    metrics: Sequence[Row]
    rows: _Rows


def _decided(
    lake: Lake,
    run: Run,
    samples: Judged,
    against: HeldAgainst,
    given: Sequence[Table],
    embedder: Embedder,
    room: Room,
    observe: Callable[[int, str], None],
) -> _Decided:
    recipe = run.recipe
    observe(0, "published answers")
    gone = leaving(lake, run.run_id, samples.unpublished)
    old: dict[str, Any] = {"tables": given, "embedder": embedder, "without": gone, "of_run": run.run_id, "room": room}
    answers, of_answers = compared_with(lake, recipe, "answer", texts=samples.answers, **old)
    observe(1, "published prompts")
    places = {prompt.prompt_id: (place, prompt) for place, prompt in enumerate(pool(lake, recipe.dataset))}
    tasks = [places[prompt_id][1].task for prompt_id in samples.prompt_ids]
    prompts, of_prompts = compared_with(lake, recipe, "prompt", texts=tasks, **old)
    observe(2, "filters and text of benchmarks")
    prompts_by_id = {id_: prompt for id_, (_, prompt) in places.items()}
    filtered_out = filtered(lake, run, samples.rows, prompts_by_id)
    checked = decontaminate(lake, run, against, samples.rows, prompts_by_id)
    observe(3, f"selecting from {len(samples.rows):,} samples, duplicates left out")
    deciding = Deciding(
        candidates=samples.candidates(places, checked, filtered_out),
        selection=recipe.selection,
        curation=recipe.curation,
        answers=answers,
        prompts=prompts,
        embedder=embedder,
        room=room,
    )
    curated = deciding.decide()
    observe(4, "what differs")
    by_id = {row["sample_id"]: row for row in samples.rows}

    def describe(sample_id: str) -> Described:
        row = by_id[sample_id]
        return described(row, prompts_by_id[row["prompt_id"]])

    placed = Places(lake, recipe.dataset, embedder)
    if recipe.curation.diversity:
        placed.know(_vectors(of_answers, of_prompts, *_found(curated, embedder)))
    differs = differing(
        curated,
        recipe.curation.diversity,
        describe,
        samples.scores,
        placed,
        lambda: all_members(lake, recipe.dataset, without=gone),
        deciding,
    )
    curated = differs.curated
    compared = _together(of_answers, of_prompts, *_found(curated, embedder), {"embeddings": placed.fresh})
    metrics, measured = figures_of(
        lake,
        run,
        samples.rows,
        (describe(one.sample_id) for one in curated.decisions if one.gate == Gate.KEPT),
        embedder=embedder,
        known=_vectors(compared),
        without=gone,
        tables=given,
    )
    return _Decided(
        decisions=curated.decisions,
        metrics=[*checked.metrics, *differs.metrics, *metrics],
        rows=_together({"contamination_hits": checked.hits}, compared, measured),
    )


def _found(curated: Curated, embedder: Embedder) -> list[Mapping[str, Sequence[Row | pl.DataFrame]]]:
    return [rows_of(side, one, embedder) for side, one in curated.duplicates.items()]


def _vectors(*found: Mapping[str, Sequence[Row | pl.DataFrame]]) -> list[pl.DataFrame]:
    parts = (part for tables in found for part in tables.get("embeddings", ()))
    return [part for part in parts if isinstance(part, pl.DataFrame)]


def _of_curation(curation_id: str, part: Row | pl.DataFrame) -> Row | pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        return part.with_columns(curation_id=pl.lit(curation_id))
    return {**part, "curation_id": curation_id}


def _together(*found: Mapping[str, Sequence[Row | pl.DataFrame]]) -> _Rows:
    """Rows by table, from several such."""
    rows: _Rows = {}
    for tables in found:
        for table, some in tables.items():
            rows.setdefault(table, []).extend(some)
    return rows


def _newest_or_next(lake: Lake, run: Run, decided: str) -> str:
    """``decided``, or an id that follows from it and the run's newest curation, where ``decided`` stands no more.

    A recipe that was changed and changed back decides as it did at first, and that decision is to be the newest again.
    Nor does a decision stand that was made for something taken out since, or one that keeps what is still to be
    published and has not seen what others have published since; all others do.
    """
    newest = [
        row["curation_id"]
        for row in lake.rows(
            "SELECT curation_id FROM lake.selections WHERE run_id = ? GROUP BY curation_id "
            "ORDER BY max(created_at) DESC LIMIT 2",
            [run.run_id],
        )
    ]
    if not newest or not lake.committed(f"curation:{decided}"):
        return decided  # one about no samples leaves no row
    again = [fingerprint(["again", decided, before], length=ID_DIGITS) for before in newest]
    is_newest = newest[0] in (decided, *again[1:])
    if not is_newest or names_what_is_gone(lake, run.run_id, newest[0]) or is_overtaken(lake, run, newest[0]):
        return again[0]
    return newest[0]


def _selection(curation_id: str, decision: Decision, shard: int) -> Row:
    return {
        "curation_id": curation_id,
        "sample_id": decision.sample_id,
        "prompt_id": decision.prompt_id,
        "kept": decision.is_kept,
        "gate": decision.gate.value,
        "reason": decision.reason,
        "evidence": decision.evidence,
        "matched_id": decision.matched_id,
        "similarity": decision.similarity,
        "shard": shard,
    }
