"""Follows an example back to where it comes from: selection, sample, verdicts, prompt, parents, seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stillroom.lake import Lake

_EXAMPLE = "SELECT * FROM examples WHERE example_id = ? ORDER BY created_at DESC LIMIT 1"
_SNAPSHOTS = (
    "SELECT name || '@' || version AS snapshot FROM snapshot_members WHERE example_id = ? ORDER BY name, version"
)
_SELECTION = (
    "SELECT * FROM selections WHERE run_id = ? AND sample_id = ? AND curation_id = ? ORDER BY created_at LIMIT 1"
)
_DISPLACED = """
SELECT sample_id, gate, reason, similarity FROM selections
WHERE run_id = ? AND matched_id = ? AND curation_id = ? ORDER BY similarity DESC, sample_id
"""
_SCORES = "SELECT scorer, value FROM scores WHERE run_id = ? AND sample_id = ? ORDER BY scorer, created_at"
_SAMPLE = "SELECT * FROM samples WHERE run_id = ? AND sample_id = ? AND shard = ? ORDER BY created_at LIMIT 1"
_VERDICTS = """
SELECT * FROM verdicts WHERE run_id = ? AND sample_id = ?
QUALIFY row_number() OVER (PARTITION BY verifier ORDER BY created_at DESC) = 1 ORDER BY verifier
"""
_PROMPTS = """
SELECT * EXCLUDE (tests, reference) FROM prompts WHERE prompt_id IN $ids
QUALIFY row_number() OVER (PARTITION BY prompt_id ORDER BY created_at) = 1
"""
_PROMPT = "SELECT * FROM prompts WHERE prompt_id = ? ORDER BY created_at LIMIT 1"
_STRENGTH = "SELECT * FROM test_strengths WHERE prompt_id = ? ORDER BY created_at DESC LIMIT 1"
_PROPOSAL = "SELECT * FROM proposals WHERE prompt_id = ? ORDER BY created_at LIMIT 1"
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
        prompt: its prompt.
        proposal: the writing request and raw reply that its prompt came of, where it was written.
        strength: how strong its prompt's tests were measured to be.
        nearest: the prompt that was most similar when its prompt was admitted.
        ancestors: the prompts behind its prompt by id, nearest first, without their tests and references.
    """

    example: dict[str, Any]
    snapshots: list[str]
    selection: dict[str, Any]
    scores: list[dict[str, Any]]
    displaced: list[dict[str, Any]]
    sample: dict[str, Any]
    cost: dict[str, Any]
    verdicts: list[dict[str, Any]]
    prompt: dict[str, Any]
    proposal: dict[str, Any]
    strength: dict[str, Any]
    nearest: dict[str, Any]
    ancestors: dict[str, dict[str, Any]]
    teacher: dict[str, Any]
    run: dict[str, Any]
    commit: dict[str, Any]


def follow(lake: "Lake", example_id: str) -> Ancestry:
    """The ancestry of an example that exists, as it is at one moment."""
    with lake.moment():
        example = lake.rows(_EXAMPLE, [example_id])[0]
        run_id, sample_id, curation_id = example["run_id"], example["sample_id"], example["curation_id"]
        sample = _one(lake, _SAMPLE, [run_id, sample_id, example["shard"]])
        prompt = _one(lake, _PROMPT, [example["prompt_id"]])
        verdicts = lake.rows(_VERDICTS, [run_id, sample_id])
        teacher = _one(lake, _TEACHER, [example["teacher_id"], run_id])
        return Ancestry(
            example=example,
            snapshots=[row["snapshot"] for row in lake.rows(_SNAPSHOTS, [example_id])],
            selection=_one(lake, _SELECTION, [run_id, sample_id, curation_id]),
            scores=lake.rows(_SCORES, [run_id, sample_id]),
            displaced=lake.rows(_DISPLACED, [run_id, sample_id, curation_id]),
            sample=sample,
            cost=_cost(sample, verdicts, teacher),
            verdicts=verdicts,
            prompt=prompt,
            proposal=_one(lake, _PROPOSAL, [example["prompt_id"]]) if prompt.get("parents") else {},
            strength=_one(lake, _STRENGTH, [example["prompt_id"]]) if lake.holds("test_strengths") else {},
            nearest=_one(lake, _PROMPT, [prompt["nearest_prompt_id"]]) if prompt.get("nearest_prompt_id") else {},
            ancestors=_ancestors(lake, prompt) if prompt.get("parents") else {},
            teacher=teacher,
            run=_one(lake, _RUN, [run_id]),
            commit=_one(lake, _COMMIT, [run_id, example["shard"], sample.get("created_at")]),
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


def _ancestors(lake: "Lake", prompt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The ancestors of a prompt, a generation after the other; one that was shown to several writers is there once."""
    ids = [row["prompt_id"] for row in lake.rows("SELECT prompt_id FROM ancestry(?)", [prompt["prompt_id"]])]
    rows = {row["prompt_id"]: row for row in lake.rows(_PROMPTS, {"ids": ids})}
    found: dict[str, dict[str, Any]] = {}
    generation: list[str] = prompt["parents"]
    while generation := [one for one in dict.fromkeys(generation) if one in rows and one not in found]:
        found |= {one: rows[one] for one in generation}
        generation = [parent for one in generation for parent in rows[one]["parents"]]
    found.pop(prompt["prompt_id"], None)  # of a circle
    return found


def _one(lake: "Lake", sql: str, parameters: list[object]) -> dict[str, Any]:
    rows = lake.rows(sql, parameters)
    return rows[0] if rows else {}
