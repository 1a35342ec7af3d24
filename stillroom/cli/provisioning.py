"""Sets up what a build needs beside the Python packages, independent parts at the same time."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stillroom.cli.prefect_database import make_template
from stillroom.errors import StillroomError
from stillroom.teachers.models import pull
from stillroom.teachers.serving_environment import ensure_environment
from stillroom.teachers.serving_spec import resolve_device
from verifiers.sandbox import ensure_docker, ensure_image

Say = Callable[[str], None]
ASIDE_SECONDS = 2.0  # steps that take less are not worth a line


class SetupFailed(StillroomError):
    """Some part could not be set up; the message has a line for each."""


@dataclass(slots=True, kw_only=True)
class _Steps:
    """Shows steps that run side by side: a bar each on a terminal, prefixed lines elsewhere."""

    bars: Progress = field(
        default_factory=lambda: Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.fields[step]:<12}"),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True, highlight=False),
            disable=not sys.stderr.isatty(),
        )
    )

    def run(self, step: str, work: Callable[[Say], str]) -> None:
        """Do one step; ``work`` gets a function that takes lines, and returns what it came to."""
        began = time.monotonic()
        bar = self.bars.add_task("", step=step, total=None)

        def say(line: str) -> None:
            self.bars.update(bar, description=line.strip())
            if self.bars.disable:
                typer.echo(f"{step:<12} {line.strip()}", err=True)

        result = work(say)
        self.bars.update(bar, description=result, total=1, completed=1)
        if self.bars.disable and time.monotonic() - began > ASIDE_SECONDS:
            typer.echo(f"{step:<12} {result} ({time.monotonic() - began:.0f} s)", err=True)


def provision(models: Sequence[str]) -> None:
    """Set up Docker's daemon, then side by side the sandbox image, SGLang's environment and ``models``.

    What is there already is found in about a second.

    Raises:
        SandboxError: Docker does not answer and cannot be started; nothing else was begun.
        SetupFailed: a part could not be set up; the others were finished.
    """
    ensure_docker().close()
    steps: list[tuple[str, Callable[[Say], str]]] = [("sandbox", _image), ("Prefect", _database)]
    if models and resolve_device("auto") == "cpu":
        steps.append(("SGLang", _environment))
    steps += [("model", partial(_model, model)) for model in models]
    shown = _Steps()
    with shown.bars, ThreadPoolExecutor(len(steps)) as pool:
        begun = {pool.submit(shown.run, step, work): step for step, work in steps}
        failures = [(step, error) for future, step in begun.items() if (error := future.exception())]
    for _, error in failures:
        if not isinstance(error, StillroomError):
            raise error
    if failures:
        raise SetupFailed("\n".join(f"{step}: {error}" for step, error in failures))


def _image(say: Say) -> str:
    del say  # it takes a second
    return f"image {ensure_image(client=ensure_docker()).tag} is there"


def _database(say: Say) -> str:
    say("Making an empty Prefect database")
    return f"empty database {make_template().parent.name} is there"


def _environment(say: Say) -> str:
    return f"environment {ensure_environment(say).parents[1].name} is there"


def _model(name: str, say: Say) -> str:
    pulled = pull(name, say)
    return f"{pulled.name} is there, revision {pulled.revision} from {pulled.source}"
