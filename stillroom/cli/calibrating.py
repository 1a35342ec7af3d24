"""``calibrate``: how often the verifiers of a capability pass what is right, and what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.output import JsonOption, first_line, print_json, print_table
from stillroom.cli.session import lake_folder
from stillroom.cli.verifying import MemoryOption, RequirementsOption, RuntimeOption, TimeoutOption

if TYPE_CHECKING:
    from rich.status import Status

    from stillroom.calibration import Calibration, CaseSet, Progress, Say
    from stillroom.lake import Lake
    from stillroom.records import Verifier
    from stillroom.records.execution import Executor
    from verifiers.sandbox import ConfiguredExecutor

MISJUDGED_SHOWN = 10
PROGRAMS = "python-tests"  # the verifier whose answers are programs, so that a mistake can be put into them
_Measuring = Callable[["Progress", "Say"], Awaitable["Calibration"]]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(calibrate)


def calibrate(
    ctx: typer.Context,
    *,
    capability: Annotated[str, typer.Option(help="Kind of training data.")] = "code",
    files: Annotated[
        list[Path] | None, typer.Option("--set", help="More cases: our form or HumanEval's; may be given repeatedly.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure also what the lake knows already.")] = False,
    timeout_seconds: TimeoutOption = None,
    memory_mib: MemoryOption = None,
    requirements: RequirementsOption = None,
    runtime: RuntimeOption = "",
    as_json: JsonOption = False,
) -> None:
    """Measure verifiers on cases whose verdict is known, and keep the rates in the lake."""
    from rich.console import Console

    from stillroom.calibration import SHIPPED, read_cases, refuse_beyond_limits, shipped_cases
    from stillroom.capabilities import find_capability
    from stillroom.errors import RequestError
    from stillroom.lake import Lake
    from stillroom.records.libraries import read_libraries
    from verifiers.sandbox import ConfiguredExecutor

    libraries = read_libraries(requirements) if requirements else ()
    found = find_capability(capability)
    ours = shipped_cases(found)
    sets = [*([ours] if ours else []), *(read_cases(path, found) for path in files or ())]
    if not sets:
        raise RequestError(f"no cases come with Stillroom for {capability!r}; name a file of yours with --set")
    lake = Lake.open(lake_folder(ctx), create=True)
    try:
        with Console(stderr=True).status("starting the sandbox") as status:
            work = _Work(lake, again=again, status=status)
            executor = ConfiguredExecutor(runtime=runtime, libraries=libraries)
            asyncio.run(work.run(executor, found.verifier_names, sets, timeout_seconds, memory_mib))
    finally:
        lake.close()
    rows = [{**figures(one), "is_new": is_new} for one, is_new in work.done]
    if as_json:
        print_json(rows)
    else:
        _print(rows)
    refuse_beyond_limits([one for one, _ in work.done if one.case_set == SHIPPED])


class _Work:
    """Measures sets one after the other.

    Attributes:
        done: the calibrations, each with whether it was measured now.
    """

    def __init__(self, lake: "Lake", *, again: bool, status: "Status") -> None:
        self._lake = lake
        self._again = again
        self._status = status
        self.done: list[tuple[Calibration, bool]] = []

    async def run(
        self,
        executor: "ConfiguredExecutor",
        names: Sequence[str],
        sets: Sequence["CaseSet"],
        timeout_seconds: float | None,
        memory_mib: int | None,
    ) -> None:
        """Measure the verifiers of these names on all sets and on the mutants of each."""
        from stillroom.calibration import measure, mutant_cases
        from stillroom.recipe.model import Verification
        from verifiers.assembly import assemble

        default = Verification()
        seconds = timeout_seconds or default.timeout_seconds
        mebibytes = memory_mib or default.memory_mib
        async with executor:
            for verifier in assemble(names, executor, timeout_seconds=seconds, memory_mib=mebibytes):
                for cases in sets:
                    await self._one(verifier, cases, partial(measure, verifier, cases))
                    if not verifier.name.startswith(f"{PROGRAMS}@"):
                        continue
                    mutated = await asyncio.to_thread(mutant_cases, cases)
                    if mutated.cases:
                        measuring = partial(_measure_mutants, mutated, cases, executor, seconds, mebibytes)
                        await self._one(verifier, mutated, measuring)

    async def _one(self, verifier: "Verifier", cases: "CaseSet", measuring: "_Measuring") -> None:
        from stillroom.calibration import calibration_id, load, record

        known = load(self._lake, calibration_id(verifier.verifier_id, cases))
        if known is not None and not self._again:
            self.done.append((known, False))
            return

        def progress(done: int, whole: int) -> None:
            self._status.update(f"{verifier.name} on {cases.name}: {done:,} of {whole:,}")

        def say(line: str) -> None:
            self._status.console.print(line, markup=False, highlight=False)

        measured = await measuring(progress, say)
        await asyncio.to_thread(record, self._lake, [measured], again=self._again)
        self.done.append((measured, True))


async def _measure_mutants(
    mutated: "CaseSet",
    cases: "CaseSet",
    executor: "Executor",
    seconds: float,
    mebibytes: int,
    progress: "Progress",
    say: "Say",
) -> "Calibration":
    from stillroom.calibration import measure_mutants
    from stillroom.records.execution import Limits
    from verifiers.assembly import MEBIBYTE
    from verifiers.pace import wall_for
    from verifiers.python_tests import PythonTests

    def judges(executor: "Executor", limits: Limits) -> "Verifier":
        return PythonTests(
            executor,
            timeout_seconds=limits.cpu_seconds,
            wall_seconds=limits.wall_seconds,
            memory_bytes=limits.memory_bytes,
        )

    limits = Limits(cpu_seconds=seconds, wall_seconds=wall_for(seconds), memory_bytes=mebibytes * MEBIBYTE)
    return await measure_mutants(judges, mutated, cases, executor, limits, progress, say)


def figures(one: "Calibration") -> dict[str, Any]:
    """A calibration as it is printed: its row with the rates; a rate of nothing is null."""
    mutants = one.bad_cases + one.set_aside + one.undecided
    return {
        **one.row(),
        "true_pass_rate": one.good_passed / one.good_cases if one.good_cases else None,
        "false_pass_rate": one.bad_passed / one.bad_cases if one.bad_cases else None,
        "set_aside_share": one.set_aside / mutants if mutants else 0.0,
    }


def _print(rows: Sequence[dict[str, Any]]) -> None:
    print_table(
        [
            {
                "verifier": row["verifier"],
                "cases": row["case_set"],
                "right passed": _rate(row, "good", "true_pass"),
                "wrong passed": _rate(row, "bad", "false_pass"),
                "set aside": f"{row['set_aside']} ({row['set_aside_share']:.1%})" if row["set_aside"] else "",
                "undecided": row["undecided"] or "",
                "calibration": row["calibration_id"],
                "measured": "now" if row["is_new"] else "before",
            }
            for row in rows
        ]
    )
    typer.echo("\nIn brackets: the 95 % interval of the rate (Wilson). Set aside: mutants that pass and do what the")
    typer.echo("original does on every generated input. Undecided: mutants without a verdict, or whose original fails,")
    typer.echo("and wrong answers that the verifier cannot judge; where it is about to be used these count as passed.")
    for row in rows:
        for name in row["misjudged"][:MISJUDGED_SHOWN]:
            typer.echo(f"  misjudged in {row['case_set']}: {first_line(name)}")
        if len(row["misjudged"]) > MISJUDGED_SHOWN:
            typer.echo(f"  and {len(row['misjudged']) - MISJUDGED_SHOWN} more; --json names them all")


def _rate(row: dict[str, Any], kind: str, rate: str) -> str:
    whole = row[f"{kind}_cases"]
    if not whole:
        return ""
    low, high = row[f"{rate}_low"], row[f"{rate}_high"]
    return f"{row[f'{kind}_passed']} of {whole} = {row[f'{rate}_rate']:.2%} [{low:.2%}, {high:.2%}]"
