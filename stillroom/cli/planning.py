"""``plan``: what a build would do and could cost, before it does."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillroom.cli.output import JsonOption, print_json
from stillroom.cli.session import lake_folder, reading

if TYPE_CHECKING:
    from stillroom.cli.forecast import Forecast
    from stillroom.lake import Lake

_HAS = """
SELECT (SELECT count(*) FROM lake.samples) AS samples, (SELECT count(*) FROM lake.examples) AS examples,
       (SELECT arg_max(path, version) FROM lake.snapshots WHERE name = $dataset) AS path,
       (SELECT arg_max("rows", version) FROM lake.snapshots WHERE name = $dataset) AS "rows",
       (SELECT count(DISTINCT e.example_id) FROM lake.examples e
        LEFT JOIN (SELECT example_id, max(created_at) AS created_at FROM lake.removals WHERE name = $dataset
                   GROUP BY ALL) r ON r.example_id = e.example_id
        WHERE e.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
          AND (r.created_at IS NULL OR e.created_at > r.created_at)) AS members
"""  # members as a cumulative version inherits them; `published_members` would count the rows of all versions
_MOST_SHOWN = 4  # files that are passed over
_ACTIONS = {
    "open": "open a new run",
    "continue": "continue the unfinished run {run_id}",
    "derive": "derive {run_id} again from what was paid for; {teachers}",
    "refuse": "be refused: {run_id} is unfinished and was begun with other settings (--new-run opens another)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plan)


def plan(
    ctx: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what a build of a recipe would do and cost at most. Spends and writes nothing."""
    from stillroom.cli.forecast import foresee
    from stillroom.doctor import memory_bytes
    from stillroom.lake.disk import disk_use
    from stillroom.lake.location import locate
    from stillroom.recipe import load_recipe

    loaded, root = load_recipe(recipe), lake_folder(ctx)
    location, has = locate(root), _Has()
    if location.exists:
        with reading(ctx) as lake:
            forecast = foresee(loaded, lake)
            has = _has(lake, loaded.dataset)
    else:
        forecast = foresee(loaded, None)
    disk = disk_use(location, has.samples, copy=has.copy, copied_rows=has.rows)
    samples = forecast.samples_at_most if forecast.samples_expected is None else forecast.samples_expected
    copied = _copied_rows(forecast, has, root, samples, is_cumulative=loaded.snapshot.mode == "cumulative")
    expected, of_copy = disk.expected(samples, copied), disk.expected(0, copied)
    if as_json:
        bytes_ = {"bytes_expected": expected, "bytes_of_copy": of_copy, "bytes_free": disk.bytes_free}
        print_json({**asdict(forecast), **bytes_})
    else:
        _print(forecast)
        if forecast.action != "refuse":
            whole = f", {_size(of_copy)} of it for a frozen copy of {copied:,} rows" if copied else ""
            typer.echo(f"  disk:              about {_size(expected)}{whole}; {_size(disk.bytes_free)} are free")
            typer.echo(
                f"  memory:            a curation holds {loaded.execution.memory_mib:,} MiB in DuckDB before it spills "
                f"to {root / 'tmp'}, and about as much beside it"
            )
    if 2 * loaded.execution.memory_bytes > memory_bytes():
        typer.echo(
            f"Warning: execution.memory_mib is {loaded.execution.memory_mib:,}, and a curation takes about twice that; "
            f"this machine has {memory_bytes() >> 20:,} MiB. Lower it: what does not fit is spilled to disk.",
            err=True,
        )
    if disk.is_short_for(samples, copied):
        typer.echo(
            f"Warning: the build would write about {_size(expected)}; {_size(disk.bytes_free)} are free "
            f"for {disk.fullest}. `stillroom lake maintain` frees what nobody needs; or name another folder with "
            "--lake.",
            err=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Has:
    """What a lake has, as far as disk goes.

    Attributes:
        samples: in all.
        examples: of them.
        copy: where the frozen copy of the dataset's newest version is to be, below the lake's folder; "" where none is.
        rows: of that version.
        members: what the dataset has published and not taken out, in whichever version.
    """

    samples: int = 0
    examples: int = 0
    copy: str = ""
    rows: int = 0
    members: int = 0


def _has(lake: "Lake", dataset: str) -> _Has:
    (found,) = lake.rows(_HAS, {"dataset": dataset})
    return _Has(
        samples=found["samples"],
        examples=found["examples"],
        copy=found["path"] or "",
        rows=found["rows"] or 0,
        members=found["members"],
    )


def _copied_rows(forecast: "Forecast", has: _Has, root: Path, samples: int, *, is_cumulative: bool) -> int:
    """Rows of the frozen copies that a build would write, about: of its version, with all members where cumulative.

    Also of the version before it, where the folder lacks that copy. New rows are as many of the samples as by now; a
    lake without samples counts them with these.
    """
    is_idle = forecast.action == "open" and not samples and not forecast.prompts_to_write
    if forecast.action == "refuse" or is_idle:
        return 0
    new = round(samples * has.examples / has.samples) if has.samples else 0
    owed = has.rows if has.copy and not (root / has.copy).exists() else 0
    return new + owed + (has.members if is_cumulative else 0)


def _print(forecast: "Forecast") -> None:
    is_free = not forecast.samples_at_most and not forecast.prompts_to_write
    teachers = "no teacher is asked" if is_free else "teachers are asked for what it lacks"
    action = _ACTIONS[forecast.action].format(run_id=forecast.run_id, teachers=teachers)
    typer.echo(f"A build of {forecast.dataset} would {action}.")
    for change in forecast.changed:
        typer.echo(
            f"  changed since the newest run: {change.stage}.{change.field}, {change.before!r} → {change.after!r}"
        )
    if forecast.reused:
        typer.echo(f"  stages whose results stand: {', '.join(forecast.reused)}")
    if forecast.action == "refuse":
        return
    typer.echo(f"  prompts to answer: {forecast.prompts_to_answer:,}")
    typer.echo(
        f"  prompts to write:  {forecast.prompts_to_write:,} at most, in {forecast.writing_requests:,} requests at most"
    )
    typer.echo(f"  samples:           {forecast.samples_at_most:,} at most{_expected(forecast.samples_expected)}")
    tokens = _expected(forecast.completion_tokens_expected)
    typer.echo(f"  tokens to write:   {forecast.completion_tokens_at_most:,} at most{tokens}")
    if forecast.money_at_most:
        typer.echo(f"  money:             {forecast.money_at_most:,.2f} {forecast.currency} at most for written tokens")
    typer.echo(f"  benchmarks:        {', '.join(forecast.benchmarks) or f'none looked for: {forecast.unchecked}'}")
    if forecast.passed_over:
        shown = ", ".join(forecast.passed_over[:_MOST_SHOWN])
        more = f" and {hidden:,} more" if (hidden := len(forecast.passed_over) - _MOST_SHOWN) > 0 else ""
        typer.echo(
            f"  not looked for:    {shown}{more}, splits to train on; name one in the recipe to have it looked for"
        )


def _expected(amount: int | None) -> str:
    return "" if amount is None else f", about {amount:,} by earlier runs"


def _size(size: int) -> str:
    return f"{size / 1000**3:,.1f} GB" if size >= 1000**3 else f"{size / 1000**2:,.1f} MB"
