"""What ``verify-snapshot --re-execute`` does: a snapshot's verdicts obtained again, and how they differ."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from stillroom.cli.output import print_table
from stillroom.errors import LakeError, NoSuchSandbox, RecipeError, RequestError, SandboxError

if TYPE_CHECKING:
    from stillroom.lake import Lake
    from stillroom.publication import Reexecuted, Snapshot, StandingVerdict, Unjudgeable
    from stillroom.recipe import Verification
    from stillroom.runs import Wanted

DIFFERENCES_SHOWN = 20
ERROR = "error"  # field: why no member could be judged again
NOT_JUDGED = "not judged"  # reason of a difference: the lake lacks what it takes, or verifier or sandbox cannot do it


def rejudged(
    lake: "Lake", snapshot: "Snapshot", wanted: "Wanted", runtime: str, *, are_files_missing: bool
) -> dict[str, Any]:
    """As ``rejudge``; where the lake cannot be read, why: what was compared is told all the same.

    Raises:
        RequestError: Docker does not know the runtime that was asked for.
    """
    if are_files_missing:
        return {ERROR: "data files are missing that the catalogue names; put them back first"}
    try:
        return rejudge(lake, snapshot, wanted, runtime)
    except (LakeError, RecipeError) as error:
        return {ERROR: str(error)}


def rejudge(lake: "Lake", snapshot: "Snapshot", wanted: "Wanted", runtime: str) -> dict[str, Any]:
    """Judge every member again under what it was published under, or another verification; returns plain data.

    Members whose sandbox cannot be had, or fails, are differences that were not judged; the others are judged.

    Raises:
        RequestError: Docker does not know the runtime that was asked for.
        RecipeError: the record of a run is lost.
        LakeError: what a run was recorded with is no recipe.
    """
    from stillroom.capabilities import find_capability
    from stillroom.publication import by_verification, standing_verdicts, unjudgeable
    from stillroom.runs import load_run

    names = find_capability(load_run(lake, snapshot.run_id).recipe.capability).verifier_names
    again: list[Reexecuted] = []
    for verification, members in by_verification(lake, standing_verdicts(lake, snapshot)):
        again += _judged(members, names, wanted.of(verification), runtime)
    return {
        "members": snapshot.rows,
        "judged": sum(bool(one.outcome) for one in again),
        "other_verifiers": _other_verifiers(again),
        "differences": [
            *(_not_judged(one) for one in unjudgeable(lake, snapshot)),
            *(_difference(one) for one in again if not one.is_same),
        ],
    }


def _judged(
    members: Sequence["StandingVerdict"], names: Sequence[str], verification: "Verification", runtime: str
) -> "list[Reexecuted]":
    """Members of one verification, judged again, or told why not."""
    from stillroom.publication import not_judged

    try:
        return asyncio.run(_judge(members, names, verification, runtime))
    except SandboxError as error:
        if runtime and isinstance(error, RequestError):
            raise
        runs = ", ".join(dict.fromkeys(one.run_id for one in members))
        why = f"the sandbox that {runs} published by cannot be had: {str(error).strip()}"
        if isinstance(error, NoSuchSandbox) and not isinstance(error, RequestError):
            why += " Other libraries are named with `--requirements FILE`, none by an empty one."
        return [not_judged(one, why) for one in members]


async def _judge(
    stored: Sequence["StandingVerdict"], names: Sequence[str], verification: "Verification", runtime: str
) -> "list[Reexecuted]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from stillroom.publication import reexecute
    from verifiers.assembly import assemble
    from verifiers.sandbox import ConfiguredExecutor

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        line = bars.add_task("starting the sandbox", total=len(stored))
        sandbox = verification.sandbox
        async with ConfiguredExecutor(runtime=runtime or sandbox.runtime, libraries=sandbox.requirements) as executor:
            verifiers = assemble(
                names,
                executor,
                timeout_seconds=verification.timeout_seconds,
                memory_mib=verification.memory_mib,
            )
            await executor.start()
            bars.update(line, description="judging again")
            return await reexecute(stored, verifiers, lambda done, _: bars.update(line, completed=done))


def _other_verifiers(again: Sequence["Reexecuted"]) -> list[dict[str, Any]]:
    """Where the verifier is not the one by which members were published: both identities, and for how many."""
    counts = Counter(
        (one.stored.verifier, one.stored.verifier_id, one.stored.image_digest, one.verifier_id, one.image_digest)
        for one in again
        if one.verifier_id and one.stored.verifier_id != one.verifier_id
    )
    names = ("verifier", "stored_verifier_id", "stored_image_digest", "verifier_id", "image_digest")
    return [{**dict(zip(names, key, strict=True)), "rows": rows} for key, rows in counts.most_common()]


def _difference(one: "Reexecuted") -> dict[str, Any]:
    return {
        "sample_id": one.stored.sample_id,
        "example_id": one.stored.example_id,
        "stored_outcome": one.stored.outcome,
        "stored_reason": one.stored.reason,
        "outcome": one.outcome,
        "reason": one.reason if one.outcome else NOT_JUDGED,
        "detail": one.detail,
    }


def _not_judged(one: "Unjudgeable") -> dict[str, Any]:
    return {
        "sample_id": one.sample_id,
        "example_id": one.example_id,
        "stored_outcome": "",
        "stored_reason": "",
        "outcome": "",
        "reason": NOT_JUDGED,
        "detail": one.lacks,
    }


def is_confirmed(again: Mapping[str, Any]) -> bool:
    """Whether every member was judged again, and no verdict differs."""
    return ERROR not in again and again["judged"] >= again["members"] and not again["differences"]


def print_rejudged(again: Mapping[str, Any]) -> None:
    """Print it for a person."""
    if ERROR in again:
        typer.echo(f"\nNo member was judged again: {again[ERROR]}")
        return
    typer.echo(f"\n{again['judged']:,} of {again['members']:,} members were judged again.")
    for other in again["other_verifiers"]:
        what = "another image" if other["image_digest"] != other["stored_image_digest"] else "other limits or logic"
        typer.echo(
            f"The verifier is not the one that passed {other['rows']:,} of them: {what} ({other['verifier']}, stored "
            f"{other['stored_verifier_id']}, now {other['verifier_id']})."
        )
    differences = again["differences"]
    if not differences:
        typer.echo("Every verdict that was obtained is what it was.")
        return
    rows = _rows(differences)
    print_table(rows[:DIFFERENCES_SHOWN], title=f"{len(differences):,} verdicts differ or cannot be obtained")
    if len(rows) > DIFFERENCES_SHOWN:
        typer.echo(f"and {len(rows) - DIFFERENCES_SHOWN:,} more; --json lists them all")


def _rows(differences: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row for each, but one for all that were not judged for the same reason."""
    alike = Counter(one["detail"] for one in differences if one["reason"] == NOT_JUDGED)
    rows: dict[str, dict[str, str]] = {}
    for one in differences:
        is_left = one["reason"] == NOT_JUDGED
        count = alike[one["detail"]] if is_left else 1
        rows[one["detail"] if count > 1 else one["example_id"]] = {
            "sample": one["sample_id"] if count == 1 else f"{count:,} samples",
            "stored": f"{one['stored_outcome']} {one['stored_reason']}".strip(),
            "now": f"{NOT_JUDGED}: {one['detail']}" if is_left else f"{one['outcome']} {one['reason']}".strip(),
        }
    return [*rows.values()]
