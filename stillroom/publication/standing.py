"""What each member of a snapshot stands on: its sample, the verdict that passed it and the tests; or what is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom.lake import Lake
from stillroom.publication.publish import Snapshot, published_at
from stillroom.recipe import Verification
from stillroom.records import Answer, Check
from stillroom.runs import load_run

_STANDING = """
WITH runs AS (
    SELECT DISTINCT run_id FROM lake.runs WHERE dataset = $name
), published AS (  -- as this dataset had it then: another may have published the same example, or this one once more
    SELECT * FROM lake.examples SEMI JOIN runs USING (run_id) WHERE created_at <= $at
    QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY created_at DESC) = 1
), standing AS (  -- nothing is published but passes, so a later verdict that is none is one that no version stands on
    SELECT * FROM lake.verdicts WHERE created_at <= $at
    QUALIFY row_number() OVER (
        PARTITION BY run_id, sample_id, verifier_id ORDER BY outcome = 'pass' DESC, created_at DESC) = 1
)
SELECT m.example_id, e.sample_id, e.run_id, e.created_at AS published_at, e.verifier, e.verifier_id,
       s.answer, s.extraction_problem, v.outcome, v.reason, v.image_digest, p.tests, p.entry_point,
       coalesce(e.verifier_id, '') <> '' AS is_named,
       CASE WHEN e.example_id IS NULL THEN 'the lake has no row of it in examples by a run of its dataset'
            WHEN s.sample_id IS NULL THEN 'the lake has no row of its sample'
            WHEN t.prompt_id IS NULL THEN 'the lake has no row of its prompt'
            WHEN NOT is_named THEN ''  -- published unverified, or by an earlier Stillroom
            WHEN v.sample_id IS NULL THEN 'the lake has no verdict of the verifier that passed it, ' || e.verifier_id
            WHEN p.check_id IS NULL THEN 'the lake has no prompt with the tests of its verdict, ' || v.check_id
            ELSE '' END AS lost,
       CASE WHEN lost <> '' THEN lost
            WHEN NOT is_named THEN 'the lake does not say which verifier passed it'
            WHEN o.opened > e.created_at THEN 'the lake has no record of its run ' || e.run_id || ' by ' || published_at
            ELSE '' END AS lacks,
       CASE WHEN lost = '' AND v.outcome <> 'pass'
            THEN 'the verdict that it was published by says ' || v.outcome ELSE lost END AS faults
FROM lake.snapshot_members m
LEFT JOIN published e ON e.example_id = m.example_id
LEFT JOIN (SELECT run_id, min(created_at) AS opened FROM lake.runs GROUP BY run_id) o ON o.run_id = e.run_id
LEFT JOIN lake.samples s ON s.sample_id = e.sample_id AND s.run_id = e.run_id AND s.shard = e.shard
LEFT JOIN (SELECT DISTINCT prompt_id FROM lake.prompts) t ON t.prompt_id = e.prompt_id
LEFT JOIN standing v ON v.run_id = e.run_id AND v.sample_id = e.sample_id AND v.verifier_id = e.verifier_id
LEFT JOIN (SELECT * FROM lake.prompts QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at) = 1) p
    ON p.check_id = v.check_id
WHERE m.name = $name AND m.version = $version
"""
_ASKED = "SELECT {columns} FROM ({standing}) WHERE {condition} ORDER BY example_id"
_WHOLE = _ASKED.format(columns="* EXCLUDE (is_named, lost, lacks, faults)", standing=_STANDING, condition="lacks = ''")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingVerdict:
    """A member of a snapshot, and the verdict by which it was published.

    Attributes:
        run_id: the run that published it.
        published_at: when that was (UTC), since it may have been judged otherwise before and since.
    """

    example_id: str
    sample_id: str
    run_id: str
    published_at: datetime
    check: Check
    answer: Answer
    verifier: str
    verifier_id: str
    image_digest: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudgeable:
    """A member that cannot be judged again.

    Attributes:
        sample_id: "" where the lake does not say.
        lacks: what the lake lacks for it, for a person.
    """

    example_id: str
    sample_id: str
    lacks: str


def standing_verdicts(lake: Lake, snapshot: Snapshot) -> list[StandingVerdict]:
    """The verdicts that a snapshot stands on, one for each member but for the ``unjudgeable`` ones."""
    return [
        StandingVerdict(
            check=Check(tests=row.pop("tests"), entry_point=row.pop("entry_point")),
            answer=Answer(text=row.pop("answer"), problem=row.pop("extraction_problem")),
            **row,
        )
        for row in lake.rows(_WHOLE, _asked(lake, snapshot))
    ]


def by_verification(lake: Lake, stored: Sequence[StandingVerdict]) -> list[tuple[Verification, list[StandingVerdict]]]:
    """Members with the verification under which each was published: runs of one dataset may have different ones.

    Raises:
        RecipeError: the record of a run is lost.
        LakeError: what a run was recorded with then is no recipe.
    """
    members: dict[tuple[str, datetime], list[StandingVerdict]] = {}
    for one in stored:
        members.setdefault((one.run_id, one.published_at), []).append(one)
    found: dict[str, tuple[Verification, list[StandingVerdict]]] = {}
    for (run_id, published), some in members.items():
        verification = load_run(lake, run_id, at=published).recipe.verification
        found.setdefault(verification.model_dump_json(), (verification, []))[1].extend(some)
    return [*found.values()]


def unjudgeable(lake: Lake, snapshot: Snapshot) -> list[Unjudgeable]:
    """The members of which the lake does not hold all that is needed to obtain their verdict again."""
    return [
        Unjudgeable(example_id=row["example_id"], sample_id=row["sample_id"] or "", lacks=row["said"])
        for row in _said(lake, snapshot, "lacks")
    ]


def ungrounded(lake: Lake, snapshot: Snapshot) -> dict[str, str]:
    """By example_id, what is wrong with members: a row behind one is lost, or its verdict is none to publish by.

    Nothing with those of which the lake never said who passed them: what is published unverified, or by an earlier
    Stillroom. One whose verdict does not say pass can be judged again all the same.
    """
    return {row["example_id"]: row["said"] for row in _said(lake, snapshot, "faults")}


def _said(lake: Lake, snapshot: Snapshot, column: str) -> list[dict[str, Any]]:
    """The members of which ``column`` says anything; no text is read for it."""
    columns, condition = f"example_id, sample_id, {column} AS said", f"{column} <> ''"
    return lake.rows(_ASKED.format(columns=columns, standing=_STANDING, condition=condition), _asked(lake, snapshot))


def _asked(lake: Lake, snapshot: Snapshot) -> dict[str, Any]:
    """Binds ``_STANDING``: the verdicts that counted when the snapshot was published."""
    return {"name": snapshot.name, "version": snapshot.version, "at": published_at(lake, snapshot)}
