"""``why``: the one reason for which a sample was kept or dropped."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.naming import DatasetOption, find_dataset, find_id
from stillroom.cli.output import JsonOption, first_line, print_json
from stillroom.cli.session import reading

if TYPE_CHECKING:
    from stillroom.lake import Lake

_SELECTION = """
SELECT gate, reason, evidence, kept, matched_id, similarity, curation_id, run_id, created_at AS decided_at
FROM current_selections WHERE sample_id = ? AND run_id = ? ORDER BY created_at DESC LIMIT 1
"""
_VERDICT = """
SELECT verifier, outcome, reason, detail, tests_passed, tests_total, created_at AS judged_at
FROM verdicts WHERE sample_id = $sample AND run_id = $run AND list_contains(coalesce(nullif((
    SELECT CASE WHEN kept AND reason = 'unjudged' THEN [(  -- a member stays by the verdict of its publication
        SELECT arg_max(verifier_id, created_at) FROM examples WHERE sample_id = $sample AND run_id = $run
    )] WHEN reason = 'unjudged' THEN ['']  -- dropped for the lack of one: what is there is by tests of before
    ELSE verifier_ids END
    FROM current_selections WHERE sample_id = $sample AND run_id = $run LIMIT 1
), []), [verifier_id]), verifier_id) AND ($at IS NULL OR created_at <= $at::TIMESTAMP)
QUALIFY row_number() OVER (PARTITION BY verifier ORDER BY created_at DESC) = 1
ORDER BY CASE outcome WHEN 'fail' THEN 0 WHEN 'abstain' THEN 1 ELSE 2 END, verifier LIMIT 1
"""
_VERDICT_SINCE = """
SELECT verifier, outcome, reason, detail, tests_passed, tests_total, created_at AS judged_at
FROM verdicts WHERE sample_id = $sample AND run_id = $run AND created_at > $at
ORDER BY created_at DESC, verifier LIMIT 1
"""
# Several runs of a dataset may have it: later ones take over what they ask for too. Told is the decision by which it is
# published, else the newest.
_SAMPLE = """
WITH decided AS (
    SELECT run_id, max(created_at) AS decided_at, arg_max(kept, created_at) AS kept
    FROM selections WHERE sample_id = $sample GROUP BY run_id
), published AS (
    SELECT run_id, max(created_at) AS published_at FROM examples
    WHERE sample_id = $sample AND run_id IN (SELECT run_id FROM decided WHERE kept) GROUP BY run_id
)
SELECT s.sample_id, s.prompt_id, s.run_id, s.teacher_id, s.sample_index, s.finish_reason, s.answer, s.response,
       s.extraction_problem, p.task
FROM samples s LEFT JOIN (SELECT DISTINCT run_id, dataset FROM runs) r ON r.run_id = s.run_id
LEFT JOIN decided ON decided.run_id = s.run_id LEFT JOIN published ON published.run_id = s.run_id
LEFT JOIN (SELECT t.prompt_id, t.task, t.created_at, o.dataset
           FROM prompts t JOIN (SELECT DISTINCT run_id, dataset FROM runs) o USING (run_id)) p
    ON p.prompt_id = s.prompt_id AND p.dataset = r.dataset  -- another dataset may have it in other words
WHERE s.sample_id = $sample AND coalesce(r.dataset, '') = $dataset
ORDER BY published_at DESC NULLS LAST, decided_at DESC NULLS LAST, s.created_at DESC, p.created_at LIMIT 1
"""
_DATASETS = """
SELECT DISTINCT coalesce(r.dataset, '') AS dataset FROM samples s
LEFT JOIN (SELECT DISTINCT run_id, dataset FROM runs) r ON r.run_id = s.run_id WHERE s.sample_id = ?
"""
_SNAPSHOTS = """
SELECT DISTINCT m.name || '@' || m.version AS snapshot, m.name, m.version
FROM examples e JOIN snapshot_members m USING (example_id)
WHERE e.sample_id = $sample AND m.name = $dataset AND e.run_id IN (SELECT run_id FROM runs WHERE dataset = $dataset)
ORDER BY m.name, m.version
"""
_RETRACTION = """
SELECT r.kind, r.cause_id, r.name || '@' || r.version AS first_without, r.created_at AS retracted_at
FROM removals r JOIN runs u ON u.dataset = r.name
WHERE r.sample_id = ? AND u.run_id = ? AND r.kind <> 'verdict' ORDER BY r.version DESC LIMIT 1
"""
_TAKEN_OUT = """
SELECT 1 FROM removals r JOIN runs u ON u.dataset = r.name
WHERE u.run_id = $run AND $match IN (r.sample_id, r.prompt_id) AND NOT EXISTS (
    SELECT 1 FROM published_members m WHERE m.name = r.name AND $match IN (m.sample_id, m.prompt_id))
LIMIT 1
"""
_OVERLAPS = """
SELECT side, benchmark, item_id, method, overlap, score FROM contamination_hits
WHERE curation_id = $curation AND (sample_id = $sample OR (side = 'prompt' AND prompt_id = $prompt))
ORDER BY side DESC, score DESC, benchmark, item_id
"""
UNDECIDED = "undecided"
MOST_OVERLAPS = 5  # that are printed; --json has all


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(
    ctx: typer.Context,
    sample_id: Annotated[str, typer.Argument(help="A sample's id, or enough of its first digits.")],
    *,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a sample was kept or dropped: one gate, one reason, and the evidence."""
    with reading(ctx) as lake:
        about = explain(lake, find_id(lake, "sample", sample_id), dataset)
    if as_json:
        print_json(about)
    else:
        _print(about)


def explain(lake: "Lake", sample_id: str, dataset: str | None = None) -> dict[str, Any]:
    """A dataset's decision about a sample, its verdict, and the sample itself, as plain data.

    Of several runs that have it, the one that published it and keeps it is told of, else the one that decided last.
    ``gate`` is ``undecided`` where none has been curated; ``newest_run`` is then the dataset's newest run, which
    alone a build works on, with its state, else None. ``retraction`` names what was retracted and the first version
    without it, or is None. ``overlaps`` is what it and its prompt share with benchmarks, also where it was published
    before they were checked. ``match_taken_out``: what it was dropped in favour of has been taken out since.
    ``verdict`` is the one that was decided by; ``verdict_since`` came later and says something else, or is None.

    Args:
        lake: where it is.
        sample_id: a sample that exists.
        dataset: of which; needed where several have it.

    Raises:
        RequestError: several datasets have it, or the named one has not.
    """
    datasets = [row["dataset"] for row in lake.rows(_DATASETS, [sample_id])]
    of_dataset = {"sample": sample_id, "dataset": find_dataset("sample", sample_id, datasets, dataset)}
    sample = lake.rows(_SAMPLE, of_dataset)[0]
    in_run = [sample_id, sample["run_id"]]  # another dataset may have sampled another text under this id
    decision = next(iter(lake.rows(_SELECTION, in_run)), None)
    nothing = {"gate": UNDECIDED, "reason": "", "evidence": "", "kept": False, "matched_id": "", "similarity": 0.0}
    retracted = lake.rows(_RETRACTION, in_run) if lake.holds("removals") else []
    return {
        **sample,
        **(decision or nothing),
        "newest_run": None if decision else _newest_run(lake, sample["run_id"]),
        "snapshots": [row["snapshot"] for row in lake.rows(_SNAPSHOTS, of_dataset)],
        "overlaps": _overlaps(lake, sample, decision),
        "match_taken_out": _is_taken_out(lake, sample["run_id"], decision["matched_id"]) if decision else False,
        "retraction": next(iter(retracted), None),
        **_verdicts(lake, sample, decision),
    }


def _verdicts(lake: "Lake", sample: dict[str, Any], decision: dict[str, Any] | None) -> dict[str, Any]:
    """The verdict that a decision was made by, and the newest that came after it where that says something else."""
    asked = {"sample": sample["sample_id"], "run": sample["run_id"], "at": decision["decided_at"] if decision else None}
    verdict = next(iter(lake.rows(_VERDICT, asked)), None)
    since = next(iter(lake.rows(_VERDICT_SINCE, asked)), None) if decision else None
    said = ("outcome", "reason", "detail")
    is_same = verdict and since and [since[name] for name in said] == [verdict[name] for name in said]
    return {"verdict": verdict, "verdict_since": None if is_same else since}


def _newest_run(lake: "Lake", run_id: str) -> dict[str, Any] | None:
    """The newest run of the run's dataset, and its state."""
    from stillroom.runs.newest import newest_run  # slow to import

    datasets = lake.rows("SELECT DISTINCT dataset FROM runs WHERE run_id = ?", [run_id])
    newest = newest_run(lake, datasets[0]["dataset"]) if datasets else None
    return newest and {name: newest[name] for name in ("run_id", "state")}


def _is_taken_out(lake: "Lake", run_id: str, matched_id: str) -> bool:
    """Whether the run's dataset had this sample, or samples of this prompt, and has taken all of them out."""
    if not matched_id or not lake.holds("removals"):
        return False
    return bool(lake.rows(_TAKEN_OUT, {"run": run_id, "match": matched_id}))


def _overlaps(lake: "Lake", sample: dict[str, Any], decision: dict[str, Any] | None) -> list[dict[str, Any]]:
    if decision is None:
        return []
    asked = {"sample": sample["sample_id"], "prompt": sample["prompt_id"], "curation": decision["curation_id"]}
    return lake.rows(_OVERLAPS, asked)


def _print(about: dict[str, Any]) -> None:
    typer.echo(f"sample {about['sample_id']}: {_sentence(about)}")
    if about["evidence"]:
        typer.echo(f"  evidence: {about['evidence']}")
    if about["matched_id"]:
        alike = f" (similarity {about['similarity']:.3f})" if about["similarity"] else ""
        gone = ", which was taken out since: `stillroom reverify` decides again" if about["match_taken_out"] else ""
        typer.echo(f"  against:  {about['matched_id']}{alike}{gone}")
    for one in about["overlaps"][:MOST_OVERLAPS]:
        typer.echo(
            f"  overlap:  {one['side']} with {one['benchmark']}:{one['item_id']}, by {one['method']}: "
            f"{first_line(one['overlap'], 200)}"
        )
    if more := len(about["overlaps"][MOST_OVERLAPS:]):
        typer.echo(f"            and {more} more")
    verdict = about["verdict"]
    if verdict:
        tests = f", {verdict['tests_passed']} of {verdict['tests_total']} tests held" if verdict["tests_total"] else ""
        typer.echo(f"  verdict:  {_outcome(verdict)}{tests}")
        if verdict["detail"] and verdict["detail"] != about["evidence"]:
            typer.echo(f"            {verdict['detail']}")
    if since := about["verdict_since"]:
        typer.echo(f"  since:    {_outcome(since)}; nothing was decided by that yet: `stillroom reverify` does")
    typer.echo(f"  prompt:   {about['prompt_id']} {first_line(about['task'] or '')}")
    typer.echo(f"  by:       {about['teacher_id']}, sample {about['sample_index']}, in {about['run_id']}")
    text = about["answer"] or about["response"]
    typer.echo("\n" + "\n".join(f"    {line}" for line in text.splitlines()))


def _outcome(verdict: dict[str, Any]) -> str:
    because = f" ({verdict['reason']})" if verdict["reason"] else ""
    return f"{verdict['outcome']}{because} by {verdict['verifier']}"


def _sentence(about: dict[str, Any]) -> str:
    where = f" It is in {', '.join(about['snapshots'])}." if about["snapshots"] else ""
    if about["gate"] == UNDECIDED:
        return _undecided(about["run_id"], about["newest_run"])
    if gone := about["retraction"]:
        return (
            f"retracted with {gone['kind']} {gone['cause_id']}, on which it depends; "
            f"{gone['first_without']} was published without it.{where}"
        )
    if about["kept"]:
        again = ", though it could not be judged again" if about["reason"] == "unjudged" else ""
        return f"kept{again}.{where}"
    reason = f": {about['reason']}" if about["reason"] else ""
    return f"dropped at {about['gate']}{reason}.{where}"


def _undecided(run_id: str, newest: dict[str, Any] | None) -> str:
    """What is to come of a sample whose run has not been curated; a build works on the dataset's newest run alone."""
    if newest is None or (newest["run_id"] == run_id and newest["state"] != "opened"):
        return f"not decided, since {run_id} has not been curated."
    if newest["run_id"] == run_id:
        return f"not decided yet, since {run_id} has not been curated. `stillroom build` continues it."
    return (
        f"not decided, since {run_id} was given up before it was curated, for {newest['run_id']}. A build takes the "
        "sample over where it asks a teacher for exactly this."
    )
