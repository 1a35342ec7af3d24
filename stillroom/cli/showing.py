"""``snapshots`` and ``show``: what was published, and what became of everything on the way."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.naming import find_snapshot
from stillroom.cli.output import JsonOption, first_line, print_json, print_table
from stillroom.cli.session import lake_folder, reading

if TYPE_CHECKING:
    from stillroom.lake import Lake
    from stillroom.publication.publish import Snapshot

_SNAPSHOTS = """
SELECT s.name || '@' || s.version AS snapshot,
       CASE WHEN s.parent_version > 0 THEN s.name || '@' || s.parent_version ELSE '' END AS parent,
       s.rows, s.new_rows, s.mode, s.run_id, s.created_at AS published_at, {retired_at} AS retired_at,
       s.content_hash, s.path
FROM snapshots s ORDER BY s.name, s.version
"""
_RETIRED_AT = "(SELECT max(r.created_at) FROM retirements r WHERE r.name = s.name AND r.version = s.version)"
_BY_ORIGIN = """
SELECT origin, difficulty_asked, count(*) AS examples, count(DISTINCT prompt_id) AS prompts
FROM snapshot_examples WHERE name = $name AND version = $version GROUP BY ALL ORDER BY ALL
"""
_FUNNEL = """
SELECT gate, reason, count(*) AS samples FROM selections WHERE curation_id = $curation_id
GROUP BY gate, reason ORDER BY gate = 'kept' DESC, samples DESC, gate, reason
"""
_TEACHERS = """
SELECT e.teacher_id, count(*) AS examples, any_value(t.model) AS model, any_value(t.licence) AS licence,
       any_value(t.engine) AS engine, any_value(t.revision_source) AS revision_source
FROM snapshot_examples e
LEFT JOIN (SELECT * FROM teachers QUALIFY row_number() OVER (PARTITION BY teacher_id ORDER BY created_at DESC) = 1) t
    USING (teacher_id)
WHERE e.name = $name AND e.version = $version GROUP BY e.teacher_id ORDER BY examples DESC
"""
_COST = """
SELECT stage, teacher_id, sum(samples)::BIGINT AS samples, sum(prompt_tokens)::BIGINT AS prompt_tokens,
       sum(cached_tokens)::BIGINT AS cached_tokens, sum(completion_tokens)::BIGINT AS completion_tokens,
       round(sum(seconds), 2) AS seconds, sum(money) AS money, any_value(currency) AS currency
FROM costs WHERE run_id = $run_id GROUP BY stage, teacher_id ORDER BY stage DESC, teacher_id
"""
_TAKEN_OUT = """
SELECT kind, cause_id, reason, count(*) AS examples FROM removals WHERE name = $name AND version = $version
GROUP BY ALL ORDER BY examples DESC, kind, cause_id, reason
"""
_ROWS = """
SELECT example_id, sample_id, origin, topic, messages[1].content AS task, answer
FROM snapshot_examples WHERE name = $name AND version = $version ORDER BY md5(example_id) LIMIT $most
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("snapshots")(list_snapshots)
    app.command()(show)


def list_snapshots(ctx: typer.Context, *, as_json: JsonOption = False) -> None:
    """List all published snapshots."""
    with reading(ctx) as lake:
        retired_at = _RETIRED_AT if lake.holds("retirements") else "NULL::TIMESTAMP"  # nothing was let go before it
        rows = lake.rows(_SNAPSHOTS.format(retired_at=retired_at))
    if as_json:
        print_json(rows)
    elif rows:
        any_retired = any(row["retired_at"] for row in rows)
        shortened = [{**row, "content_hash": f"{row['content_hash'][:12]}…"} for row in rows]
        print_table(shortened, [name for name in rows[0] if name != "retired_at" or any_retired])
    else:
        typer.echo("Nothing has been published yet. `stillroom build RECIPE` does.")


def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="NAME (the newest version) or NAME@N.")],
    *,
    as_json: JsonOption = False,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show.")] = 3,
) -> None:
    """Show a snapshot: counts, why samples were dropped, teachers, cost, and a few rows."""
    with reading(ctx) as lake:
        about = describe(lake, find_snapshot(lake, name), rows)
    about["frozen_copy"] = None if about["is_retired"] else str(lake_folder(ctx) / about["path"])
    if as_json:
        print_json(about)
    else:
        _print(about)


def describe(lake: "Lake", snapshot: "Snapshot", rows: int) -> dict[str, Any]:
    """What is known about a snapshot, as plain data; cost, funnel and tests are of the run that published it."""
    from stillroom.publication.diverse import diversity_of
    from stillroom.publication.publish import published_at
    from stillroom.publication.strengths import strengths_of_run
    from stillroom.runs import checked_against

    which = {"name": snapshot.name, "version": snapshot.version}
    cost = lake.rows(_COST, {"run_id": snapshot.run_id})
    spent = sum(row["completion_tokens"] for row in cost)
    recipe = _recipe(lake, snapshot.run_id)
    return {
        "snapshot": snapshot.label,
        "parent": f"{snapshot.name}@{snapshot.parent_version}" if snapshot.parent_version else "",
        "mode": snapshot.mode,
        "is_retired": snapshot.is_retired,
        "rows": snapshot.rows,
        "new_rows": snapshot.new_rows,
        "run_id": snapshot.run_id,
        "curation_id": snapshot.curation_id,
        "content_hash": snapshot.content_hash,
        "path": snapshot.path,
        "composition": lake.rows(_BY_ORIGIN, which),
        "taken_out": lake.rows(_TAKEN_OUT, which) if lake.holds("removals") else [],
        "funnel": lake.rows(_FUNNEL, {"curation_id": snapshot.curation_id}),
        "contamination_check_is_off": recipe.get("curation", {}).get("contamination") is None,
        "contamination_checked_against": checked_against(
            lake, snapshot.name, snapshot.version, at=published_at(lake, snapshot)
        ),
        "diversity": diversity_of(lake, snapshot.curation_id),
        "test_strengths": strengths_of_run(
            lake, snapshot.run_id, recipe.get("verification", {}).get("min_test_strength")
        ),
        "teachers": lake.rows(_TEACHERS, which),
        "cost": cost,
        "completion_tokens_per_new_row": spent / snapshot.new_rows if snapshot.new_rows else None,
        "examples": lake.rows(_ROWS, {**which, "most": rows}),
    }


def _recipe(lake: "Lake", run_id: str) -> dict[str, dict[str, Any]]:
    """The recipe that the run was last recorded with, as it stands there: also one that is not read any more."""
    rows = lake.rows("SELECT recipe FROM current_runs WHERE run_id = ?", [run_id])
    return json.loads(rows[0]["recipe"]) if rows else {}


def _print(about: dict[str, Any]) -> None:
    typer.echo(f"{about['snapshot']}: {about['rows']:,} examples, {about['new_rows']:,} of them new in this version")
    parent = f"; it continues {about['parent']}" if about["parent"] else ""
    typer.echo(f"Published by {about['run_id']}{parent}; content hash {about['content_hash']}")
    if about["is_retired"]:
        typer.echo(
            "Retired: its frozen copy and --as-of were let go by `lake maintain --keep-versions`; its rows stay."
        )
    else:
        typer.echo(f"Frozen copy: {about['frozen_copy']}")
    print_table(about["composition"], title="What it holds")
    if about["taken_out"]:
        print_table(about["taken_out"], title="What versions before hold and this one took out")
    print_table(
        about["funnel"], ["gate", "reason", "samples"], title=f"What became of the samples of {about['run_id']}"
    )
    if about["contamination_checked_against"]:
        from stillroom.runs import never_looked_for

        print_table(about["contamination_checked_against"], title="What it was checked for contamination against")
        for sentence in never_looked_for(about["contamination_checked_against"]):
            typer.echo(sentence)
    else:
        from stillroom.recipe import why_nothing

        why = why_nothing(is_off=about["contamination_check_is_off"])
        typer.echo(f"\nIt was checked for contamination against nothing: {why}")
    if about["test_strengths"]:
        print_table(about["test_strengths"], title=f"Tests of the prompts of {about['run_id']}")
    if about["diversity"]:
        from stillroom.publication.diverse import in_short

        print_table(in_short(about["diversity"]), title="How diverse it is")
    print_table(about["teachers"], title="Teachers")
    print_table(about["cost"], title=f"Cost of {about['run_id']}")
    if about["completion_tokens_per_new_row"] is not None:
        typer.echo(f"\n{about['completion_tokens_per_new_row']:,.0f} tokens were written for each new example.")
    for row in about["examples"]:
        typer.echo(f"\n── {row['example_id']} ({row['origin']}, {row['topic']})")
        typer.echo(f"{first_line(row['task'], 200)}\n\n{row['answer']}")
