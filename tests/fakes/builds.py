"""A build without Prefect, Docker or HTTP: the same steps on the same lake, with fakes at both ends."""

from dataclasses import dataclass, field
from typing import Any

from stillroom.calibration import Calibration, record
from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.publication import Snapshot, freeze, publish
from stillroom.recipe import Recipe
from stillroom.records import Origin, SamplingParams
from stillroom.runs import (
    FIRST_ROUND,
    Forgotten,
    Run,
    abandoned_entries,
    committed_answers,
    committed_entries,
    finish_run,
    import_prompts,
    open_run,
    plan_shards,
    shard_journal,
    shard_key,
    shard_prompts,
    shard_rows,
    stored_elsewhere,
    unfinished_shards,
)
from stillroom.runs.curating import curate_run
from stillroom.sampling import Assignment, Policy, Shard
from stillroom.seeding import read_prompts
from tests.fakes.answers import ALL_RIGHT, Script
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import known, prompt
from tests.fakes.verifiers import FakeVerifier


def all_knowing_client() -> MemoryClient:
    """Answers every seed that ``write_seeds`` may write."""
    return MemoryClient(script=Script(known(*(prompt(number) for number in range(40))), mix=ALL_RIGHT))


def calibrated(verifier: FakeVerifier, **changes: Any) -> Calibration:
    """A calibration that lets the fake verifier's verdicts be published."""
    values: dict[str, Any] = {
        "calibration_id": "fake-calibration",
        "verifier": verifier.name,
        "verifier_id": verifier.verifier_id,
        "case_set": "shipped",
        "set_id": "fake-set",
        "good_cases": 200,
        "good_passed": 199,
        "bad_cases": 300,
        "bad_passed": 0,
    }
    return Calibration(**{**values, **changes})


@dataclass
class Builder:
    """Builds recipes in a lake; ``client.paid`` counts what that cost, and ``said`` is what it said when it planned."""

    lake: Lake
    client: MemoryClient = field(default_factory=all_knowing_client)
    verifier: FakeVerifier = field(default_factory=FakeVerifier)
    is_calibrated: bool = True
    said: list[str] = field(default_factory=list[str])

    def begin(self, recipe: Recipe, **options: Any) -> Run:
        """Open (or continue) a run, import its seeds or the user's prompts, and plan its first shards."""
        run = open_run(self.lake, recipe, **options)
        file, origin = (recipe.seeding.seeds, Origin.SEED) if recipe.seeding else (recipe.prompts, Origin.USER)
        assert file is not None
        import_prompts(self.lake, run, read_prompts(file, find_capability("code"), origin))
        plan_shards(self.lake, run, FIRST_ROUND)
        Forgotten(self.lake, recipe.dataset, self.said.append).look()
        if self.is_calibrated:
            record(self.lake, [calibrated(self.verifier)])
        return run

    async def sample(self, run: Run) -> None:
        """Do and commit all shards that are not done."""
        for number in unfinished_shards(self.lake, run):
            await self.shard(run, number)

    async def shard(self, run: Run, number: int) -> None:
        recipe, capability = run.recipe, find_capability("code")
        prompts = [one for one, _ in shard_prompts(self.lake, run, number)]
        sampling = recipe.sampling
        result = await Shard(
            [Assignment(prompt=one, teacher=self.client) for one in prompts],
            capability=capability,
            params=SamplingParams(temperature=sampling.temperature, max_new_tokens=sampling.max_new_tokens),
            epoch=sampling.epoch,
            policy=Policy(
                samples=sampling.samples, wave=sampling.wave, keep=recipe.selection.keep, adaptive=sampling.adaptive
            ),
            verifiers=[self.verifier],
            committed=committed_entries(self.lake, run.run_id, number),
            answers=committed_answers(self.lake, run.run_id, number),
            elsewhere=stored_elsewhere(self.lake, run, number),
            abandoned=[
                *abandoned_entries(self.lake, run, number),
                *Forgotten(self.lake, recipe.dataset).entries([one.prompt_id for one in prompts]),
            ],
            calibrations={self.verifier.verifier_id: "fake-calibration"},
        ).run(shard_journal(self.lake, run.run_id, number))
        rows = shard_rows(result, recipe=recipe)
        self.lake.commit(shard_key(run, number), rows, run_id=run.run_id, shard=number)

    async def publish_first_shard(self, recipe: Recipe) -> Run:
        """A run that is published, and its copy frozen, when the first of its shards alone is done."""
        run = self.begin(recipe)
        await self.shard(run, 0)
        snapshot = publish(self.lake, run, curate_run(self.lake, run, [self.verifier.verifier_id]))
        assert snapshot is not None
        freeze(self.lake, snapshot)
        finish_run(self.lake, run, snapshot.label)
        return run

    async def build(self, recipe: Recipe, **options: Any) -> tuple[Run, Snapshot | None]:
        """The whole of a build, and its end recorded."""
        run = self.begin(recipe, **options)
        await self.sample(run)
        snapshot = publish(self.lake, run, curate_run(self.lake, run, [self.verifier.verifier_id]))
        finish_run(self.lake, run, snapshot.label if snapshot else "")
        return run, snapshot
