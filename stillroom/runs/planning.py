"""What a run has to do: its pool, and its shards."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake
from stillroom.recipe import Recipe, Teacher
from stillroom.records import Origin, Prompt, teacher_name
from stillroom.runs.done import half_done_shards
from stillroom.runs.opening import Run
from stillroom.runs.retracting import retracted_prompts
from stillroom.runs.rows import REFUSED, prompt_from, prompt_row
from stillroom.runs.unplanned import set_aside
from stillroom.seeding.novelty import Nearest, NoveltyPool

FIRST_ROUND = 0  # seeds and users' prompts; rounds of writing count from 1
AGREED = "agreement:"  # what keys begin with of commits whose prompts are known ones, with fewer tests
_OF_DATASET = "(SELECT run_id FROM lake.runs WHERE dataset = $dataset)"
_OF_SHARD = "AND prompt_id IN (SELECT prompt_id FROM lake.shards WHERE run_id = $run AND shard = $shard)"
_SAMPLED = """
SELECT DISTINCT prompt_id FROM lake.shards
ANTI JOIN (SELECT unnest($runs::VARCHAR[]) AS run_id, unnest($numbers::BIGINT[]) AS shard) USING (run_id, shard)
WHERE (run_id, shard) IN (
    SELECT s.run_id, s.shard FROM lake.samples s
    JOIN (SELECT run_id, max(created_at) FILTER (state <> 'opened') AS at, arg_max(state, version) AS state
          FROM lake.runs WHERE dataset = $dataset GROUP BY run_id) finished ON finished.run_id = s.run_id
    WHERE s.epoch = $epoch
    GROUP BY s.run_id, s.shard, finished.at, finished.state
    HAVING finished.state <> 'opened' OR max(s.created_at) < finished.at)
"""
_IMPORTED = f"""
SELECT prompt_id, arg_max(check_id, created_at) AS check_id FROM lake.prompts
WHERE run_id IN {_OF_DATASET}
  AND created_at NOT IN (SELECT created_at FROM lake.commits WHERE starts_with(key, $agreed))
GROUP BY prompt_id
"""  # noqa: S608 - constant
_WRITTEN = """
SELECT * FROM lake.prompts WHERE run_id = $run AND writing_round <= $round AND origin = $origin
  AND prompt_id NOT IN (SELECT prompt_id FROM lake.shards WHERE run_id = $run)
ORDER BY writing_round, writing_request
"""
_DIFFICULTIES = {"easy": 0, "medium": 1, "hard": 2}


def import_prompts(lake: Lake, run: Run, prompts: Sequence[Prompt]) -> int:
    """Commit the prompts of a seed or prompt file that the dataset does not have yet; returns how many.

    None is refused for being like another, but each records which prompt it is most like.
    """
    new = unimported(lake, run.recipe.dataset, prompts)
    if new:
        key = f"prompts:{run.run_id}:{fingerprint([prompt.check_id for prompt in new], length=16)}"
        compared = _compared(new, pool(lake, run.recipe.dataset))
        lake.commit(key, {"prompts": [prompt_row(prompt) for prompt in compared]}, run_id=run.run_id)
    return len(new)


def unimported(lake: Lake, dataset: str, prompts: Sequence[Prompt]) -> list[Prompt]:
    """Those that the dataset does not have, or has with other tests.

    Tests that samples have agreed to drop are still those of a file that asks for them: they do not come back with
    every build.
    """
    imported = {row["check_id"] for row in lake.rows(_IMPORTED, {"dataset": dataset, "agreed": AGREED})}
    return [prompt for prompt in prompts if prompt.check_id not in imported]


def _compared(new: Sequence[Prompt], there: Sequence[Prompt]) -> list[Prompt]:
    """The new prompts, each with the nearest of those there and of the new ones before it.

    A known task that comes with other tests stays what it was like when it came.
    """
    novelty = NoveltyPool((prompt.prompt_id, prompt.task) for prompt in there)
    found = {one.prompt_id: Nearest(id=one.nearest_prompt_id, score=one.nearest_score) for one in there}
    arrivals = [(prompt.prompt_id, prompt.task) for prompt in new if prompt.prompt_id not in found]
    found |= {one.id: one.nearest for one in novelty.admit(arrivals, limit=math.inf)}
    nearest = [found[prompt.prompt_id] for prompt in new]
    return [
        replace(prompt, nearest_prompt_id=one.id, nearest_score=one.score)
        for prompt, one in zip(new, nearest, strict=True)
    ]


def pool(lake: Lake, dataset: str) -> list[Prompt]:
    """Every prompt of the dataset, of all its runs, in the order of admission, each with its newest check."""
    return _admitted(lake, "", {"dataset": dataset})


def _admitted(lake: Lake, condition: str, asked: Mapping[str, object]) -> list[Prompt]:
    rows = lake.rows(
        f"SELECT * FROM lake.prompts WHERE run_id IN {_OF_DATASET} {condition} "  # noqa: S608 - constant
        "ORDER BY created_at, writing_round, writing_request, prompt_id",
        asked,
    )
    return list({row["prompt_id"]: prompt_from(row) for row in rows}.values())  # a later row keeps the first's place


def rounds_done(lake: Lake, run_id: str) -> int:
    """How many rounds of writing the run has committed; they are numbered from 1 without gaps."""
    done = lake.rows("SELECT count(*) AS n FROM lake.commits WHERE starts_with(key, ?)", [f"seed:{run_id}:"])
    return done[0]["n"]


def written_in(lake: Lake, run_id: str) -> int:
    """How many prompts teachers have written in the run."""
    return lake.rows(
        "SELECT count(DISTINCT prompt_id) AS n FROM lake.prompts WHERE run_id = ? AND origin = ?",
        [run_id, Origin.WRITTEN.value],
    )[0]["n"]


def replies_in(lake: Lake, run_id: str) -> int:
    """How many replies to writing requests the run has ruled on."""
    rows = lake.rows(
        "SELECT count(DISTINCT (writing_round, writing_request)) AS n FROM lake.proposals "  # some are ruled on again
        "WHERE run_id = ? AND reason <> ?",
        [run_id, REFUSED],
    )
    return rows[0]["n"]


def plan_shards(lake: Lake, run: Run, writing_round: int, offered: Set[str] | None = None) -> None:
    """Assign the prompts that a round brought to shards and teachers, once.

    For round 0 these are what ``first_prompts`` takes from the pool; ``offered`` is handed on to it. A later round also
    takes what came of earlier ones since they were planned. What is retracted, or descends from it, is left out.
    Journals of another run that had its number are set aside (``unplanned.py``).

    Raises:
        LakeError: such a journal cannot be renamed.
    """
    set_aside(lake, run.run_id)
    if writing_round == FIRST_ROUND:
        there, sampled = pool(lake, run.recipe.dataset), sampled_prompts(lake, run.recipe)
        prompts = first_prompts(run.recipe, there, sampled | retracted_prompts(lake, run.recipe.dataset), offered)
    else:
        withheld = retracted_prompts(lake, run.recipe.dataset)
        prompts = [one for one in _written(lake, run, writing_round) if one.prompt_id not in withheld]

    def rows() -> dict[str, list[dict[str, Any]]]:
        begun = lake.rows("SELECT coalesce(max(shard) + 1, 0) AS n FROM lake.shards WHERE run_id = ?", [run.run_id])
        return {"shards": _shard_rows(prompts, run.recipe, first_shard=begun[0]["n"], writing_round=writing_round)}

    if not is_planned(lake, run, writing_round):
        lake.commit(_plan_key(run.run_id, writing_round), rows, run_id=run.run_id)


def is_planned(lake: Lake, run: Run, writing_round: int) -> bool:
    """Whether the shards of what a round brought were planned."""
    return lake.committed(_plan_key(run.run_id, writing_round))


def first_prompts(
    recipe: Recipe, prompts: Sequence[Prompt], sampled: Set[str], offered: Set[str] | None = None
) -> list[Prompt]:
    """What a run samples before it writes anything, in order.

    All of the user's prompts; or as many seeds as the recipe samples in a run, and whatever teachers wrote in
    earlier runs.

    Args:
        recipe: the run's.
        prompts: the dataset's pool.
        sampled: ids of those that have their samples, or are to have none.
        offered: ids of what the recipe's file holds now: what was taken out of it since is not sampled. None where
            nothing was.
    """
    seeding = recipe.seeding
    open_ = [prompt for prompt in prompts if prompt.prompt_id not in sampled]
    if offered is not None:
        open_ = [prompt for prompt in open_ if prompt.origin is Origin.WRITTEN or prompt.prompt_id in offered]
    if seeding is None:
        return [prompt for prompt in open_ if prompt.origin is Origin.USER]
    if seeding.difficulties:
        open_ = [prompt for prompt in open_ if prompt.difficulty_asked in seeding.difficulties]
    seeds = [prompt for prompt in open_ if prompt.origin is Origin.SEED]
    seeds.sort(key=lambda prompt: fingerprint([recipe.dataset, prompt.prompt_id]))
    written = [prompt for prompt in open_ if prompt.origin is Origin.WRITTEN]
    return [*sorted(seeds[: seeding.seed_prompts], key=_effort), *written]


def sampled_prompts(lake: Lake, recipe: Recipe) -> set[str]:
    """Ids of the dataset's prompts that a finished run has sampled in the recipe's epoch.

    So an abandoned run takes no prompt: what it planned or sampled is open to the next, which makes its samples its
    own where it asks for the same (``paid.py``). Where a shard has samples, its prompts without any were refused by
    their teacher, and count too. Of a run that was finished without its last shards, also what these have brought
    since counts; of one that was opened again, the shards that have brought nothing since: what they brought is in no
    version. No shard counts that is behind its run (``half_done_shards``): N was raised, and the run was published or
    given up before the shard had as many. One whose samples were to be judged again is not behind.
    """
    behind = half_done_shards(lake, recipe.dataset)
    left_out = {"runs": [run_id for run_id, _ in behind], "numbers": [shard for _, shard in behind]}
    rows = lake.rows(_SAMPLED, {"dataset": recipe.dataset, "epoch": recipe.sampling.epoch, **left_out})
    return {row["prompt_id"] for row in rows}


def shard_prompts(lake: Lake, run: Run, shard: int) -> list[tuple[Prompt, str]]:
    """The prompts of a shard in their order, each with the name of its teacher."""
    assigned = lake.rows(
        "SELECT prompt_id, teacher FROM lake.shards WHERE run_id = ? AND shard = ? ORDER BY position",
        [run.run_id, shard],
    )
    asked = {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard}
    by_id = {prompt.prompt_id: prompt for prompt in _admitted(lake, _OF_SHARD, asked)}
    return [(by_id[row["prompt_id"]], row["teacher"]) for row in assigned]


def teacher_for(prompt_id: str, teachers: Sequence[Teacher]) -> Teacher:
    """Weighted rendezvous hashing: the same prompt always goes to the same teacher, in proportion to weights.

    Adding a teacher moves only the prompts that go to it (Schindelhauer and Schomaker 2005).
    """

    def key(teacher: Teacher) -> float:
        uniform = (int(fingerprint([prompt_id, teacher.name], length=13), 16) + 0.5) / 16**13
        return -teacher.weight / math.log(uniform)

    return max(teachers, key=key)


def assigned_teacher(prompt: Prompt, teachers: Sequence[Teacher]) -> Teacher:
    """Who answers a prompt."""
    return teacher_for(prompt.prompt_id, _answering(prompt, teachers))


def _answering(prompt: Prompt, teachers: Sequence[Teacher]) -> Sequence[Teacher]:
    """Who may answer a prompt: where its tests are a teacher's word alone, another one than their author if there is.

    A teacher that misunderstands a task writes the same mistake into its solutions and into its tests. Where there is a
    reference, that is one more witness, and the teachers' weights alone decide.
    """
    if prompt.reference or not prompt.writer_teacher:
        return teachers
    return [one for one in teachers if one.name != teacher_name(prompt.writer_teacher)] or teachers


def _plan_key(run_id: str, writing_round: int) -> str:
    return f"plan:{run_id}:{writing_round}"


def _effort(prompt: Prompt) -> tuple[int, int]:
    """Easy tasks with short solutions come first, so that the first answers come soon."""
    return _DIFFICULTIES.get(prompt.difficulty_asked, len(_DIFFICULTIES)), len(prompt.reference)


def _written(lake: Lake, run: Run, writing_round: int) -> list[Prompt]:
    """What the round brought, after what was ruled on again of rounds before (``ruling_again.py``)."""
    rows = lake.rows(_WRITTEN, {"run": run.run_id, "round": writing_round, "origin": Origin.WRITTEN.value})
    return [prompt_from(row) for row in rows]


def _shard_rows(
    prompts: Sequence[Prompt], recipe: Recipe, *, first_shard: int, writing_round: int
) -> list[dict[str, Any]]:
    size = recipe.execution.prompts_per_shard
    return [
        {
            "shard": first_shard + place // size,
            "prompt_id": prompt.prompt_id,
            "position": place % size,
            "teacher": assigned_teacher(prompt, recipe.teachers).name,
            "writing_round": writing_round,
        }
        for place, prompt in enumerate(prompts)
    ]
