"""What a build came to: the figures it ends by printing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stillroom.cli.unruled import tasks_left
from stillroom.judging import warning_by_teacher
from stillroom.lake import Lake
from stillroom.publication import snapshots, strengths_of_run
from stillroom.recipe import Stage, recorded_benchmarks, why_nothing
from stillroom.records.verdict import ARTEFACT
from stillroom.runs import (
    Run,
    adopted_samples,
    decided_otherwise,
    left_out,
    replies_in,
    runs_beside,
    tasks_unjudged,
    tasks_waiting,
    why_nothing_new,
)

QUERIES = (
    "select origin, count(*) as examples from examples group by origin",
    "select gate, reason, sum(samples) as samples from why_dropped group by all order by samples desc limit 10",
    "select * from yield_by_teacher",
)

MOST_LEFT = 3  # runs that are named


def outcome_of(
    lake: Lake, run: Run, label: str, *, seconds: float, first_sample_seconds: float | None
) -> dict[str, object]:
    """The figures of a finished build; ``label`` is NAME@N, or "" where nothing new came."""
    one = [run.run_id]
    samples = lake.rows(
        "SELECT count(*) AS samples, count(*) FILTER (gate <> 'verification') AS passed, "
        "count(*) FILTER (gate = 'verification' AND starts_with(reason, ?)) AS artefacts "
        "FROM lake.current_selections WHERE run_id = ?",
        [ARTEFACT, run.run_id],
    )[0]
    by_teacher = lake.rows(
        "SELECT s.teacher_id, count(*) AS answered, "
        "count(*) FILTER (gate = 'verification' AND starts_with(reason, ?)) AS artefacts "
        "FROM lake.current_selections c JOIN lake.samples s ON s.sample_id = c.sample_id AND s.run_id = c.run_id "
        "WHERE c.run_id = ? GROUP BY s.teacher_id ORDER BY s.teacher_id",
        [ARTEFACT, run.run_id],
    )
    kept = lake.rows(
        "SELECT origin, count(DISTINCT example_id) AS examples FROM lake.examples WHERE run_id = ? "
        "GROUP BY origin ORDER BY origin",
        one,
    )
    spent = lake.rows(
        "SELECT coalesce(sum(completion_tokens), 0) AS tokens, coalesce(sum(money), 0) AS money, "
        "max(nullif(currency, '')) AS currency FROM lake.costs WHERE run_id = ?",
        one,
    )[0]
    snapshot = next((found for found in snapshots(lake, run.recipe.dataset) if found.label == label), None)
    new = sum(row["examples"] for row in kept)
    lacks, beside = left_out(lake, run), runs_beside(lake, run.run_id)
    recorded = lake.rows("SELECT sections FROM lake.current_runs WHERE run_id = ?", one)[0]
    benchmarks = recorded_benchmarks(json.loads(recorded["sections"])[Stage.CURATION.value])
    return {
        "run": run.run_id,
        "dataset": run.recipe.dataset,
        "snapshot": label,
        "nothing_new": "" if label else why_nothing_new(lake, run.run_id),
        "rows": snapshot.rows if snapshot else 0,
        "new_rows": snapshot.new_rows if snapshot else 0,
        "prompts_written": lake.rows(
            "SELECT count(*) AS n FROM lake.prompts WHERE run_id = ? AND origin = 'written'", one
        )[0]["n"],
        "writing_replies": replies_in(lake, run.run_id),
        "tasks_unjudged": tasks_unjudged(lake, beside),
        "tasks_waiting": tasks_waiting(lake, beside),
        "prompts_answered": lake.rows("SELECT count(DISTINCT prompt_id) AS n FROM lake.shards WHERE run_id = ?", one)[
            0
        ]["n"],
        "samples": samples["samples"],
        "samples_adopted": min(adopted_samples(lake, run.run_id), samples["samples"]),
        "passed": samples["passed"],
        "pass_rate": samples["passed"] / samples["samples"] if samples["samples"] else 0.0,
        "artefacts": samples["artefacts"],
        "warning": warning_by_teacher(by_teacher),
        "kept_by_origin": {row["origin"]: row["examples"] for row in kept},
        "left_as_decided": decided_otherwise(lake, run.run_id),
        "missing_shards": list(lacks.shards),
        "missing_prompts": lacks.prompts,
        "benchmarks": benchmarks,
        "unchecked": "" if benchmarks else why_nothing(is_off=run.recipe.curation.contamination is None),
        "dropped": lake.rows("SELECT gate, reason, samples FROM lake.why_dropped WHERE run_id = ?", one),
        "test_strengths": strengths_of_run(lake, run.run_id, run.recipe.verification.min_test_strength),
        "tokens_per_example": spent["tokens"] / new if new else None,
        "seconds_per_example": seconds / new if new and not run.is_continued else None,
        "money": spent["money"],
        "currency": spent["currency"],
        "seconds": seconds,
        "first_sample_seconds": first_sample_seconds,
        "summary": str(lake.root / snapshot.path / "summary.md") if snapshot else "",
    }


def print_outcome(console: Console, outcome: Mapping[str, Any]) -> None:
    """Print the figures for a person."""
    console.print()
    if not outcome["snapshot"]:
        why = escape(outcome["nothing_new"])
        console.print(f"Run {outcome['run']} brought nothing new, so nothing was published: {why}.")
    figures = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    by_origin = ", ".join(f"{count} for {origin} prompts" for origin, count in outcome["kept_by_origin"].items())
    rows = [
        ("prompts written", f"{outcome['prompts_written']} from {outcome['writing_replies']} replies"),
        ("samples paid for", _paid(outcome)),
        ("passed", f"{outcome['passed']} ({100 * outcome['pass_rate']:.1f} %)"),
        ("examples kept", f"{sum(outcome['kept_by_origin'].values())}: {by_origin or 'none'}"),
        ("this build took", f"{outcome['seconds']:.0f} s"),
    ]
    if outcome["benchmarks"]:
        rows.append(("benchmarks looked for", escape(", ".join(outcome["benchmarks"]))))
    if outcome["missing_shards"]:
        shards = ", ".join(map(str, outcome["missing_shards"]))
        rows.append(("published without", f"{outcome['missing_prompts']} prompts, of failed shards: {shards}"))
    if outcome["left_as_decided"]:
        rows.append(("left as they are", _left(outcome["left_as_decided"])))
    if outcome["test_strengths"]:
        rows.append(("tests measured", _tests(outcome["test_strengths"])))
    if outcome["tokens_per_example"] is not None:
        per_example = f"{outcome['tokens_per_example']:.0f} completion tokens"
        if outcome["seconds_per_example"] is not None:  # unknown where an earlier build did part of the work
            per_example += f", {outcome['seconds_per_example']:.1f} s"
        rows.append(("per kept example", per_example))
    if outcome["first_sample_seconds"] is not None:
        rows.append(("first sample after", f"{outcome['first_sample_seconds']:.1f} s"))
    for name, value in rows:
        figures.add_row(f"[bold]{name}[/bold]", value)
    console.print(figures)
    dropped = Table("gate", "reason", "samples", title="Why the rest was dropped", title_justify="left", box=None)
    for row in outcome["dropped"]:
        # A reason may name a class of the solution's, which is no markup.
        dropped.add_row(Text(row["gate"]), Text(row["reason"]), str(row["samples"]))
    console.print(dropped)
    if outcome["snapshot"]:
        console.print(
            f"\n[bold]{outcome['snapshot']}[/bold] holds {outcome['rows']} examples, {outcome['new_rows']} of them new."
        )
        console.print(f"Summary: {outcome['summary']}", soft_wrap=True, highlight=False, markup=False)
    if doubt := _doubt(outcome):
        again = (
            f"`stillroom reverify {outcome['dataset']}` judges them again by a mended verifier, and asks no teacher."
        )
        console.print(Text(f"\n{doubt}: `stillroom why SAMPLE` says why. {again}"))
    if outcome["tasks_unjudged"]:
        left = tasks_left(outcome["tasks_unjudged"], outcome["tasks_waiting"], outcome["dataset"])
        console.print(Text(f"\n{left}"))
    if outcome["unchecked"]:
        console.print(Text(f"\nIt was checked for contamination against nothing: {outcome['unchecked']}"))
    if outcome["warning"]:
        console.print(Text(f"\nWarning: {outcome['warning']}", style="yellow"))
    console.print("\nTry:")
    for query in QUERIES:
        console.print(f'  uv run stillroom sql "{query}"', soft_wrap=True, highlight=False, markup=False)


def _paid(outcome: Mapping[str, Any]) -> str:
    adopted = outcome["samples_adopted"]
    also = f", and {adopted} that a run before was paid for" if adopted else ""
    return f"{outcome['samples'] - adopted} for {outcome['prompts_answered']} prompts{also}"


def _doubt(outcome: Mapping[str, Any]) -> str:
    """What may be the verifier's doing: samples that it could not judge, or none that passed; "" where neither is."""
    dropped: Sequence[Mapping[str, Any]] = outcome["dropped"]
    unjudged = sum(row["samples"] for row in dropped if (row["gate"], row["reason"]) == ("verification", "unjudged"))
    if unjudged:
        return f"{unjudged:,} samples could not be judged"
    return "None of the samples passed" if outcome["samples"] and not outcome["passed"] else ""


def _left(runs: Mapping[str, str]) -> str:
    """The newest of the runs that other rules decided about."""
    told = [f"{run_id} (another {field})" for run_id, field in list(runs.items())[-MOST_LEFT:]]
    more = f", and {len(runs) - MOST_LEFT} before them" if len(runs) > MOST_LEFT else ""
    return f"{', '.join(told)}{more}"


def _tests(strengths: Sequence[Mapping[str, Any]]) -> str:
    """How many prompts' tests were strong enough, and what was set aside to say so."""
    prompts, strong, mutants, aside = (
        sum(row[name] for row in strengths) for name in ("prompts", "strong_enough", "mutants", "set_aside")
    )
    share = f"{100 * aside / mutants if mutants else 0.0:.1f} % of mutants set aside as equivalent"
    return f"those of {strong} of {prompts} prompts are strong enough; {share}"
