"""Sets up what a build needs beside the Python packages, independent parts at the same time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from functools import partial
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from stillroom.cli.prefect_database import make_template
from stillroom.errors import StillroomError
from stillroom.side_by_side import LOOK_SECONDS, attend, begin
from stillroom.teachers.models import pull
from stillroom.teachers.progress import SECONDS_BETWEEN_LINES, Share
from stillroom.teachers.serving_environment import ensure_environment
from stillroom.teachers.serving_spec import resolve_device
from verifiers.sandbox import ensure_docker, ensure_image

Say = Callable[[str], None]
Result = TypeVar("Result")
ASIDE_SECONDS = 2.0  # steps that take less are not worth a line
STEP_WIDTH, BAR_WIDTH = 8, 14


class SetupFailed(StillroomError):
    """Some part could not be set up; the message has a line for each."""


class Steps:
    """Shows steps that run side by side: a bar each on a terminal, prefixed lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self.bars = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.fields[step]}", table_column=Column(no_wrap=True, min_width=STEP_WIDTH)),
            BarColumn(bar_width=BAR_WIDTH),
            TimeElapsedColumn(),
            TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=console,
            expand=True,
            disable=not console.is_terminal,
        )

    def run(self, step: str, work: Callable[[Say], str]) -> None:
        """Do one step; ``work`` gets a function that takes lines, and returns what it came to."""
        began = time.monotonic()
        bar = self.bars.add_task("", step=step, total=None)
        last = 0.0

        def say(line: str) -> None:
            nonlocal last
            if isinstance(line, Share):
                self.bars.update(bar, description=line.strip(), completed=line.done, total=line.total)
                if time.monotonic() - last < SECONDS_BETWEEN_LINES:
                    return
                last = time.monotonic()
            else:
                self.bars.update(bar, description=line.strip(), completed=0, total=None)
            self._line(step, line.strip())

        result = work(say)
        self.bars.update(bar, description=result, total=1, completed=1)
        if time.monotonic() - began > ASIDE_SECONDS:
            self._line(step, f"{result} ({time.monotonic() - began:.0f} s)")

    def _line(self, step: str, text: str) -> None:
        if self.bars.disable:
            typer.echo(f"{step:<{STEP_WIDTH}} {text}", err=True)


def aside(work: Callable[[], Result]) -> Result:
    """What ``work`` comes to, in a thread that Ctrl-C does not wait for."""
    return attend(begin([work]))[0]


def in_place(work: Callable[[], Result]) -> Result:
    """What ``work`` comes to, in this thread: Ctrl-C is raised in it, and it ends what it has started."""
    return work()


def with_bar(
    step: str,
    work: Callable[[Say], Result],
    told: Callable[[Result], str],
    *,
    do: Callable[[Callable[[], None]], None] = aside,
) -> Result:
    """What ``work`` comes to, with a bar of its own; ``told`` says it in a line, ``do`` where it is done."""
    shown, results = Steps(Console(stderr=True, highlight=False)), list[Result]()

    def remembered(say: Say) -> str:
        results.append(work(say))
        return told(results[0])

    with shown.bars:
        do(lambda: shown.run(step, remembered))
    return results[0]


def provision(models: Sequence[str]) -> None:
    """Set up Docker's daemon, then side by side the sandbox image, SGLang's environment and ``models``.

    What is there already is found in about a second. Ctrl-C waits for no step; the next set-up goes on from there.

    Raises:
        SandboxError: Docker does not answer and cannot be started; nothing else was begun.
        SetupFailed: a part could not be set up; the others were finished.
    """
    ensure_docker().close()
    steps: list[tuple[str, Callable[[Say], str]]] = [("sandbox", _image), ("Prefect", _database)]
    if models and resolve_device("auto") == "cpu":
        steps.append(("SGLang", _environment))
    steps += [("model", partial(_model, model)) for model in models]
    shown = Steps(Console(stderr=True, highlight=False))
    with shown.bars:
        begun = begin([partial(shown.run, step, work) for step, work in steps])
        while wait(begun, LOOK_SECONDS).not_done:
            pass
    failures = [(step, error) for (step, _), future in zip(steps, begun, strict=True) if (error := future.exception())]
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
