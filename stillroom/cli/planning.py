"""``plan``: what a build would do and could cost, before it does."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillroom.cli.output import JsonOption, print_json
from stillroom.cli.session import lake_folder, reading

if TYPE_CHECKING:
    from stillroom.cli.forecast import Forecast

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

    loaded, root, had = load_recipe(recipe), lake_folder(ctx), 0
    location = locate(root)
    if location.exists:
        with reading(ctx) as lake:
            forecast = foresee(loaded, lake)
            had = lake.rows("SELECT count(*) AS n FROM lake.samples")[0]["n"]
    else:
        forecast = foresee(loaded, None)
    disk = disk_use(location, had)
    samples = forecast.samples_at_most if forecast.samples_expected is None else forecast.samples_expected
    if as_json:
        print_json({**asdict(forecast), "bytes_expected": disk.expected(samples), "bytes_free": disk.bytes_free})
    else:
        _print(forecast)
        if forecast.action != "refuse":
            typer.echo(f"  disk:              about {_size(disk.expected(samples))}, {_size(disk.bytes_free)} are free")
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
    if disk.is_short_for(samples):
        typer.echo(
            f"Warning: the build would write about {_size(disk.expected(samples))}; {_size(disk.bytes_free)} are free "
            f"for {disk.fullest}. `stillroom lake maintain` frees what nobody needs; or name another folder with "
            "--lake.",
            err=True,
        )


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
