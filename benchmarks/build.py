"""What Prefect costs a build: embedded builds beside the same functions in one asyncio loop without it.

    uv run python benchmarks/build.py [--only overhead|start] [--samples N] [--shards N]

Both ways answer the same prompts from a fake teacher that answers at once, judge every answer in the sandbox, journal
and commit, curate and publish, in turn (A B A B A B), each in a lake of its own. ``start`` measures how long a shard of
a deployed build takes from being scheduled to its first request. The last line of stdout is one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sandbox import ASKING, in_turn, problems

from stillroom.cli.prefect_server import prefect_server
from stillroom.recipe import Recipe, parse_recipe
from stillroom.records import Answer
from stillroom.sampling import Tally
from verifiers.plan import Converted, convert
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.deployed.deployment import deployed
from tests.fakes.answers import ALL_RIGHT, read_known, written_task
from tests.fakes.teacher import FakeTeacher, TeacherProcess, teacher_process
from tests.fakes.tokenizer import make_tokenizer
from tests.integration.workbench import SEEDS, Workbench

ROUNDS = 3
EACH = 8  # samples of a prompt
RECORDED_SECONDS = 60.0  # within which the server has written down the last task run
RECIPE = """
dataset: benchmark
capability: code
prompts: {prompts}
teachers: [{{name: teacher, urls: ["{url}"], model: {model}, in_flight: 64}}]
sampling: {{samples: {each}, wave: {each}, adaptive: false, max_new_tokens: 384}}
verification: {{min_test_strength: null}}
execution: {{prompts_per_shard: {per_shard}}}
"""
Figures = dict[str, object]


class Silent:
    """A watcher that looks away."""

    def say(self, line: str) -> None:
        """Nothing to be heard."""

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """Nothing is written here."""

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        """Nothing to be seen."""

    def sampled(self, shard: int, tally: Tally) -> None:
        """Nothing to be seen."""


async def sandbox_rate() -> float:
    """Programs a second of the sandbox alone, measured as ``benchmarks/sandbox.py`` does."""
    found = [each for each in problems() if isinstance(convert(each[1].tests, each[1].entry_point), Converted)]
    async with DockerExecutor() as executor:
        await executor.start()
        verifier = PythonTests(executor)
        rates: list[float] = []
        for number in range(ROUNDS + 1):
            work = [partial(verifier.judge, check, Answer(text=source)) for source, check in found * 2]
            rate = await in_turn(work, ASKING)
            if number:  # the first one warms up
                rates.append(rate)
    return statistics.median(rates)


async def overhead(folder: Path, teacher: TeacherProcess, ui: str, *, samples: int, shards: int) -> Figures:
    """Both ways in turn; the second of a pair first in every other round."""
    per_shard = max(1, samples // EACH // shards)
    prompts = _prompt_file(folder, per_shard * shards)
    model = make_tokenizer(folder / "tiny-coder")
    text = RECIPE.format(prompts=prompts, url=teacher.url, model=model, each=EACH, per_shard=per_shard)
    recipe = parse_recipe(text, base=folder, source="benchmark")
    total = per_shard * shards * EACH
    alone = await sandbox_rate()
    say(f"sandbox alone: {alone:.0f} programs/s")
    plain: list[float] = []
    embedded: list[float] = []
    in_shards: list[float] = []
    calls = recorded = completed = 0
    for number in range(ROUNDS):
        for kind in ("plain", "embedded") if number % 2 == 0 else ("embedded", "plain"):
            if kind == "plain":
                seconds, shard_seconds, calls = await _plain(folder / f"plain-{number}", recipe)
                plain.append(seconds)
                in_shards.append(shard_seconds)
            else:
                seconds = await _embedded(folder / f"embedded-{number}", recipe)
                embedded.append(seconds)
            say(f"{kind:>8}: {seconds:.1f} s, {total / seconds:.0f} samples/s")
    recorded, completed = await _recorded(ui, calls * ROUNDS)
    paid = len(teacher.paid)
    if paid != 2 * ROUNDS * total:
        raise RuntimeError(f"the teacher was paid for {paid} samples, expected {2 * ROUNDS * total}")
    more = statistics.median(a - b for a, b in zip(embedded, plain, strict=True))
    middle, of_shards = statistics.median(plain), statistics.median(in_shards)
    return {
        "overhead_share": round(statistics.median(a / b - 1 for a, b in zip(embedded, plain, strict=True)), 4),
        "overhead_seconds_per_shard": round(more / shards, 3),
        "plain_seconds": round(middle, 2),
        "embedded_seconds": round(statistics.median(embedded), 2),
        "plain_samples_per_second": round(total / middle, 1),
        "plain_samples_per_second_in_shards": round(total / of_shards, 1),
        "sandbox_programs_per_second": round(alone, 1),
        "plain_share_of_sandbox_rate": round(total / middle / alone, 4),
        "plain_share_of_sandbox_rate_in_shards": round(total / of_shards / alone, 4),
        "task_runs_started": calls * ROUNDS,
        "task_runs_recorded": recorded,
        "task_runs_recorded_share": round(completed / (calls * ROUNDS), 4),
        "samples": total,
        "shards": shards,
        "rounds": ROUNDS,
    }


async def _plain(root: Path, recipe: Recipe) -> tuple[float, float, int]:
    """Seconds of a build, of its shards, and how many tasks it called."""
    from build_plain import PlainBuild

    from stillroom.runs import open_run
    from tasks.workshop import open_workshop

    async with open_workshop(root, Silent()) as shop:
        await shop.start_sandbox(recipe.verification)
        work = PlainBuild(open_run(shop.lake, recipe).run_id)
        began = time.perf_counter()
        label = await work.build()
        seconds = time.perf_counter() - began
    _refuse_other(label)
    return seconds, work.shard_seconds, work.calls


async def _embedded(root: Path, recipe: Recipe) -> float:
    """Seconds of a build as `stillroom build` does it, on a server that is up."""
    from flows.build import build
    from stillroom.runs import open_run
    from tasks.workshop import open_workshop

    async with open_workshop(root, Silent()) as shop:
        await shop.start_sandbox(recipe.verification)
        run = open_run(shop.lake, recipe)
        began = time.perf_counter()
        label = await build(run.run_id)
        seconds = time.perf_counter() - began
    _refuse_other(label)
    return seconds


async def _recorded(ui: str, expected: int) -> tuple[int, int]:
    """How many task runs the server has written down in all, and as completed."""
    import httpx

    deadline = time.monotonic() + RECORDED_SECONDS
    async with httpx.AsyncClient(timeout=30.0, trust_env=False) as http:

        async def count(about: object) -> int:
            return int((await http.post(f"{ui}/api/task_runs/count", json=about)).raise_for_status().text)

        done = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
        while await count(done) < expected and time.monotonic() < deadline:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(1.0)
        return await count({}), await count(done)


def start(folder: Path) -> Figures:
    """From the moment a deployed shard is scheduled until its teacher is asked, one shard a build, in seconds."""
    first_request: list[float] = []
    running: list[float] = []
    with FakeTeacher(known=read_known(SEEDS), mix=ALL_RIGHT) as teacher:
        bench = Workbench(folder, teacher.url)
        bench.write_recipe(new_prompts=0, seed_prompts=1, prompts_per_shard=1)
        with deployed(bench) as deployment:
            for number in range(ROUNDS):
                asked = len(teacher.requests)
                build = deployment.submit()
                while len(teacher.requests) == asked:
                    time.sleep(0.02)
                now = time.time()
                deployment.wait_for_state(build, "Completed")
                shard = deployment.flow_runs("shard")[-1]
                scheduled = _seconds(shard["created"])
                first_request.append(now - scheduled)
                running.append(_seconds(shard["start_time"]) - scheduled)
                say(f"shard {number}: running after {running[-1]:.1f} s, first request after {first_request[-1]:.1f} s")
    return {
        "shard_start_seconds": round(statistics.median(first_request), 2),
        "shard_running_seconds": round(statistics.median(running), 2),
    }


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _prompt_file(folder: Path, count: int) -> Path:
    path = folder / "prompts.jsonl"
    rows: list[dict[str, object]] = []
    for number in range(count):
        task = written_task(number)
        name = task["solution"][0].removeprefix("def ").partition("(")[0]
        rows.append({"task": task["task"], "entry_point": name, "tests": task["tests"]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _refuse_other(label: str) -> None:
    if label != "benchmark@1":
        raise RuntimeError(f"the build published {label!r}, expected 'benchmark@1'")


def say(line: str) -> None:
    """Tell how it gets on."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts and print what they found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", choices=["overhead", "start"], default=None)
    options.add_argument("--samples", type=int, default=20_000)
    options.add_argument("--shards", type=int, default=20)
    given = options.parse_args(arguments)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.only in (None, "start"):  # before this process is pointed at a server of its own
            (folder / "deployed").mkdir()
            figures |= start(folder / "deployed")
        if given.only in (None, "overhead"):
            flags = [flag for share in ("prose", "refusal", "truncated") for flag in (f"--{share}", "0")]  # all run
            with (
                prefect_server(folder / "prefect") as server,  # before anything imports Prefect
                teacher_process(folder / "ledger", *flags) as teacher,
            ):
                server.wait()
                work = overhead(folder, teacher, server.ui, samples=given.samples, shards=given.shards)
                figures |= asyncio.run(work)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
