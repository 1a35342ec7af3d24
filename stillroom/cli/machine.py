"""``doctor`` and ``setup``: what this machine has, and getting what it lacks."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import lake_folder

RecipeArgument = Annotated[
    Path | None, typer.Argument(help="A recipe whose teachers are meant; by default the small one.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(setup)


def doctor(ctx: typer.Context, recipe: RecipeArgument = None, *, as_json: JsonOption = False) -> None:
    """Examine this machine: what a build would find, set up, or be stopped by (then the exit code is 1)."""
    from stillroom.doctor import State, examine

    findings = examine(lake_folder(ctx), _served_models(recipe))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table([asdict(finding) for finding in findings], ["name", "state", "found", "todo"])
    if any(finding.state is State.PROBLEM for finding in findings):
        raise typer.Exit(1)


def setup(recipe: RecipeArgument = None) -> None:
    """Get what a build needs: Docker's daemon, the sandbox image, SGLang's environment, the teacher's model."""
    from stillroom.cli.provisioning import provision

    provision(_served_models(recipe))


def _served_models(recipe: Path | None) -> list[str]:
    from stillroom.doctor import DEFAULT_MODEL
    from stillroom.recipe import load_recipe

    if recipe is None:
        return [DEFAULT_MODEL]
    return [teacher.serve for teacher in load_recipe(recipe).teachers if teacher.serve is not None]
