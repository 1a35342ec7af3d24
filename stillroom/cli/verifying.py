"""``verify``: the verifiers of a capability on anybody's rows, JSON Lines in and out."""

import asyncio
import sys
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from stillroom.cli.output import print_json
from stillroom.cli.session import lake_folder, reading
from stillroom.errors import LakeError, RequestError

if TYPE_CHECKING:
    from stillroom.capabilities import Capability
    from stillroom.judging import JudgedRow
    from stillroom.records import Verifier
    from verifiers.sandbox import ConfiguredExecutor

STDIN = Path("-")
UNREAD_EXIT_CODE = 1

TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout-seconds", min=0.01, max=600, help="CPU time of one program; a recipe's default."),
]
MemoryOption = Annotated[
    int | None,
    typer.Option("--memory-mib", min=64, max=65_536, help="Address space of one program; a recipe's default."),
]
RequirementsOption = Annotated[
    Path | None,
    typer.Option(help="Libraries that answers may import: a file of `name==version` lines, dependencies included."),
]
RuntimeOption = Annotated[
    str,
    typer.Option(
        help="Docker runtime of the sandbox, such as runsc (gVisor). Default: the recipe's, where there is one, else "
        "STILLROOM_SANDBOX_RUNTIME, else Docker's."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON Lines, plain or gzip; - reads standard input.", allow_dash=True)],
    *,
    capability: Annotated[str, typer.Option(help="Kind of training data, such as `code`.")],
    timeout_seconds: TimeoutOption = None,
    memory_mib: MemoryOption = None,
    requirements: RequirementsOption = None,
    runtime: RuntimeOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Rows are JSON Lines in any case.")] = False,
) -> None:
    """Judge the answers in a file: one line of JSON for each row, in the order of the rows.

    Exit code: 0 every row was judged, 1 some could not be read (they abstain with the reason bad-row) or judged
    (unjudged), or the sandbox failed, 2 the request was wrong.
    """
    del as_json
    from stillroom.capabilities import find_capability
    from stillroom.judging import artefacts_warning
    from stillroom.records.libraries import read_libraries
    from verifiers.sandbox import ConfiguredExecutor

    found = find_capability(capability)
    executor = ConfiguredExecutor(runtime=runtime, libraries=read_libraries(requirements) if requirements else ())
    counts: Counter[str] = Counter()
    with _opened(file) as rows, _progress(counts) as seen:
        asyncio.run(_verify(ctx, executor, rows, found, timeout_seconds, memory_mib, seen))
    typer.echo(_summary(counts), err=True)
    if warning := artefacts_warning(counts["artefacts"], counts["rows"] - counts["bad"]):
        typer.echo(f"Warning: {warning}", err=True)
    if counts["bad"] or counts["unjudged"]:
        raise typer.Exit(UNREAD_EXIT_CODE)


async def _verify(
    ctx: typer.Context,
    executor: "ConfiguredExecutor",
    file: BinaryIO,
    capability: "Capability",
    timeout_seconds: float | None,
    memory_mib: int | None,
    seen: "Progress",
) -> None:
    from stillroom.judging import judge_rows, read_rows
    from stillroom.recipe.model import Verification
    from verifiers.assembly import assemble

    default = Verification()

    def write(judged: "JudgedRow") -> None:
        print_json(judged.plain())
        seen.add(judged)

    async with executor:
        verifiers = assemble(
            capability.verifier_names,
            executor,
            timeout_seconds=timeout_seconds or default.timeout_seconds,
            memory_mib=memory_mib or default.memory_mib,
        )
        await executor.start()
        calibrations, missing = await asyncio.to_thread(_calibrations, ctx, capability, verifiers)
        for line in missing:
            seen.say(line)
        await judge_rows(read_rows(file, capability), verifiers, write, calibrations=calibrations)


def _calibrations(
    ctx: typer.Context, capability: "Capability", verifiers: Sequence["Verifier"]
) -> tuple[Mapping[str, str], list[str]]:
    """What the lake has measured of these verifiers, and a line for each that it does not know."""
    from stillroom.calibration import measured_calibrations, shipped_cases
    from stillroom.lake.location import locate

    found: dict[str, str] = {}
    why = ""
    try:
        if locate(lake_folder(ctx)).exists:
            with reading(ctx) as lake:
                found = measured_calibrations(lake, verifiers, shipped_cases(capability))
    except (LakeError, RequestError) as error:  # rows can be judged without a lake
        why = f" ({error})"
    missing = [
        f"The lake has no calibration of {one.name} under these limits and in this image, so verdicts name none{why}. "
        f"`stillroom calibrate --capability {capability.name}` with the same options measures it."
        for one in verifiers
        if one.verifier_id not in found
    ]
    return found, missing


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

    def say(self, line: str) -> None:
        """A line on standard error, beside the counts."""
        self.bars.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def add(self, judged: "JudgedRow") -> None:
        """One more row."""
        self._counts["rows"] += 1
        self._counts["bad" if judged.is_bad_row else judged.judgement.outcome.value] += 1
        self._counts["unjudged"] += judged.is_unjudged
        self._counts["artefacts"] += judged.judgement.is_artefact
        self.bars.update(self._line, description=_summary(self._counts))


@contextmanager
def _progress(counts: Counter[str]) -> Generator[Progress]:
    progress = Progress(counts)
    with progress.bars:
        yield progress


def _summary(counts: Counter[str]) -> str:
    unread = f", {counts['bad']:,} could not be read" if counts["bad"] else ""
    unread += f", {counts['unjudged']:,} of these could not be judged" if counts["unjudged"] else ""
    return (
        f"{counts['rows']:,} rows: {counts['pass']:,} pass, {counts['fail']:,} fail, "
        f"{counts['abstain']:,} abstain{unread}"
    )
