"""Curates a run: from the lake's samples and verdicts to exactly one selection row per sample, in one commit."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from stillroom.capabilities import find_capability
from stillroom.curation.selection import Candidate, Curated, Decision, Found, Published, curate
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.recipe import Stage
from stillroom.records import ID_DIGITS
from stillroom.runs.measuring import is_measured, weakness
from stillroom.runs.opening import Run
from stillroom.runs.planning import pool

_CANDIDATES = """
WITH newest AS (
    SELECT * FROM lake.verdicts WHERE run_id = $run
    QUALIFY row_number() OVER (PARTITION BY sample_id, verifier ORDER BY created_at DESC) = 1
), judged AS (
    SELECT sample_id, any_value(check_id) AS check_id,
           CASE WHEN bool_or(outcome = 'fail') THEN 'fail'
                WHEN bool_or(outcome = 'abstain') THEN 'abstain' ELSE 'pass' END AS outcome,
           arg_min(reason, CASE outcome WHEN 'fail' THEN 0 WHEN 'abstain' THEN 1 ELSE 2 END) AS reason,
           arg_min(detail, CASE outcome WHEN 'fail' THEN 0 WHEN 'abstain' THEN 1 ELSE 2 END) AS detail
    FROM newest GROUP BY sample_id
)
SELECT s.sample_id, s.prompt_id, s.sample_index, s.shard, s.answer, j.outcome, j.reason, j.detail,
       e.sample_id IS NOT NULL AS is_published,
       t.strength, t.mutants, t.killed, t.set_aside, t.trivial_passes, t.trivial_pass, t.survivors, t.problem
FROM lake.samples s JOIN judged j USING (sample_id)
LEFT JOIN (SELECT DISTINCT x.sample_id FROM lake.snapshot_members m JOIN lake.examples x USING (example_id)
           WHERE m.name = $dataset) e ON e.sample_id = s.sample_id
LEFT JOIN (SELECT * FROM lake.test_strengths
           QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at DESC) = 1) t ON t.check_id = j.check_id
WHERE s.run_id = $run
ORDER BY s.shard, s.prompt_id, s.sample_index
"""

_MEMBERS = "lake.snapshot_members m JOIN lake.examples x USING (example_id) WHERE m.name = $dataset"
_PUBLISHED_OWNERS = {
    "answer": f"SELECT x.sample_id FROM {_MEMBERS}",  # noqa: S608 - constants
    "prompt": f"SELECT x.prompt_id FROM {_MEMBERS}",  # noqa: S608 - constants
}
_TEXTS = {
    "answer": "SELECT sample_id AS id, any_value(answer) AS text FROM lake.examples "
    "WHERE sample_id IN (SELECT unnest($ids)) GROUP BY sample_id",
    "prompt": "SELECT prompt_id AS id, any_value(task) AS text FROM lake.prompts "
    "WHERE prompt_id IN (SELECT unnest($ids)) GROUP BY prompt_id",
}


def curate_run(lake: Lake, run: Run) -> str:
    """Decide about every sample of the run and commit the decisions; returns the curation_id.

    The same samples under the same recipe sections give the same curation_id, whose second commit does
    nothing.
    """
    rows = lake.rows(_CANDIDATES, {"run": run.run_id, "dataset": run.recipe.dataset})
    weak = _weaknesses(run, rows)
    input_ids = sorted(
        f"{row['sample_id']}:{row['outcome']}:{row['is_published']}:{weak[row['sample_id']]}" for row in rows
    )
    curation_id = fingerprint(
        ["curation", run.run_id, run.stages[Stage.SELECTION], run.stages[Stage.CURATION], input_ids], length=ID_DIGITS
    )
    key = f"curation:{curation_id}"
    if lake.committed(key):
        return curation_id
    curated = curate(
        _candidates(lake, run, rows, weak),
        selection=run.recipe.selection,
        curation=run.recipe.curation,
        answers=_published(lake, run, "answer"),
        prompts=_published(lake, run, "prompt"),
    )
    shards = {row["sample_id"]: row["shard"] for row in rows}
    lake.commit(key, _rows(curation_id, curated, shards), run_id=run.run_id)
    return curation_id


def _weaknesses(run: Run, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By sample, why its prompt's tests are too weak, or ""."""
    minimum = run.recipe.verification.min_test_strength
    if minimum is None or not is_measured(run.recipe, find_capability(run.recipe.capability)):
        return {row["sample_id"]: "" for row in rows}
    return {row["sample_id"]: weakness(row, minimum) for row in rows}


def _candidates(lake: Lake, run: Run, rows: Sequence[dict[str, Any]], weak: Mapping[str, str]) -> list[Candidate]:
    places = {prompt.prompt_id: (place, prompt) for place, prompt in enumerate(pool(lake, run.recipe.dataset))}
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
        )
        for row in rows
    ]


def _published(lake: Lake, run: Run, kind: str) -> Published:
    signatures = lake.query(
        "SELECT owner_id AS id, arrival, text_hash, characters, bands, scheme FROM lake.dedup_signatures "  # noqa: S608 - constants
        f"WHERE kind = $kind AND owner_id IN ({_PUBLISHED_OWNERS[kind]}) "
        "QUALIFY row_number() OVER (PARTITION BY owner_id, scheme ORDER BY created_at) = 1 ORDER BY arrival",
        {"kind": kind, "dataset": run.recipe.dataset},
    )

    def texts(ids: list[str]) -> pl.DataFrame:
        return lake.query(_TEXTS[kind], {"ids": ids})

    return Published(signatures=signatures.cast(SIGNATURE_SCHEMA), texts=texts)


def _rows(curation_id: str, curated: Curated, shards: dict[str, int]) -> dict[str, list[Row]]:
    return {
        "selections": [_selection(curation_id, one, shards[one.sample_id]) for one in curated.decisions],
        "dedup_clusters": [
            row for kind, found in curated.duplicates.items() for row in _cluster_rows(curation_id, kind, found)
        ],
        "dedup_signatures": [
            row for kind, found in curated.duplicates.items() for row in _signature_rows(curation_id, kind, found)
        ],
    }


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


def _cluster_rows(curation_id: str, kind: str, found: Found) -> list[Row]:
    return [
        {
            "curation_id": curation_id,
            "kind": kind,
            "method": drop["method"],
            "member_id": drop["id"],
            "representative_id": drop["representative_id"],
            "similarity": drop["similarity"],
        }
        for drop in found.drops.iter_rows(named=True)
    ]


def _signature_rows(curation_id: str, kind: str, found: Found) -> list[Row]:
    return [
        {"curation_id": curation_id, "kind": kind, "owner_id": row.pop("id"), **row}
        for row in found.signatures.iter_rows(named=True)
    ]
