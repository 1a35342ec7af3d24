"""The frozen copy of a snapshot: Parquet, manifest and summary that stand without the lake."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from stillroom import __version__
from stillroom.calibration import newest_of
from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.publication.comparison import EXAMPLES_FILE, MANIFEST_FILE, SUMMARY_FILE, seal
from stillroom.publication.gate import calibrated_verifiers
from stillroom.publication.publish import VERDICT, Snapshot, snapshots
from stillroom.publication.strengths import strengths_of_run
from stillroom.publication.summary import summary
from stillroom.runs import adopted_samples, load_run

_EXAMPLES = """
SELECT * EXCLUDE (name, version) FROM lake.snapshot_examples WHERE name = ? AND version = ? ORDER BY example_id
"""
_REMOVALS = """
SELECT r.kind, r.cause_id, r.reason, count(DISTINCT r.example_id) AS rows,
       list_sort(list(DISTINCT m.version)) AS versions
FROM lake.removals r
JOIN lake.snapshot_members m ON m.name = r.name AND m.example_id = r.example_id AND m.version < r.version
WHERE r.name = ? AND r.version = ?
GROUP BY ALL ORDER BY rows DESC, r.kind, r.cause_id, r.reason
"""


def freeze(lake: Lake, snapshot: Snapshot) -> Path:
    """Write the frozen copy of a published version, where it is missing; returns its folder.

    It is made from the lake in a temporary folder and renamed when whole, so a folder that is there is complete.

    Raises:
        LakeError: the copy cannot be written.
    """
    folder = lake.root / snapshot.path
    if folder.exists():
        return folder
    temporary = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        lake.query(_EXAMPLES, [snapshot.name, snapshot.version]).write_parquet(temporary / EXAMPLES_FILE)
        content = manifest(lake, snapshot)
        (temporary / SUMMARY_FILE).write_text(summary(content, folder), encoding="utf-8")
        sealed = seal(content, temporary)
        (temporary / MANIFEST_FILE).write_text(json.dumps(sealed, indent=2, default=str) + "\n", encoding="utf-8")
        temporary.rename(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise LakeError(f"{snapshot.label} is published, but its copy in {folder} failed: {error}") from error
    return folder


def freeze_missing(lake: Lake, name: str) -> None:
    """Write the copies that a killed publication left out."""
    for snapshot in snapshots(lake, name):
        if not snapshot.is_retired:
            freeze(lake, snapshot)


def manifest(lake: Lake, snapshot: Snapshot) -> dict[str, Any]:
    """All that is stated about a snapshot: what it holds, from what, by whom, checked how, at which cost."""
    run = load_run(lake, snapshot.run_id)
    by_run = [snapshot.run_id]
    verifiers = lake.rows(
        "SELECT DISTINCT v.verifier, v.verifier_id, v.image_digest, v.calibration_id FROM lake.snapshot_examples e "
        "JOIN lake.verdicts v ON v.sample_id = e.sample_id AND v.run_id = e.run_id "
        "AND v.verifier_id = coalesce(e.verifier_id, v.verifier_id) "
        "WHERE e.name = ? AND e.version = ? ORDER BY ALL",
        [snapshot.name, snapshot.version],
    )
    calibrations = newest_of(lake, sorted({row["verifier_id"] for row in verifiers}))
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
        **_taken_out(lake, snapshot),
        "members_by_origin": lake.rows(
            "SELECT origin, count(*) AS examples, count(DISTINCT prompt_id) AS prompts FROM lake.snapshot_examples "
            "WHERE name = ? AND version = ? GROUP BY origin ORDER BY origin",
            [snapshot.name, snapshot.version],
        ),
        "teachers": lake.rows(
            "SELECT DISTINCT t.teacher_id, t.model, t.revision, t.revision_source, t.licence, t.engine "
            "FROM lake.teachers t JOIN lake.snapshot_examples e USING (teacher_id) WHERE e.name = ? AND e.version = ? "
            "ORDER BY t.teacher_id",
            [snapshot.name, snapshot.version],
        ),
        "verifiers": verifiers,
        "calibrations": [one.row() for one in calibrations],
        "calibrated": bool(verifiers) and all(row["verifier_id"] in calibrated for row in verifiers),
        "contamination_checked_against": [],
        "run": {
            "adopted_samples": adopted_samples(lake, snapshot.run_id),
            "prompts": lake.rows(
                "SELECT origin, count(DISTINCT s.prompt_id) AS prompts FROM lake.shards s "
                "JOIN lake.prompts p USING (prompt_id) WHERE s.run_id = ? GROUP BY origin ORDER BY origin",
                by_run,
            ),
            "proposals": lake.rows(
                "SELECT admitted, reason, count(*) AS replies FROM lake.proposals WHERE run_id = ? "
                "GROUP BY ALL ORDER BY replies DESC",
                by_run,
            ),
            "samples": lake.rows(
                "SELECT count(*) AS answered, count(*) FILTER (gate <> 'verification') AS passed FROM lake.selections "
                "WHERE curation_id = ?",
                [snapshot.curation_id],
            )[0],
            "test_strengths": strengths_of_run(lake, snapshot.run_id, run.recipe.verification.min_test_strength),
            "selections": lake.rows(
                "SELECT gate, reason, count(*) AS samples FROM lake.selections WHERE curation_id = ? "
                "GROUP BY ALL ORDER BY samples DESC",
                [snapshot.curation_id],
            ),
            "costs": lake.rows(
                "SELECT stage, sum(samples)::BIGINT AS samples, sum(prompt_tokens)::BIGINT AS prompt_tokens, "
                "sum(cached_tokens)::BIGINT AS cached_tokens, sum(completion_tokens)::BIGINT AS completion_tokens, "
                "sum(seconds) AS seconds, sum(money) AS money, max(currency) AS currency "
                "FROM lake.costs WHERE run_id = ? GROUP BY stage ORDER BY stage",
                by_run,
            ),
        },
    }


def _taken_out(lake: Lake, snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """What versions before hold and this one took out: what was retracted, and what no longer passes."""
    found = lake.rows(_REMOVALS, [snapshot.name, snapshot.version])
    rows = [{**row, "held_by": [f"{snapshot.name}@{version}" for version in row["versions"]]} for row in found]
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
