"""``verify``: the verifiers of a capability on anybody's rows, JSON Lines in and out."""

import asyncio
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from stillroom.cli.output import print_json

if TYPE_CHECKING:
    from stillroom.capabilities import Capability
    from stillroom.judging import JudgedRow

STDIN = Path("-")
MANY_ARTEFACTS = 0.5  # of the rows that were judged; beyond it the extraction is suspected, not the answers
UNREAD_EXIT_CODE = 1

TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout-seconds", min=0.01, max=600, help="CPU time of one program; a recipe's default."),
]
MemoryOption = Annotated[
    int | None,
    typer.Option("--memory-mib", min=64, max=65_536, help="Address space of one program; a recipe's default."),
]

OtherTimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout-seconds", min=0.01, max=600, help="CPU time of one program, instead of the recipe's."),
]
OtherMemoryOption = Annotated[
    int | None,
    typer.Option("--memory-mib", min=64, max=65_536, help="Address space of one program, instead of the recipe's."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="JSON Lines, plain or gzip; - reads standard input.", allow_dash=True)],
    *,
    capability: Annotated[str, typer.Option(help="Kind of training data, such as `code`.")],
    timeout_seconds: TimeoutOption = None,
    memory_mib: MemoryOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Rows are JSON Lines in any case.")] = False,
) -> None:
    """Judge the answers in a file: one line of JSON for each row, in the order of the rows.

    Exit code: 0 every row was judged, 1 some could not be read (they abstain with the reason bad-row) or the sandbox
    failed, 2 the request was wrong.
    """
    del as_json
    from stillroom.capabilities import find_capability

    found = find_capability(capability)
    counts: Counter[str] = Counter()
    with _opened(file) as rows, _progress(counts) as seen:
        asyncio.run(_verify(rows, found, timeout_seconds, memory_mib, seen))
    typer.echo(_summary(counts), err=True)
    if counts["artefacts"] > MANY_ARTEFACTS * (counts["rows"] - counts["bad"]):
        typer.echo(
            f"Warning: {counts['artefacts']} answers failed for their form (no code, a wrong name, a missing import). "
            "Where most do, the prompt or the extraction is at fault, not the model.",
            err=True,
        )
    if counts["bad"]:
        raise typer.Exit(UNREAD_EXIT_CODE)


async def _verify(
    file: BinaryIO,
    capability: "Capability",
    timeout_seconds: float | None,
    memory_mib: int | None,
    seen: "Progress",
) -> None:
    from stillroom.judging import judge_rows, read_rows
    from stillroom.recipe.model import Verification
    from verifiers.assembly import assemble
    from verifiers.sandbox import DockerExecutor

    default = Verification()

    def write(judged: "JudgedRow") -> None:
        print_json(judged.plain())
        seen.add(judged)

    async with DockerExecutor() as executor:
        verifiers = assemble(
            capability.verifier_names,
            executor,
            timeout_seconds=timeout_seconds or default.timeout_seconds,
            memory_mib=memory_mib or default.memory_mib,
        )
        await executor.start()
        await judge_rows(read_rows(file, capability), verifiers, write)


@contextmanager
def _opened(file: Path) -> Generator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    from stillroom.judging import open_rows

    with open_rows(file) as opened:
        yield opened


class Progress:
    """Counts rows, and shows the counts on a terminal that the rows do not go to."""

    def __init__(self, counts: Counter[str]) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bars
        from rich.progress import SpinnerColumn, TextColumn

        console = Console(stderr=True)
        self._counts = counts
        # Redirecting is off: rich would print on its own console, the terminal, what is meant for a file.
        self.bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=sys.stdout.isatty() or not console.is_terminal,
        )
        self._line = self.bars.add_task("starting the sandbox", total=None)

    def add(self, judged: "JudgedRow") -> None:
        """One more row."""
        self._counts["rows"] += 1
        self._counts["bad" if judged.is_bad_row else judged.judgement.outcome.value] += 1
        self._counts["artefacts"] += judged.judgement.reason.startswith("harness:")
        self.bars.update(self._line, description=_summary(self._counts))


@contextmanager
def _progress(counts: Counter[str]) -> Generator[Progress]:
    progress = Progress(counts)
    with progress.bars:
        yield progress


def _summary(counts: Counter[str]) -> str:
    unread = f", {counts['bad']:,} could not be read" if counts["bad"] else ""
    return (
        f"{counts['rows']:,} rows: {counts['pass']:,} pass, {counts['fail']:,} fail, "
        f"{counts['abstain']:,} abstain{unread}"
    )
