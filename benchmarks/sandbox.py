"""Measures the sandbox against bare Python and ``docker exec``, in turn, on the same programs.

The last line of stdout is one JSON object. ``--only speed|hostile|honest|start`` runs a part;
``--programs N`` sets how many run in a row for the growth measurement.
"""

import argparse
import asyncio
import gzip
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import ModuleType

from stillroom.capabilities.python_code.given_code import with_given_code
from stillroom.records import Answer, Check, Outcome
from verifiers.plan import Converted, convert
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor, ensure_docker, ensure_image
from verifiers.sandbox.container import OWN_PROCESSES

ROOT = Path(__file__).parents[1]
REFERENCE = Path(os.environ.get("STILLROOM_REFERENCE", ROOT / "../shared/reference"))
CONCURRENCY = 2  # programs that the references run at a time: one for each core
ASKING = 12  # callers of ours, more than it has slots
ROUNDS = 5  # the speed of a machine that others use too changes within seconds
REPEATS = 4  # of ours: it takes as long as the others then, and one long program at the end weighs no more
PYTHON = str(Path(sys.executable).resolve())  # not the launcher of a virtual environment
EXEC_PROGRAMS = 24  # `docker exec` is slow: a sample of the programs
HOSTILE_SECONDS = 1.0
SLACK_SECONDS = 5.0  # beyond its deadlines before a hostile program counts as hung
HUNG_SECONDS = 120.0  # after which it is not waited for any more

Problem = tuple[str, Check]


def problems() -> list[Problem]:
    """Solutions with their tests: HumanEval's where the reference folder is there, else our own small ones."""
    file = REFERENCE / "human_eval" / "HumanEval.jsonl.gz"
    if not file.exists():
        pairs = [
            (f"def f(x):\n    return x * {i}\n", f"assert f(3) == {3 * i}\nassert f(-1) == {-i}") for i in range(100)
        ]
        return [(source, Check(tests=tests, entry_point="f")) for source, tests in pairs]
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["prompt"] + row["canonical_solution"], _check(row)) for row in rows]


def _check(row: dict[str, str]) -> Check:
    """The check of a row of HumanEval, whose tests have what its prompt defines for them."""
    tests = with_given_code(row["test"], row["prompt"], row["entry_point"])
    return Check(tests=tests, entry_point=row["entry_point"])


def as_file(problem: Problem) -> str:
    """The problem as one script, as a bare interpreter runs it."""
    source, check = problem
    return (
        f"{source}\n\n{check.tests}\n\ncheck({check.entry_point})\n"
        if "def check" in check.tests
        else f"{source}\n{check.tests}\n"
    )


def of_tests(name: str) -> ModuleType:
    """A module that benchmarks and tests share."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "sandbox" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"tests/sandbox/{name}.py is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


async def in_turn(work: Iterable[Callable[[], Awaitable[object]]], at_a_time: int = CONCURRENCY) -> float:
    """Programs per second."""
    queue = list(work)
    count = len(queue)

    async def worker() -> None:
        while queue:
            await queue.pop()()

    begun = time.perf_counter()
    await asyncio.gather(*[worker() for _ in range(at_a_time)])
    return count / (time.perf_counter() - begun)


async def command(*words: str) -> None:
    """Run a command that must succeed."""
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"{words} failed")


def becomes_calls(check: Check) -> bool:
    """Whether tests run as calls, in the solution's process alone."""
    plan = convert(check.tests, check.entry_point)
    return isinstance(plan, Converted) and not plan.foretold


async def measure_speed(executor: DockerExecutor, found: list[Problem]) -> dict[str, float]:
    """Ours in calls mode and in two processes, bare Python, and ``docker exec``, A B C D A B C D."""
    verifier = PythonTests(executor)
    calls = [each for each in found if becomes_calls(each[1])]
    forced = [
        (source, Check(tests="import random\n" + check.tests, entry_point=check.entry_point)) for source, check in calls
    ]
    tag = await asyncio.to_thread(lambda: ensure_image().tag)
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "process": [], "exec": []}

    def judging(rows: list[Problem]) -> list[Callable[[], Awaitable[object]]]:
        return [lambda row=row: verifier.judge(row[1], Answer(text=row[0])) for row in rows]

    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for number, problem in enumerate(calls):
            path = Path(folder) / f"{number}.py"
            path.write_text(as_file(problem), encoding="utf-8")
            files.append(str(path))
        bare: list[Callable[[], Awaitable[object]]] = [
            lambda file=file: command(PYTHON, "-I", "-S", file) for file in files
        ]
        name = f"stillroom-benchmark-{os.getpid()}"
        idle = ("/usr/bin/python3", "-c", "import time; time.sleep(3600)")
        environment = ("-e", "LD_LIBRARY_PATH=/usr/lib/host")
        await command("docker", "run", "-d", "--rm", "--name", name, "--network", "none", *environment, tag, *idle)
        execs: list[Callable[[], Awaitable[object]]] = [
            lambda problem=problem: command(
                *("docker", "exec", name, "/usr/bin/python3", "-I", "-S", "-c", as_file(problem))
            )
            for problem in calls[:EXEC_PROGRAMS]
        ]
        try:
            await in_turn(judging(calls))  # warms both
            for _ in range(ROUNDS):
                rates["ours"].append(await in_turn(judging(calls * REPEATS), ASKING))
                rates["bare"].append(await in_turn(bare))
                rates["process"].append(await in_turn(judging(forced), ASKING))
                rates["exec"].append(await in_turn(execs))
        finally:
            await command("docker", "rm", "-f", name)
    middle = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "programs_per_second": middle["ours"],
        "bare_per_second": middle["bare"],
        "docker_exec_per_second": middle["exec"],
        "two_process_per_second": middle["process"],
        "ratio_vs_bare": statistics.median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True)),
        "ratio_vs_docker_exec": statistics.median(a / b for a, b in zip(rates["ours"], rates["exec"], strict=True)),
        "ratio_two_process": statistics.median(a / b for a, b in zip(rates["process"], rates["ours"], strict=True)),
    }


async def measure_honest(executor: DockerExecutor, found: list[Problem]) -> dict[str, float]:
    """Right solutions must pass, stubs must fail; how many tests convert to calls."""
    verifier = PythonTests(executor)
    stub = "def {name}(*arguments, **keywords):\n    return None\n"
    right = await asyncio.gather(*[verifier.judge(check, Answer(text=source)) for source, check in found])
    wrong = await asyncio.gather(
        *[verifier.judge(check, Answer(text=stub.format(name=check.entry_point))) for _, check in found]
    )
    converted = sum(becomes_calls(check) for _, check in found)
    return {
        "honest_programs": len(found),
        "honest_failed": sum(each.outcome is not Outcome.PASS for each in right),
        "stubs_passed": sum(each.outcome is Outcome.PASS for each in wrong),
        "convertible_share": converted / len(found),
    }


async def measure_hostile(executor: DockerExecutor) -> dict[str, float]:
    """The hostile programs of the test suite, in both forms of tests, each followed by an honest one."""
    module = of_tests("hostile")
    programs: list[tuple[str, str, str]] = module.HOSTILE
    verifier = PythonTests(executor, timeout_seconds=HOSTILE_SECONDS)
    honest = "def solve(n):\n    return None if isinstance(n, list) else n * n + 7 * n + 3\n"
    counts = {"forged_passes": 0, "hangs": 0, "poisoned_successors": 0}
    slowest: list[float] = []

    async def one(source: str, tests: str) -> None:
        check = Check(tests=tests, entry_point="solve")
        begun = time.perf_counter()  # the driver's own clock: what the sandbox says of a program may be wrong
        try:
            found = await asyncio.wait_for(verifier.judge(check, Answer(text=source)), HUNG_SECONDS)
            counts["forged_passes"] += found.outcome is Outcome.PASS
            counts["hangs"] += time.perf_counter() - begun > 2 * HOSTILE_SECONDS + 1 + SLACK_SECONDS
        except TimeoutError:
            counts["hangs"] += 1
        slowest.append(time.perf_counter() - begun)
        after = await verifier.judge(check, Answer(text=honest))
        counts["poisoned_successors"] += after.outcome is not Outcome.PASS

    tests = (str(module.CALLS), str(module.PROCESS), str(module.TOLERANT))
    await in_turn([lambda s=source, t=each: one(s, t) for _, _, source in programs for each in tests])
    survivors = len(executor.session_container().top()["Processes"]) - OWN_PROCESSES
    return {
        "hostile_programs": len(programs),
        "survivors": survivors,
        "slowest_hostile_seconds": max(slowest),
        **counts,
    }


async def measure_growth(executor: DockerExecutor, count: int) -> dict[str, float]:
    """Many programs in a row: what the sandbox and its driver take of the machine before and after."""
    footprint = of_tests("footprint").footprint
    verifier = PythonTests(executor)
    check = Check(tests="assert f(3) == 9", entry_point="f")
    row: list[Callable[[], Awaitable[object]]] = [
        lambda: verifier.judge(check, Answer(text="def f(x):\n    return x * x\n"))
    ]
    await in_turn(row * 200)
    before = footprint(executor)
    rate = await in_turn(row * count, ASKING)
    grown = footprint(executor).since(before)
    return {
        "in_a_row": count,
        "in_a_row_per_second": rate,
        "memory_growth_bytes": grown["memory_bytes"],
        "descriptor_growth": grown["descriptors"],
        "process_growth": grown["processes"],
        "driver_memory_growth_bytes": grown["driver_memory_bytes"],
        "driver_descriptor_growth": grown["driver_descriptors"],
        "host_file_growth": grown["host_files"],
        "container_growth": grown["containers"],
    }


async def measure_start() -> dict[str, float]:
    """From nothing but the image to the first verdict."""
    ensure_docker().close()
    times: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        async with DockerExecutor() as executor:
            found = await PythonTests(executor).judge(
                Check(tests="assert f(1) == 1"), Answer(text="def f(x):\n    return x")
            )
            times.append(time.perf_counter() - begun)
        if found.outcome is not Outcome.PASS:
            raise RuntimeError(f"the first verdict was {found}")
    return {"first_verdict_seconds": statistics.median(times)}


async def main(only: str, programs: int) -> None:
    """Run the parts and print what they found."""
    result: dict[str, float] = {}
    found = problems()
    async with DockerExecutor() as executor:
        await executor.start()
        if only in ("", "honest"):
            result |= await measure_honest(executor, found)
        if only in ("", "speed"):
            result |= await measure_speed(executor, found)
        if only in ("", "hostile"):
            result |= await measure_hostile(executor)
        if only in ("", "growth"):
            result |= await measure_growth(executor, programs)
        result["containers_replaced"] = executor.replaced
    if only in ("", "start"):
        result |= await measure_start()
    print(json.dumps({name: round(value, 4) for name, value in result.items()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", choices=["", "speed", "honest", "hostile", "growth", "start"])
    parser.add_argument("--programs", type=int, default=10_000)
    options = parser.parse_args()
    asyncio.run(main(options.only, options.programs))
