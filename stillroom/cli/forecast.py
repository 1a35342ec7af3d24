"""Foresees what a build of a recipe would do, from the recipe and the lake, without writing or paying."""

import json
from dataclasses import dataclass
from typing import Any

from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.recipe import PAID_STAGES, Recipe, Stage, StageChange, changes, sections
from stillroom.records import Origin, Prompt
from stillroom.runs import FIRST_ROUND, load_run, unfinished_shards, written_in
from stillroom.seeding.sources import read_prompts

_NEWEST_RUN = """
SELECT run_id, state, sections FROM current_runs WHERE dataset = ?
ORDER BY TRY_CAST(string_split(run_id, '-r')[-1] AS INTEGER) DESC LIMIT 1
"""
_SAMPLED = "SELECT DISTINCT prompt_id FROM shards WHERE run_id IN (SELECT run_id FROM runs WHERE dataset = ?)"
_PLANNED = "SELECT count(*) AS n FROM shards WHERE run_id = $run AND shard IN (SELECT unnest($shards))"
_HISTORY = """
SELECT count(*) / count(DISTINCT prompt_id) AS samples_per_prompt, avg(completion_tokens) AS tokens_per_sample
FROM samples WHERE run_id IN (SELECT run_id FROM runs WHERE dataset = ?)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a build would do.

    Attributes:
        action: ``open`` a run, ``continue`` an unfinished one, ``derive`` a finished one again, or ``refuse``.
        run_id: the run that would be continued or derived again, else "".
        changed: fields of the recipe that differ from the newest run's.
        reused: stages of that run whose results stand.
        prompts_to_answer: prompts at hand that would be answered.
        prompts_to_write: prompts that teachers would be asked for, at most.
        writing_requests: requests for them, at most.
        samples_at_most: N for every prompt.
        completion_tokens_at_most: every sample and every written prompt at its token limit.
        samples_expected: by what earlier samples of the dataset took; None without any.
        completion_tokens_expected: likewise, for sampling alone.
        money_at_most: completion tokens at the dearest teacher's price, prompts not counted.
    """

    dataset: str
    action: str
    run_id: str
    changed: list[StageChange]
    reused: list[Stage]
    prompts_to_answer: int
    prompts_to_write: int
    writing_requests: int
    samples_at_most: int
    completion_tokens_at_most: int
    samples_expected: int | None
    completion_tokens_expected: int | None
    money_at_most: float
    currency: str


def foresee(recipe: Recipe, lake: Lake | None) -> Forecast:
    """The forecast for ``recipe``; ``lake`` is None where there is none yet.

    Raises:
        RecipeError: the seed or prompt file cannot be used.
    """
    newest = next(iter(lake.rows(_NEWEST_RUN, [recipe.dataset])), None) if lake else None
    before = {Stage(stage): section for stage, section in json.loads(newest["sections"]).items()} if newest else None
    changed = changes(before, sections(recipe)) if before else []
    action = _action(newest, changed)
    run_id = newest["run_id"] if newest and action != "open" else ""
    answer, write = _prompts(recipe, lake, run_id, action)
    seeding = recipe.seeding
    requests = seeding.max_rounds * seeding.requests_per_round if seeding and write else 0
    a_round = seeding.requests_per_round * seeding.replies_per_request if seeding and write else 0
    written_at_most = write + max(0, a_round - 1)  # the last round keeps all that it admits
    samples = (answer + written_at_most) * recipe.sampling.samples
    writing = requests * seeding.replies_per_request * seeding.max_new_tokens if seeding else 0
    tokens = samples * recipe.sampling.max_new_tokens + writing
    history = _history(recipe.dataset, lake)
    expected = min(samples, round((answer + write) * history.samples_per_prompt)) if history else None
    dearest = max(recipe.teachers, key=lambda teacher: teacher.price.output_per_million).price
    first_changed = min((list(Stage).index(change.stage) for change in changed), default=len(Stage))
    return Forecast(
        dataset=recipe.dataset,
        action=action,
        run_id=run_id,
        changed=changed,
        reused=list(Stage)[:first_changed] if run_id else [],
        prompts_to_answer=answer,
        prompts_to_write=write,
        writing_requests=requests,
        samples_at_most=samples,
        completion_tokens_at_most=tokens,
        samples_expected=expected,
        completion_tokens_expected=round(expected * history.tokens_per_sample) if history and expected else expected,
        money_at_most=tokens * dearest.output_per_million / 1e6,
        currency=dearest.currency,
    )


@dataclass(frozen=True, slots=True)
class _History:
    """What earlier prompts and samples of the dataset took, on average."""

    samples_per_prompt: float
    tokens_per_sample: float


def _history(dataset: str, lake: Lake | None) -> _History | None:
    row = lake.rows(_HISTORY, [dataset])[0] if lake else None
    return _History(**row) if row and row["tokens_per_sample"] is not None else None


def _action(newest: dict[str, Any] | None, changed: list[StageChange]) -> str:
    """What ``runs.open_run`` would decide."""
    if newest is None:
        return "open"
    paid = any(change.stage in PAID_STAGES for change in changed)
    if newest["state"] == "opened":
        return "refuse" if paid else "continue"
    return "derive" if changed and not paid else "open"


def _prompts(recipe: Recipe, lake: Lake | None, run_id: str, action: str) -> tuple[int, int]:
    """How many prompts are at hand to be answered, and how many more are to be written."""
    if action == "derive":
        return 0, 0
    wanted = recipe.seeding.new_prompts if recipe.seeding else 0
    if lake is None or not run_id:
        return len(_fresh(recipe, lake)), wanted
    waiting = lake.rows(_PLANNED, {"run": run_id, "shards": unfinished_shards(lake, load_run(lake, run_id))})[0]["n"]
    first = 0 if lake.committed(f"plan:{run_id}:{FIRST_ROUND}") else len(_fresh(recipe, lake))
    return waiting + first, max(0, wanted - written_in(lake, run_id))


def _fresh(recipe: Recipe, lake: Lake | None) -> list[Prompt]:
    """The file's prompts that no run has sampled yet, as many of them as a run takes."""
    origin = Origin.SEED if recipe.seeding else Origin.USER
    file = recipe.seeding.seeds if recipe.seeding else recipe.prompts
    assert file is not None, "the recipe model requires one of both"  # noqa: S101 - narrows the type
    sampled = {row["prompt_id"] for row in lake.rows(_SAMPLED, [recipe.dataset])} if lake else set[str]()
    fresh = [
        one for one in read_prompts(file, find_capability(recipe.capability), origin) if one.prompt_id not in sampled
    ]
    return fresh[: recipe.seeding.seed_prompts] if recipe.seeding else fresh
