"""Follows an example back to where it comes from: selection, sample, verdicts, prompt, parents, seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stillroom.lake import Lake

_EXAMPLE = "SELECT * FROM examples WHERE example_id = ? ORDER BY created_at DESC LIMIT 1"
_SNAPSHOTS = (
    "SELECT name || '@' || version AS snapshot FROM snapshot_members WHERE example_id = ? ORDER BY name, version"
)
_SELECTION = "SELECT * FROM selections WHERE sample_id = ? AND curation_id = ? ORDER BY created_at LIMIT 1"
_SCORES = "SELECT scorer, value FROM scores WHERE sample_id = ? AND run_id = ? ORDER BY scorer, created_at"
_DISPLACED = """
SELECT sample_id, gate, reason, similarity FROM selections
WHERE matched_id = ? AND curation_id = ? ORDER BY similarity DESC, sample_id
"""
_SAMPLE = "SELECT * FROM samples WHERE sample_id = ? AND run_id = ? AND shard = ? ORDER BY created_at LIMIT 1"
_VERDICTS = """
SELECT * FROM verdicts WHERE sample_id = ? AND run_id = ?
QUALIFY row_number() OVER (PARTITION BY verifier ORDER BY created_at DESC) = 1 ORDER BY verifier
"""
_PROMPTS = """
SELECT * FROM prompts WHERE prompt_id IN (SELECT unnest($ids))
QUALIFY row_number() OVER (PARTITION BY prompt_id ORDER BY created_at) = 1
"""
_STRENGTHS = """
SELECT * FROM test_strengths WHERE prompt_id IN (SELECT unnest($ids))
QUALIFY row_number() OVER (PARTITION BY prompt_id ORDER BY created_at DESC) = 1
"""
_PROPOSALS = """
SELECT * FROM proposals WHERE prompt_id IN (SELECT unnest($ids))
QUALIFY row_number() OVER (PARTITION BY prompt_id ORDER BY created_at) = 1
"""
_TEACHER = "SELECT * FROM teachers WHERE teacher_id = ? ORDER BY run_id = ? DESC, created_at DESC LIMIT 1"
_RUN = "SELECT * FROM current_runs WHERE run_id = ?"
_COMMIT = "SELECT * FROM commits WHERE run_id = ? AND shard = ? AND created_at = ? LIMIT 1"  # rows share its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestry:
    """All the rows behind one example, as they are in the lake.

    Attributes:
        snapshots: NAME@N of the snapshots that hold it.
        displaced: samples that its curation dropped as the same as this one, its cluster.
        cost: what the sample and its verdicts took, by the teacher's price.
        prompts: its prompt and all the prompt's ancestors by id, nearest first, each a row of ``prompts``.
        proposals: by prompt id, the writing request and raw reply that a written prompt came of.
        strengths: by prompt id, how strong its tests were measured to be.
        nearest: rows of the prompts that were most similar when these were admitted, by id.
    """

    example: dict[str, Any]
    snapshots: list[str]
    selection: dict[str, Any]
    scores: list[dict[str, Any]]
    displaced: list[dict[str, Any]]
    sample: dict[str, Any]
    cost: dict[str, Any]
    verdicts: list[dict[str, Any]]
    prompts: dict[str, dict[str, Any]]
    proposals: dict[str, dict[str, Any]]
    strengths: dict[str, dict[str, Any]]
    nearest: dict[str, dict[str, Any]]
    teacher: dict[str, Any]
    run: dict[str, Any]
    commit: dict[str, Any]


def follow(lake: "Lake", example_id: str) -> Ancestry:
    """The ancestry of an example that exists."""
    example = lake.rows(_EXAMPLE, [example_id])[0]
    sample_id, run_id, shard = example["sample_id"], example["run_id"], example["shard"]
    sample = _one(lake, _SAMPLE, [sample_id, run_id, shard])
    prompts = _ancestors(lake, example["prompt_id"])
    verdicts = lake.rows(_VERDICTS, [sample_id, run_id])
    teacher = _one(lake, _TEACHER, [example["teacher_id"], run_id])
    near_ids = [row["nearest_prompt_id"] for row in prompts.values() if row["nearest_prompt_id"]]
    return Ancestry(
        example=example,
        snapshots=[row["snapshot"] for row in lake.rows(_SNAPSHOTS, [example_id])],
        selection=_one(lake, _SELECTION, [sample_id, example["curation_id"]]),
        scores=lake.rows(_SCORES, [sample_id, run_id]),
        displaced=lake.rows(_DISPLACED, [sample_id, example["curation_id"]]),
        sample=sample,
        cost=_cost(sample, verdicts, teacher),
        verdicts=verdicts,
        prompts=prompts,
        proposals=_by_prompt(lake, _PROPOSALS, list(prompts)),
        strengths=_by_prompt(lake, _STRENGTHS, list(prompts)) if lake.holds("test_strengths") else {},
        nearest=_by_prompt(lake, _PROMPTS, near_ids),
        teacher=teacher,
        run=_one(lake, _RUN, [run_id]),
        commit=_one(lake, _COMMIT, [run_id, shard, sample.get("created_at")]),
    )


def _cost(sample: dict[str, Any], verdicts: list[dict[str, Any]], teacher: dict[str, Any]) -> dict[str, Any]:
    read, written = sample.get("prompt_tokens", 0), sample.get("completion_tokens", 0)
    prices = teacher.get("input_price_per_million", 0.0), teacher.get("output_price_per_million", 0.0)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "teacher_seconds": sample.get("latency_seconds", 0.0),
        "sandbox_cpu_seconds": sum(verdict["cpu_seconds"] for verdict in verdicts),
        "money": (read * prices[0] + written * prices[1]) / 1_000_000,
        "currency": teacher.get("currency", ""),
    }


def _ancestors(lake: "Lake", prompt_id: str) -> dict[str, dict[str, Any]]:
    """The prompt and its ancestors, one query a generation; a prompt shown to several writers appears once."""
    found: dict[str, dict[str, Any]] = {}
    generation = [prompt_id]
    while generation:
        rows = _by_prompt(lake, _PROMPTS, generation)
        found |= rows
        parents = [parent for row in rows.values() for parent in row["parents"]]
        generation = [parent for parent in dict.fromkeys(parents) if parent not in found]
    return found


def _by_prompt(lake: "Lake", sql: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    rows = {row["prompt_id"]: row for row in lake.rows(sql, {"ids": ids})}
    return {one: rows[one] for one in dict.fromkeys(ids) if one in rows}


def _one(lake: "Lake", sql: str, parameters: list[object]) -> dict[str, Any]:
    rows = lake.rows(sql, parameters)
    return rows[0] if rows else {}
