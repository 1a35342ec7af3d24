"""Does the pipeline keep the teacher busy? Tokens per second of ours against a bare asyncio loop.

Both send the same requests (the seeds' prompts, rendered the same way, n samples each, greedy, so that both get answers
of the same length) to the same warm SGLang server, in turn, ours first in every other round. The bare loop posts them
straight to ``/generate`` at its best of 8, 16 and 32 requests in flight and throws the replies away; ours is the
shard's flow run under a Prefect server: it journals every sample, executes it against its tests in the sandbox, and
commits the shard to a lake. The last line of stdout is one JSON object.
"""

import argparse
import asyncio
import dataclasses
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from stillroom.capabilities import find_capability
from stillroom.cli.prefect_server import prefect_server
from stillroom.recipe import Recipe, Verification, parse_recipe
from stillroom.records import Origin, Prompt, SamplingParams
from stillroom.runs import import_prompts, open_run, plan_shards
from stillroom.sampling import Tally
from stillroom.seeding import read_prompts
from stillroom.teachers.sglang import SGLangClient
from stillroom.teachers.wire import request_body

ROOT = Path(__file__).resolve().parents[1]
IN_FLIGHT = (8, 16, 32)  # requests
JSON = {"content-type": "application/json"}
SAMPLES = 2  # n of every request
ROUNDS = 3
WARM_UP_TOKENS = 4

RECIPE = """
dataset: benchmark-{number}
capability: code
prompts: {prompts}
teachers: [{{name: teacher, serve: {model}, in_flight: {in_flight}}}]
sampling: {{samples: {samples}, wave: {samples}, adaptive: false, temperature: 0, max_new_tokens: 128}}
execution: {{prompts_per_shard: 1000}}
"""


@dataclass(frozen=True)
class Measured:
    """One run: completion tokens, and seconds from the first request to the last thing done."""

    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Completion tokens per second."""
        return self.tokens / self.seconds


class Counting:
    """A watcher that only counts tokens."""

    def __init__(self) -> None:
        self.tokens = 0

    def say(self, line: str) -> None:
        """Print to stderr."""
        print(line, file=sys.stderr)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """Nothing is written here."""

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        """Nothing to be seen."""

    def sampled(self, shard: int, tally: Tally) -> None:
        """Remember the newest count."""
        self.tokens = tally.tokens


async def bare(client: SGLangClient, texts: Sequence[str], params: SamplingParams, in_flight: int) -> Measured:
    """Post every request straight to the server, ``in_flight`` requests at once."""
    gate = asyncio.Semaphore(in_flight)
    url = client.urls[0]
    async with httpx.AsyncClient(timeout=900.0, trust_env=False) as http:

        async def post(text: str) -> int:
            async with gate:
                reply = await http.post(f"{url}/generate", content=request_body(text, params, SAMPLES), headers=JSON)
                return sum(one["meta_info"]["completion_tokens"] for one in reply.raise_for_status().json())

        began = time.perf_counter()
        tokens = await asyncio.gather(*(post(text) for text in texts))
    return Measured(sum(tokens), time.perf_counter() - began)


async def main(folder: Path, *, model: str, prompts: int) -> dict[str, object]:
    """Run the comparison and return its figures."""
    from tasks.sampling import sampling_params
    from tasks.workshop import open_workshop

    capability = find_capability("code")
    seeds = read_prompts(ROOT / "data" / "seeds" / "python_functions.jsonl", capability, Origin.USER)
    chosen = sorted(seeds, key=lambda prompt: prompt.prompt_id)[:prompts]
    ours: list[Measured] = []
    bares: dict[int, list[Measured]] = {in_flight: [] for in_flight in IN_FLIGHT}
    path = _prompt_file(folder, chosen)
    watcher = Counting()
    async with open_workshop(folder / "lake", watcher) as shop:
        await shop.start_sandbox(Verification())
        for number in range(ROUNDS):
            text = RECIPE.format(
                number=number,
                prompts=path,
                model=model,
                in_flight=max(IN_FLIGHT) * SAMPLES,
                samples=SAMPLES,
            )
            recipe = parse_recipe(text, base=ROOT, source="benchmark")
            client = (await shop.teacher(recipe, "teacher")).client
            texts = [client.render(capability.question(prompt)) for prompt in chosen]
            params = sampling_params(recipe)
            if number == 0:  # what all runs find cached, they find alike
                await bare(client, texts, dataclasses.replace(params, max_new_tokens=WARM_UP_TOKENS), 8)
            order: list[int | None] = [*IN_FLIGHT, None]
            for in_flight in order if number % 2 == 0 else reversed(order):
                if in_flight is None:
                    ours.append(await _ours(recipe, chosen, watcher))
                    print(f"ours:                        {ours[-1].rate:6.1f} tokens/s", file=sys.stderr)
                else:
                    bares[in_flight].append(await bare(client, texts, params, in_flight))
                    rate = bares[in_flight][-1].rate
                    print(f"bare, {in_flight:2} requests in flight: {rate:6.1f} tokens/s", file=sys.stderr)
    rates = {in_flight: statistics.median(one.rate for one in runs) for in_flight, runs in bares.items()}
    best = max(rates, key=lambda in_flight: rates[in_flight])
    our_rate = statistics.median(one.rate for one in ours)
    return {
        "ratio_vs_bare_client": round(our_rate / rates[best], 4),
        "our_tokens_per_second": round(our_rate, 2),
        "bare_tokens_per_second": {str(in_flight): round(rate, 2) for in_flight, rate in rates.items()},
        "bare_best_in_flight": best,
        "ratios_by_round": [
            round(one.rate / max(bares[in_flight][number].rate for in_flight in IN_FLIGHT), 4)
            for number, one in enumerate(ours)
        ],
        "prompts": len(chosen),
        "samples_per_prompt": SAMPLES,
        "rounds": ROUNDS,
    }


async def _ours(recipe: Recipe, prompts: Sequence[Prompt], watcher: Counting) -> Measured:
    """One shard as a flow run, from its start to its commit."""
    from flows.shard import shard
    from tasks.workshop import workshop

    lake = workshop().lake
    run = open_run(lake, recipe)
    import_prompts(lake, run, prompts)
    plan_shards(lake, run, 0)
    began = time.perf_counter()
    await shard(run.run_id, 0)
    return Measured(watcher.tokens, time.perf_counter() - began)


def _prompt_file(folder: Path, prompts: Sequence[Prompt]) -> Path:
    path = folder / "prompts.jsonl"
    rows = (
        {"task": one.task, "entry_point": one.check.entry_point, "tests": one.check.tests, "solution": one.reference}
        for one in prompts
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=["real"], default=None, help="the part to run; there is one")
    options.add_argument("--prompts", type=int, default=max(IN_FLIGHT), help="requests in a run")
    options.add_argument("--model", default="qwen2.5-coder-0.5b-instruct")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        with prefect_server(Path(home) / "prefect") as server:  # before anything imports Prefect
            server.wait()
            found = asyncio.run(main(Path(home), model=arguments.model, prompts=arguments.prompts))
        print(json.dumps(found))
