"""All that is stated about a snapshot, as the lake was when it was published: asked later, it is the same.

Tables are only added to, and every row knows when it was committed, so the lake of that moment is what had been
committed by then. Thus a frozen copy that is made late states what one made at once does, and what a manifest states
can be held against the lake at any time.
"""

from dataclasses import asdict
from typing import Any

from stillroom import __version__
from stillroom.calibration import newest_of
from stillroom.lake import Lake
from stillroom.publication.diverse import diversity_of
from stillroom.publication.gate import calibrated_verifiers
from stillroom.publication.publish import VERDICT, Snapshot, published_at
from stillroom.publication.strengths import strengths_of_run
from stillroom.records.verdict import ARTEFACT
from stillroom.runs import adopted_samples, checked_against, compared_tables, left_out, load_run

_REMOVALS = """
SELECT r.kind, r.cause_id, r.reason, count(DISTINCT r.example_id) AS rows,
       list_sort(list(DISTINCT m.version)) AS versions
FROM lake.removals r
JOIN lake.snapshot_members m ON m.name = r.name AND m.example_id = r.example_id AND m.version < r.version
WHERE r.name = $name AND r.version = $version
GROUP BY ALL ORDER BY rows DESC, r.kind, r.cause_id, r.reason
"""
_VERIFIERS = """
SELECT DISTINCT v.verifier, v.verifier_id, v.image_digest, v.calibration_id FROM lake.snapshot_examples e
JOIN lake.verdicts v ON v.sample_id = e.sample_id AND v.run_id = e.run_id
    AND v.verifier_id = coalesce(e.verifier_id, v.verifier_id)
WHERE e.name = $name AND e.version = $version AND v.created_at <= $at ORDER BY ALL
"""
_BY_ORIGIN = """
SELECT origin, count(*) AS examples, count(DISTINCT prompt_id) AS prompts FROM lake.snapshot_examples
WHERE name = $name AND version = $version GROUP BY origin ORDER BY origin
"""
_TEACHERS = """
WITH met AS (  -- by the dataset's own runs, where any has: another dataset may have it from another endpoint
    SELECT *, run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $name) AS is_own FROM lake.teachers
    WHERE created_at <= $at AND teacher_id IN (
        SELECT teacher_id FROM lake.snapshot_examples WHERE name = $name AND version = $version)
    QUALIFY is_own = bool_or(is_own) OVER (PARTITION BY teacher_id)
)
SELECT DISTINCT teacher_id, model, revision, revision_source,
       first_value(licence) OVER (PARTITION BY teacher_id ORDER BY created_at DESC) AS licence,  -- maybe corrected
       engine
FROM met ORDER BY ALL
"""
_MET_ELSEWHERE = """
SELECT DISTINCT teacher_id, model, revision, revision_source, engine FROM lake.teachers
WHERE created_at <= $at AND run_id NOT IN (SELECT run_id FROM lake.runs WHERE dataset = $name)
"""
_PROMPTS = """
SELECT p.origin, count(DISTINCT s.prompt_id) AS prompts FROM lake.shards s
JOIN (SELECT prompt_id, arg_min(origin, created_at) AS origin FROM lake.prompts
      WHERE run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $name) AND created_at <= $at GROUP BY prompt_id) p
    ON p.prompt_id = s.prompt_id
WHERE s.run_id = $run AND s.created_at <= $at GROUP BY p.origin ORDER BY p.origin
"""
_PROPOSALS = """
SELECT admitted, reason, count(*) AS replies FROM (
    SELECT admitted, reason FROM lake.proposals WHERE run_id = $run AND created_at <= $at  -- newest ruling by then
    QUALIFY row_number() OVER (PARTITION BY writing_round, writing_request ORDER BY created_at DESC) = 1
) GROUP BY ALL ORDER BY replies DESC, admitted DESC, reason
"""
_SAMPLES = """
SELECT count(*) AS answered, count(*) FILTER (gate <> 'verification') AS passed,
       count(*) FILTER (gate = 'verification' AND starts_with(reason, $artefact)) AS artefacts
FROM lake.selections WHERE curation_id = $curation
"""
_BY_TEACHER = """
SELECT s.teacher_id, count(*) AS answered,
       count(*) FILTER (gate = 'verification' AND starts_with(reason, $artefact)) AS artefacts
FROM lake.selections c JOIN lake.samples s ON s.sample_id = c.sample_id AND s.run_id = c.run_id
WHERE c.curation_id = $curation GROUP BY s.teacher_id ORDER BY s.teacher_id
"""
_SELECTIONS = """
SELECT gate, reason, count(*) AS samples FROM lake.selections WHERE curation_id = $curation
GROUP BY ALL ORDER BY samples DESC, gate, reason
"""
_PUBLISHED = "SELECT count(DISTINCT example_id) AS n FROM lake.examples WHERE run_id = $run AND created_at <= $at"
_COSTS = """
SELECT stage, sum(samples)::BIGINT AS samples, sum(prompt_tokens)::BIGINT AS prompt_tokens,
       sum(cached_tokens)::BIGINT AS cached_tokens, sum(completion_tokens)::BIGINT AS completion_tokens,
       fsum(seconds) AS seconds, fsum(money) AS money, max(currency) AS currency
FROM lake.costs WHERE run_id = $run AND created_at <= $at GROUP BY stage ORDER BY stage
"""


def manifest(lake: Lake, snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot holds, from what, by whom, checked how, at which cost; but for ``code_version``, as of then."""
    at = published_at(lake, snapshot)
    run = load_run(lake, snapshot.run_id, at=at)
    of_version = {"name": snapshot.name, "version": snapshot.version}
    of_run = {"run": snapshot.run_id, "at": at}
    of_curation = {"curation": snapshot.curation_id}
    verifiers = lake.rows(_VERIFIERS, {**of_version, "at": at})
    calibrations = newest_of(lake, sorted({row["verifier_id"] for row in verifiers}), at=at)
    calibrated = calibrated_verifiers(calibrations)
    return {
        "name": snapshot.name,
        "version": snapshot.version,
        "parent_version": snapshot.parent_version,
        "mode": snapshot.mode,
        "rows": snapshot.rows,
        "new_rows": snapshot.new_rows,
        "content_hash": snapshot.content_hash,
        "run_id": snapshot.run_id,
        "curation_id": snapshot.curation_id,
        "code_version": __version__,
        "recipe": run.recipe.model_dump(mode="json"),
        "stages": {stage.value: value for stage, value in run.stages.items()},
        **_taken_out(lake, of_version),
        "members_by_origin": lake.rows(_BY_ORIGIN, of_version),
        "teachers": lake.rows(_TEACHERS, {**of_version, "at": at}),
        "verifiers": verifiers,
        "calibrations": [one.row() for one in calibrations],
        "calibrated": bool(verifiers) and all(row["verifier_id"] in calibrated for row in verifiers),
        "contamination_check_is_off": run.recipe.curation.contamination is None,
        "contamination_checked_against": checked_against(lake, snapshot.name, snapshot.version, at=at),
        "duplicates_compared_with": compared_tables(lake, snapshot.name, snapshot.version, at=at),
        "diversity": diversity_of(lake, snapshot.curation_id),
        "run": {
            "adopted_samples": adopted_samples(lake, snapshot.run_id, at=at),
            "missing": asdict(left_out(lake, run, at=at)),
            "prompts": lake.rows(_PROMPTS, {**of_run, "name": snapshot.name}),
            "proposals": lake.rows(_PROPOSALS, of_run),
            "samples": lake.rows(_SAMPLES, {**of_curation, "artefact": ARTEFACT})[0],
            "samples_by_teacher": lake.rows(_BY_TEACHER, {**of_curation, "artefact": ARTEFACT}),
            "test_strengths": strengths_of_run(lake, snapshot.run_id, run.recipe.verification.min_test_strength, at=at),
            "selections": lake.rows(_SELECTIONS, of_curation),
            "examples": lake.rows(_PUBLISHED, of_run)[0]["n"],
            "costs": lake.rows(_COSTS, of_run),
        },
    }


def teachers_elsewhere(lake: Lake, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Teachers as runs of other datasets had met them by then: an earlier Stillroom states those of members too."""
    return lake.rows(_MET_ELSEWHERE, {"name": snapshot.name, "at": published_at(lake, snapshot)})


def _taken_out(lake: Lake, of_version: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What versions before hold and this one took out: what was retracted, and what no longer passes."""
    found = lake.rows(_REMOVALS, of_version)
    rows = [{**row, "held_by": [f"{of_version['name']}@{version}" for version in row["versions"]]} for row in found]
    return {
        "retracted": [
            {"kind": row["kind"], "id": row["cause_id"], "rows": row["rows"], "held_by": row["held_by"]}
            for row in rows
            if row["kind"] != VERDICT
        ],
        "no_longer_passing": [
            {"verifier_id": row["cause_id"], "reason": row["reason"], "rows": row["rows"], "held_by": row["held_by"]}
            for row in rows
            if row["kind"] == VERDICT
        ],
    }
