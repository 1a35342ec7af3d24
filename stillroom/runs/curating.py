"""Curates a run: from the lake's samples and verdicts to exactly one selection row per sample, in one commit."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from stillroom.capabilities import find_capability
from stillroom.curation.preference import prefers
from stillroom.curation.selection import RULES, Candidate, Decision, curate
from stillroom.curation.settings import Room
from stillroom.embedding import Embedder, open_embedder
from stillroom.errors import LakeError
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.recipe import Curation, Stage, filter_methods
from stillroom.records import ID_DIGITS, Prompt, teacher_name
from stillroom.runs.compared import compared_with, rows_of
from stillroom.runs.decontaminating import Decontaminated, decontaminate
from stillroom.runs.diversifying import differing
from stillroom.runs.filtering import Filtered, filtered
from stillroom.runs.held_against import held_against
from stillroom.runs.measuring import is_measured, weakness
from stillroom.runs.opening import Run
from stillroom.runs.placing import diversity_scores
from stillroom.runs.planning import pool
from stillroom.runs.published import leaving
from stillroom.runs.retracting import Cause, retracted_samples
from stillroom.runs.rows import money
from stillroom.runs.tables import stated_tables, tables_of_run

STEPS = 6  # of a curation

_CANDIDATES = """
WITH newest AS (
    SELECT * FROM lake.verdicts WHERE run_id = $run AND verifier_id IN (SELECT unnest($verifiers))
    QUALIFY row_number() OVER (PARTITION BY sample_id, verifier_id ORDER BY created_at DESC) = 1
), judged AS (
    SELECT sample_id, any_value(check_id) AS check_id,
           CASE WHEN bool_or(outcome = 'fail') THEN 'fail'
                WHEN bool_or(outcome = 'abstain') THEN 'abstain' ELSE 'pass' END AS outcome,
           arg_min(reason, CASE outcome WHEN 'fail' THEN 0 WHEN 'abstain' THEN 1 ELSE 2 END) AS reason,
           arg_min(detail, CASE outcome WHEN 'fail' THEN 0 WHEN 'abstain' THEN 1 ELSE 2 END) AS detail
    FROM newest GROUP BY sample_id
)
SELECT s.sample_id, s.prompt_id, s.sample_index, s.shard, s.answer, s.teacher_id, s.prompt_tokens,
       s.completion_tokens, coalesce(epoch(s.answered_at), 0) AS answered_at, j.outcome, j.reason, j.detail,
       e.sample_id IS NOT NULL AS is_published,
       t.strength, t.mutants, t.killed, t.set_aside, t.trivial_passes, t.trivial_pass, t.survivors, t.problem
FROM lake.samples s JOIN judged j USING (sample_id)
LEFT JOIN (SELECT DISTINCT sample_id FROM lake.published_members WHERE name = $dataset) e ON e.sample_id = s.sample_id
LEFT JOIN (SELECT * FROM lake.test_strengths WHERE measure_id = $measure
           QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at DESC) = 1) t ON t.check_id = j.check_id
WHERE s.run_id = $run
ORDER BY s.shard, s.prompt_id, s.sample_index
"""


def _unseen(done: int, note: str) -> None:
    del done, note


def curate_run(
    lake: Lake,
    run: Run,
    verifier_ids: Sequence[str],
    *,
    measure_id: str = "",
    again: bool = False,
    observe: Callable[[int, str], None] = _unseen,
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
        observe: told how many of ``STEPS`` are done, and in words what comes next.

    Raises:
        LakeError: a sample has no verdict that counts, or there is no room to search for duplicates.
        TeacherError: embeddings come from an endpoint that gives no usable answer.
        RequestError: of a run that is being built, a benchmark or a table cannot be read, or is not what it was when
            the run was begun. A finished run is held against what is there now.
    """
    with lake.within(run.recipe.execution.memory_bytes), _embedder(run.recipe.curation) as embedder:
        return _curated(lake, run, sorted(verifier_ids), embedder, measure_id=measure_id, again=again, observe=observe)


@contextmanager
def _embedder(curation: Curation) -> Generator[Embedder | None]:
    """What turns texts into vectors, where decisions hang on these."""
    if curation.semantic_answers is None and curation.semantic_prompts is None and curation.diversity is None:
        yield None
        return
    with open_embedder(curation.embedding) as embedder:
        yield embedder


def _curated(
    lake: Lake,
    run: Run,
    verifiers: Sequence[str],
    embedder: Embedder | None,
    *,
    measure_id: str,
    again: bool,
    observe: Callable[[int, str], None],
) -> str:
    counting: dict[str, Any] = {"verifiers": [*verifiers], "measure": measure_id}
    rows = lake.rows(_CANDIDATES, {"run": run.run_id, "dataset": run.recipe.dataset, **counting})
    _refuse_unjudged(lake, run, len(rows), verifiers)
    weak = _weaknesses(run, rows)
    retracted = retracted_samples(lake, run.run_id, run.recipe.dataset, verifiers)
    dropped: list[str] = []  # of what is published
    for row in rows:
        if row["is_published"] and (row["sample_id"] in retracted or (again and row["outcome"] != "pass")):
            row["is_published"] = False
            dropped.append(row["sample_id"])
    paid = _paid(run, rows)
    by_merit = prefers(run.recipe.curation.representative)  # then strengths and prices decide, which no stage reads
    scores = diversity_scores(lake, run, rows)
    input_ids = sorted(
        f"{row['sample_id']}:{row['outcome']}:{row['is_published']}:{weak[row['sample_id']]}"
        + (f":{retracted[row['sample_id']]}" if row["sample_id"] in retracted else "")
        + (f":{row['strength']}:{paid[row['sample_id']]}" if by_merit else "")
        + (f":{scores[row['sample_id']]}" if row["sample_id"] in scores else "")
        for row in rows
    )
    against = held_against(lake, run, again=again)
    given = tables_of_run(lake, run, again=again)
    identity = (
        *against.identity,
        *(one.identity for one in given),
        *([embedder.name] if embedder else []),
        *_filters_now(run),
    )
    stages = (run.stages[Stage.SELECTION], run.stages[Stage.CURATION])
    decided = fingerprint(
        ["curation", RULES, run.run_id, *stages, [*verifiers], input_ids, *identity], length=ID_DIGITS
    )
    curation_id = _newest_or_next(lake, run.run_id, decided)
    key = f"curation:{curation_id}"
    if lake.committed(key):
        return curation_id
    stated = stated_tables(given)
    observe(0, "published answers")
    gone = leaving(lake, run.run_id, dropped)
    answers, of_answers = compared_with(lake, run.recipe, "answer", tables=given, embedder=embedder, without=gone)
    observe(1, "published prompts")
    prompts, of_prompts = compared_with(lake, run.recipe, "prompt", tables=given, embedder=embedder, without=gone)
    observe(2, "filters and text of benchmarks")
    places = {prompt.prompt_id: (place, prompt) for place, prompt in enumerate(pool(lake, run.recipe.dataset))}
    prompts_by_id = {id_: prompt for id_, (_, prompt) in places.items()}
    filtered_out = filtered(lake, run, rows, prompts_by_id)
    checked = decontaminate(lake, run, against, rows, prompts_by_id)
    observe(3, f"selecting from {len(rows):,} samples, duplicates left out")
    curated = curate(
        _candidates(rows, places, weak, retracted, checked, paid, filtered_out),
        selection=run.recipe.selection,
        curation=run.recipe.curation,
        answers=answers,
        prompts=prompts,
        embedder=embedder,
        room=Room(memory_bytes=run.recipe.execution.memory_bytes, spill_directory=lake.root / "tmp"),
    )
    found = [rows_of(side, one, embedder) for side, one in curated.duplicates.items()]
    compared = _together(of_answers, of_prompts, *found)
    observe(4, "what differs")
    known = [row for row in compared.get("embeddings", []) if not isinstance(row, pl.DataFrame)]
    curated, diverse = differing(
        lake, run, curated, rows, prompts_by_id, scores, embedder=embedder, known=known, without=gone
    )
    shards = {row["sample_id"]: row["shard"] for row in rows}
    written: dict[str, list[Row | pl.DataFrame]] = {table: [*some] for table, some in checked.rows(curation_id).items()}
    counted: Row = {"verifier_ids": [*verifiers], "measure_id": measure_id}
    written["selections"] = [
        {**_selection(curation_id, one, shards[one.sample_id]), **counted} for one in curated.decisions
    ]
    measured = (*stated, *diverse.pop("metrics"))
    written["metrics"] += [{**row, "snapshot": curation_id} for row in measured]
    for table, some in _together(compared, diverse).items():
        written.setdefault(table, []).extend(_of_curation(curation_id, part) for part in some)
    observe(5, "committing")
    lake.commit(key, written, run_id=run.run_id)
    observe(STEPS, "committed")
    return curation_id


def _filters_now(run: Run) -> list[str]:
    """What makes a curation another one though its recipe is as it was recorded: libraries that filters ask since."""
    return [f"filter:{method}" for method in filter_methods(run.recipe.curation.filters).values()]


def _of_curation(curation_id: str, part: Row | pl.DataFrame) -> Row | pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        return part.with_columns(curation_id=pl.lit(curation_id))
    return {**part, "curation_id": curation_id}


def _together(*found: Mapping[str, Sequence[Row | pl.DataFrame]]) -> dict[str, list[Row | pl.DataFrame]]:
    """Rows by table, from several such."""
    rows: dict[str, list[Row | pl.DataFrame]] = {}
    for tables in found:
        for table, some in tables.items():
            rows.setdefault(table, []).extend(some)
    return rows


def _newest_or_next(lake: Lake, run_id: str, decided: str) -> str:
    """``decided``, or an id that follows from it where another curation of the run has come in between.

    A recipe that was changed and changed back decides as it did at first, and that decision is to be the newest again.
    """
    newest = [
        row["curation_id"]
        for row in lake.rows(
            "SELECT curation_id FROM lake.selections WHERE run_id = ? GROUP BY curation_id "
            "ORDER BY max(created_at) DESC LIMIT 2",
            [run_id],
        )
    ]
    if not newest or decided in newest[:1] or not lake.committed(f"curation:{decided}"):
        return decided  # one about no samples leaves no row
    again = [fingerprint(["again", decided, before], length=ID_DIGITS) for before in newest]
    return newest[0] if newest[0] in again[1:] else again[0]


def _refuse_unjudged(lake: Lake, run: Run, judged: int, verifiers: Sequence[str]) -> None:
    samples = lake.rows("SELECT count(*) AS n FROM lake.samples WHERE run_id = ?", [run.run_id])[0]["n"]
    if judged != samples:
        raise LakeError(
            f"{samples - judged} of {samples} samples of run {run.run_id} have no verdict of {', '.join(verifiers)}, "
            "so nothing was decided. Start the build again: it judges them first."
        )


def _weaknesses(run: Run, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By sample, why its prompt's tests are too weak, or ""."""
    minimum = run.recipe.verification.min_test_strength
    if minimum is None or not is_measured(run.recipe, find_capability(run.recipe.capability)):
        return {row["sample_id"]: "" for row in rows}
    return {row["sample_id"]: weakness(row, minimum) for row in rows}


def _paid(run: Run, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """By sample what it cost, by its teacher's price in the recipe."""
    prices = {teacher.name: teacher.price for teacher in run.recipe.teachers}
    return {
        row["sample_id"]: money(prices[teacher_name(row["teacher_id"])], row["prompt_tokens"], row["completion_tokens"])
        for row in rows
    }


def _candidates(
    rows: Sequence[dict[str, Any]],
    places: Mapping[str, tuple[int, Prompt]],
    weak: Mapping[str, str],
    retracted: Mapping[str, Cause],
    checked: Decontaminated,
    paid: Mapping[str, float],
    filtered_out: Mapping[str, Filtered],
) -> list[Candidate]:
    causes = {sample_id: (cause.kind, cause.cause_id) for sample_id, cause in retracted.items()}
    return [
        Candidate(
            sample_id=row["sample_id"],
            prompt_id=row["prompt_id"],
            sample_index=row["sample_index"],
            task=places[row["prompt_id"]][1].task,
            answer=row["answer"],
            outcome=row["outcome"],
            reason=row["reason"],
            evidence=row["detail"],
            prompt_rank=places[row["prompt_id"]][0],
            is_published=row["is_published"],
            weakness=weak[row["sample_id"]],
            retracted=causes.get(row["sample_id"]),
            filtered=filtered_out.get(row["sample_id"]),
            overlap=checked.overlaps.get(row["sample_id"]),
            unchecked=checked.unchecked.get(row["sample_id"]),
            strength=row["strength"],
            money=paid[row["sample_id"]],
            tokens=row["prompt_tokens"] + row["completion_tokens"],
            answered_at=row["answered_at"],
        )
        for row in rows
    ]


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
