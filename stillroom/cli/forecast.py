"""Foresees what a build of a recipe would do, from the recipe and the lake, without writing or paying."""

from dataclasses import dataclass, replace
from typing import Any

from stillroom.lake import Lake
from stillroom.recipe import (
    PAID_STAGES,
    Recipe,
    Stage,
    StageChange,
    benchmark_places,
    benchmarks_folder,
    changes,
    passed_over,
    recorded_benchmarks,
    recorded_sections,
    sections,
    why_nothing,
)
from stillroom.runs import (
    FIRST_ROUND,
    is_planned,
    load_run,
    newest_run,
    owed_at_most,
    paid_changes,
    prompts_at_first,
    refuse_idle_settings,
    refuse_unknown_words,
    refuse_unusable_benchmarks,
    refuse_unusable_tables,
    rounds_done,
    written_in,
)

_HISTORY = """
SELECT count(DISTINCT sample_id) / count(DISTINCT prompt_id) AS samples_per_prompt,
       avg(completion_tokens) AS tokens_per_sample
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
        samples_at_most: N for every prompt, less what the lake has of it.
        completion_tokens_at_most: every sample and every written prompt at its token limit.
        samples_expected: by what earlier samples of the dataset took; None without any, and where prompts that
            have samples may get more.
        completion_tokens_expected: likewise, for sampling alone.
        money_at_most: completion tokens at the dearest teacher's price, prompts not counted.
        benchmarks: by name, the sha256 of those whose text is looked for.
        passed_over: files of them that are to train on, and that are not looked for.
        unchecked: without any, why and how to change it; else "".
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
    benchmarks: dict[str, str]
    passed_over: list[str]
    unchecked: str


def foresee(recipe: Recipe, lake: Lake | None) -> Forecast:
    """The forecast for ``recipe``; ``lake`` is None where there is none yet.

    Raises:
        RecipeError: the seed or prompt file cannot be used, or a word is none of the capability's, or a
            setting could do nothing.
        RequestError: a benchmark cannot be used.
    """
    refuse_unknown_words(recipe)
    refuse_idle_settings(recipe)
    refuse_unusable_benchmarks(recipe)
    refuse_unusable_tables(recipe)
    newest = newest_run(lake, recipe.dataset) if lake else None
    now = sections(recipe)
    changed = changes(recorded_sections(newest["sections"]), now) if newest else []
    action = _action(newest, changed)
    run_id = newest["run_id"] if newest and action != "open" else ""
    work = _work(recipe, lake, run_id)
    seeding = recipe.seeding
    requests = seeding.requests_per_round * work.rounds if seeding and work.write else 0
    a_round = seeding.requests_per_round * seeding.replies_per_request if seeding and work.write else 0
    written_at_most = work.write + max(0, a_round - 1)  # the last round keeps all that it admits
    samples = work.samples + written_at_most * recipe.sampling.samples
    writing = requests * seeding.replies_per_request * seeding.max_new_tokens if seeding else 0
    tokens = samples * recipe.sampling.max_new_tokens + writing
    history = None if work.begun else _history(recipe.dataset, lake)  # what more samples of a prompt take, it never saw
    expected = min(samples, round((work.prompts + work.write) * history.samples_per_prompt)) if history else None
    dearest = max(recipe.teachers, key=lambda teacher: teacher.price.output_per_million).price
    first_changed = min((list(Stage).index(change.stage) for change in changed), default=len(Stage))
    return Forecast(
        dataset=recipe.dataset,
        action=action,
        run_id=run_id,
        changed=changed,
        reused=list(Stage)[:first_changed] if run_id else [],
        prompts_to_answer=work.prompts,
        prompts_to_write=work.write,
        writing_requests=requests,
        samples_at_most=samples,
        completion_tokens_at_most=tokens,
        samples_expected=expected,
        completion_tokens_expected=round(expected * history.tokens_per_sample) if history and expected else expected,
        money_at_most=tokens * dearest.output_per_million / 1e6,
        currency=dearest.currency,
        benchmarks=(benchmarks := recorded_benchmarks(now[Stage.CURATION])),
        passed_over=passed_over(benchmark_places(recipe.curation.contamination)),
        unchecked=""
        if benchmarks
        else why_nothing(is_off=recipe.curation.contamination is None, folder=benchmarks_folder()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Prompts to answer, the ones of these that have samples already, what they cost at most, and what to write."""

    prompts: int
    begun: int
    samples: int
    write: int
    rounds: int


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
    if newest["state"] == "opened":
        return "refuse" if paid_changes(changed) else "continue"
    paid = any(change.stage in PAID_STAGES for change in changed)
    return "derive" if changed and not paid else "open"


def _work(recipe: Recipe, lake: Lake | None, run_id: str) -> _Work:
    """What the run (or a new one, where ``run_id`` is empty) has to do; as ``flows.build`` goes about it."""
    seeding = recipe.seeding
    wanted, rounds = (seeding.new_prompts, seeding.max_rounds) if seeding else (0, 0)
    if lake is None or not run_id:
        first = len(prompts_at_first(recipe, lake))
        return _Work(prompts=first, begun=0, samples=first * recipe.sampling.samples, write=wanted, rounds=rounds)
    run = replace(load_run(lake, run_id), recipe=recipe)
    owed = owed_at_most(lake, run)
    first = 0 if is_planned(lake, run, FIRST_ROUND) else len(prompts_at_first(recipe, lake))
    rounds = max(0, rounds - rounds_done(lake, run_id))
    return _Work(
        prompts=owed.prompts + first,
        begun=owed.begun,
        samples=owed.samples + first * recipe.sampling.samples,
        write=max(0, wanted - written_in(lake, run_id)) if rounds else 0,
        rounds=rounds,
    )
