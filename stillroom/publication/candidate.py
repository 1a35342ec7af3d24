"""The examples that a curation would publish, and the hash that names their content."""

import hashlib
from collections.abc import Sequence
from typing import Any

from stillroom.capabilities import find_capability
from stillroom.fingerprint import canonical_json, fingerprint
from stillroom.lake import Lake, Row
from stillroom.publication.gate import refuse_unverified
from stillroom.records import ID_DIGITS
from stillroom.runs import prompt_from

_KEPT = """
SELECT c.sample_id, c.prompt_id, c.shard, s.answer, s.response, s.teacher_id, v.verifier, v.verifier_id, v.outcome,
       p.*
FROM lake.selections c
JOIN lake.samples s ON s.sample_id = c.sample_id AND s.run_id = c.run_id AND s.shard = c.shard
LEFT JOIN (SELECT run_id, sample_id, outcome, verifier, verifier_id FROM lake.verdicts
           QUALIFY row_number() OVER (PARTITION BY run_id, sample_id, verifier_id ORDER BY created_at DESC) = 1) v
    ON v.sample_id = c.sample_id AND v.run_id = c.run_id  -- another dataset may have another text under this id
    AND list_contains(c.verifier_ids, v.verifier_id)
JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) r ON r.run_id = c.run_id
JOIN (SELECT o.dataset, t.* EXCLUDE (run_id, shard, created_at) FROM lake.prompts t
      JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
      QUALIFY row_number() OVER (PARTITION BY o.dataset, t.prompt_id ORDER BY t.created_at) = 1) p
    ON p.dataset = r.dataset AND p.prompt_id = c.prompt_id  -- what a task is in another dataset is that one's affair
WHERE c.curation_id = ? AND c.gate = 'kept'
ORDER BY c.sample_id
"""


def new_examples(lake: Lake, curation_id: str, *, allow_unverified: bool = False) -> list[Row]:
    """Rows of ``examples`` for what the curation kept: newcomers, and members that were taken out and pass again.

    Raises:
        GateError: a kept sample has a verdict other than ``pass``, or no calibrated verifier passed it and
            ``allow_unverified`` is not set; nothing must be published then.
    """
    rows = lake.rows(_KEPT, [curation_id])
    refuse_unverified(lake, rows, allow_unverified=allow_unverified)
    return list({row["sample_id"]: _example(row, curation_id) for row in rows}.values())


def content_hash(examples: Sequence[Row]) -> str:
    """sha256 over the canonical JSON of example_id, messages and answer, one line each, sorted by example_id."""
    digest = hashlib.sha256()
    for example in sorted(examples, key=lambda row: str(row["example_id"])):
        content = [example[key] for key in ("example_id", "messages", "answer")]
        digest.update(canonical_json(content).encode() + b"\n")  # pyright: ignore[reportArgumentType]
    return digest.hexdigest()


def _example(row: dict[str, Any], curation_id: str) -> Row:
    prompt = prompt_from(row)
    example = find_capability(prompt.capability).example(prompt, row["answer"], row["response"])
    messages = [{"role": role, "content": content} for role, content in example.messages]
    return {
        "example_id": fingerprint(["example", row["sample_id"], messages], length=ID_DIGITS),
        "sample_id": row["sample_id"],
        "prompt_id": row["prompt_id"],
        "capability": prompt.capability,
        "messages": messages,
        "answer": example.answer,
        "topic": prompt.topic,
        "difficulty_asked": prompt.difficulty_asked,
        "origin": prompt.origin.value,
        "teacher_id": row["teacher_id"],
        "verifier": row["verifier"],
        "verifier_id": row["verifier_id"],
        "curation_id": curation_id,
        "shard": row["shard"],
    }
