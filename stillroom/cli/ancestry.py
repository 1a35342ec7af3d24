"""Follows an example back to where it comes from: selection, sample, verdicts, prompt, parents, seeds."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stillroom.cli.naming import find_dataset

if TYPE_CHECKING:
    from stillroom.lake import Lake

# Which row of several counts is decided here: with ORDER BY and LIMIT, DuckDB reads a table twice, and DuckLake asks
# its catalogue about the files as often. Each column in a WHERE is another such question.
_EXAMPLES = "SELECT * FROM examples WHERE example_id = ?"
_SNAPSHOTS = "SELECT name, version, created_at FROM snapshot_members WHERE example_id = ?"
_SELECTION = "SELECT * FROM selections WHERE run_id = ? AND sample_id = ?"  # with OR, all columns of all would be read
_DISPLACED = "SELECT * FROM selections WHERE run_id = ? AND matched_id = ?"
_SCORES = "SELECT * FROM scores WHERE run_id = ? AND sample_id = ?"
_SAMPLE = "SELECT * FROM samples WHERE run_id = ? AND sample_id = ?"
_VERDICTS = "SELECT * FROM verdicts WHERE run_id = ? AND sample_id = ?"
_PROMPT = "SELECT * FROM prompts WHERE prompt_id = ?"
_PROMPTS = "SELECT * EXCLUDE (tests, reference) FROM prompts WHERE hash(prompt_id) IN CAST($hashes AS UBIGINT[])"
_STRENGTH = "SELECT * FROM test_strengths WHERE prompt_id = ?"
_PROPOSAL = "SELECT * FROM proposals WHERE prompt_id = ?"
_TEACHER = "SELECT * FROM teachers WHERE teacher_id = ?"
_RUN = "SELECT * FROM runs WHERE run_id = ?"
_COSTS = "SELECT shard, stage, samples FROM costs WHERE run_id = ?"  # few, and files are found by the run alone
_PAID = "SELECT run_id, created_at, answered_at FROM samples WHERE sample_id = ?"  # reads of every run's files
_DATASETS = "SELECT DISTINCT run_id, dataset FROM runs"
_COMMITS = "SELECT * FROM commits WHERE run_id = ? AND (shard = ? OR created_at = ?)"
# Prompts behind one and all that are behind those, by whatever row of whatever dataset: never too few. Each generation
# looks through all prompts, so ids are hashed once, where they are read: numbers are looked through fastest. Two ids of
# one hash add a stranger, which nobody's parents lead to.
_BEHIND = """
WITH RECURSIVE there AS MATERIALIZED (
    SELECT hash(prompt_id) AS hash, list_transform(parents, lambda one: hash(one)) AS parents FROM prompts
), ascent AS (
    SELECT hash($id) AS hash
    UNION
    SELECT unnest(there.parents) FROM ascent JOIN there ON there.hash = ascent.hash
)
SELECT hash FROM ascent UNION SELECT hash(unnest($nearest::VARCHAR[]))
"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestry:
    """All the rows behind one example: its verdicts, check and strength of tests as they were when it was published.

    Attributes:
        snapshots: NAME@N of its dataset's snapshots that hold it.
        displaced: samples that its curation dropped as the same as this one, its cluster.
        checked_against: the benchmarks, with their content's sha256, that were looked for in it, as the newest
            of its snapshots states.
        cost: what the sample and its verdicts took, by the teacher's price.
        paid_by: the run that was paid for the sample: its own, or one that it adopted the sample from.
        verdicts: the newest of each verifier that its publication stands on, that which the example names first.
        prompt: its prompt, with the tests that its verdict is about.
        proposal: the writing request and raw reply that its prompt came of, where it was written.
        strength: how strong its prompt's tests were measured to be.
        nearest: the prompt that was most similar when its prompt was admitted.
        ancestors: the prompts behind its prompt by id, nearest first, without their tests and references.
    """

    example: Row
    snapshots: list[str]
    selection: Row
    scores: list[Row]
    displaced: list[Row]
    checked_against: list[Row]
    sample: Row
    cost: Row
    paid_by: str
    verdicts: list[Row]
    prompt: Row
    proposal: Row
    strength: Row
    nearest: Row
    ancestors: dict[str, Row]
    teacher: Row
    run: Row
    commit: Row


def follow(lake: "Lake", example_id: str, dataset: str | None = None) -> Ancestry:
    """The ancestry of an example that exists, as it is at one moment.

    Args:
        lake: where it is.
        example_id: the example.
        dataset: of which; needed where several have published it.

    Raises:
        RequestError: several datasets have published it, or the named one has not.
    """
    with lake.moment():
        example = _newest(_of_dataset(lake, lake.rows(_EXAMPLES, [example_id]), dataset))
        (answer, making), origin = lake.both(
            lambda one: (_answer(one, example), _making(one, example)), lambda one: _origin(one, example)
        )
        return Ancestry(example=example, **answer, **_judged_by(origin, making, answer, example))


def _of_dataset(lake: "Lake", examples: list[Row], asked: str | None) -> list[Row]:
    """The rows of one dataset; which runs are of it is asked only where there are several runs, or one is named."""
    if asked is None and len({row["run_id"] for row in examples}) == 1:
        return examples
    of_run = _dataset_of(lake)
    datasets = {of_run.get(row["run_id"], "") for row in examples}
    meant = find_dataset("example", examples[0]["example_id"], datasets, asked)
    return [row for row in examples if of_run.get(row["run_id"], "") == meant]


def _dataset_of(lake: "Lake") -> dict[str, str]:
    """The dataset of every run."""
    return {row["run_id"]: row["dataset"] for row in lake.rows(_DATASETS)}


def _answer(lake: "Lake", example: Row) -> dict[str, Any]:
    """What became of the prompt's answer, from its sample to its snapshots."""
    in_run = [example["run_id"], example["sample_id"]]
    sample = _oldest([row for row in lake.rows(_SAMPLE, in_run) if row["shard"] == example["shard"]])
    about = [*lake.rows(_SELECTION, in_run), *lake.rows(_DISPLACED, in_run)]
    decided = _oldest_by("sample_id", _of_curation(about, example))
    teacher = _newest(_met(lake, example))
    runs = lake.rows(_RUN, [example["run_id"]])
    run = max(runs, key=lambda row: row["version"], default=Row())
    held = {(row["name"], row["version"]): row["created_at"] for row in lake.rows(_SNAPSHOTS, [example["example_id"]])}
    members = sorted(one for one in held if one[0] == run.get("dataset", one[0]))
    selection = decided.pop(example["sample_id"], Row())
    verdicts = _standing(example, selection, _published_with(example, lake.rows(_VERDICTS, in_run)))
    commits = _of_shard(lake, sample) if sample else []
    return {
        "snapshots": [f"{name}@{version}" for name, version in members],
        "selection": selection,
        "checked_against": _checked_against(lake, example, at=held[members[-1]] if members else None),
        "scores": [{"scorer": name, "value": row["value"]} for name, row in _scores(lake, in_run)],
        "displaced": sorted(decided.values(), key=lambda row: (-row["similarity"], row["sample_id"])),
        "sample": sample,
        "cost": _cost(sample, verdicts, teacher),
        "paid_by": _paid_by(lake, sample, commits) or example["run_id"],
        "verdicts": verdicts,
        "teacher": teacher,
        "run": run,
        "commit": _oldest([row for row in commits if row["created_at"] == sample["created_at"]]),
    }


def _met(lake: "Lake", example: Row) -> list[Row]:
    """The example's teacher as its run met it, else as other runs of its dataset did: prices are the recipe's."""
    rows = lake.rows(_TEACHER, [example["teacher_id"]])
    if own := [row for row in rows if row["run_id"] == example["run_id"]]:
        return own
    of_run = _dataset_of(lake)
    return [row for row in rows if of_run.get(row["run_id"], "") == of_run.get(example["run_id"])] or rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """Where a prompt comes from: its own rows, one for each check that it ever had, and those behind it by id."""

    prompts: list[Row]
    behind: dict[str, Row]


def _origin(lake: "Lake", example: Row) -> _Origin:
    """Where the prompt comes from in the example's dataset, back to the seeds: about as much work as all the rest."""
    own = _Own(lake, example["run_id"])
    prompts = own(lake.rows(_PROMPT, [example["prompt_id"]]))
    return _Origin(prompts=prompts, behind=_behind(lake, example["prompt_id"], prompts, own))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """What was written for a prompt in the example's dataset, and how good its tests were measured to be each time."""

    proposals: list[Row]
    strengths: list[Row]


def _making(lake: "Lake", example: Row) -> _Making:
    prompt_id = [example["prompt_id"]]
    return _Making(
        proposals=_Own(lake, example["run_id"])(lake.rows(_PROPOSAL, prompt_id)),
        strengths=lake.rows(_STRENGTH, prompt_id) if lake.holds("test_strengths") else [],
    )


def _standing(example: Row, selection: Row, verdicts: list[Row]) -> list[Row]:
    """The verdicts that the example's curation counted: a limit or an image that came and went gave others meanwhile.

    An earlier Stillroom wrote neither down which those are, nor by which of them the example passed.
    """
    named = example.get("verifier_id")
    counted = {*(selection.get("verifier_ids") or ()), *([named] if named else ())}
    by = "verifier_id" if counted else "verifier"
    found = _newest_by(by, [row for row in verdicts if not counted or row["verifier_id"] in counted])
    return sorted(found.values(), key=lambda row: (row["verifier_id"] != named, row["verifier"]))


def _judged_by(origin: _Origin, making: _Making, answer: dict[str, Any], example: Row) -> dict[str, Any]:
    """The prompt by the check that the example's verdict is about; tests may have been corrected since.

    Their strength is the one that its curation asked for: under other limits, or in another image, it may be another.
    """
    verdicts: list[Row] = answer["verdicts"]
    named = [row for row in verdicts if row.get("verifier_id") == example.get("verifier_id")] or verdicts
    check_id = _newest(named).get("check_id")
    prompt = _oldest([row for row in origin.prompts if row["check_id"] == check_id] or origin.prompts)
    measure_id = answer["selection"].get("measure_id")  # none of an earlier Stillroom, or where none counted
    of_check = [
        row
        for row in making.strengths
        if row["check_id"] == prompt.get("check_id") and measure_id in (None, "", row["measure_id"])
    ]
    is_written = any(row["parents"] for row in origin.prompts)
    return {
        "prompt": prompt,
        "proposal": _oldest(making.proposals) if is_written else {},
        "strength": _newest(_published_with(example, of_check)),
        "nearest": origin.behind.get(prompt.get("nearest_prompt_id", ""), {}),
        "ancestors": _ancestors(prompt, origin.behind),
    }


def _published_with(example: Row, rows: list[Row]) -> list[Row]:
    """The rows that were there when the example was published; commits' times have their order, whatever clocks say."""
    return [row for row in rows if row["created_at"] <= example["created_at"]]


class _Own:
    """Leaves out what other datasets have of the same prompts: they may have them from elsewhere, with other tests.

    Which runs are of the dataset is asked once, and only where a prompt is in several runs: most are in one.
    """

    def __init__(self, lake: "Lake", run_id: str) -> None:
        self._lake = lake
        self._run_id = run_id

    def __call__(self, rows: list[Row]) -> list[Row]:
        if len({(row["prompt_id"], row["run_id"]) for row in rows}) == len({row["prompt_id"] for row in rows}):
            return rows
        return [row for row in rows if row["run_id"] in self._runs]

    @cached_property
    def _runs(self) -> set[str]:
        dataset_of = _dataset_of(self._lake)
        return {run_id for run_id, dataset in dataset_of.items() if dataset == dataset_of.get(self._run_id)}


def _cost(sample: Row, verdicts: list[Row], teacher: Row) -> Row:
    read, written = sample.get("prompt_tokens", 0), sample.get("completion_tokens", 0)
    prices = teacher.get("input_price_per_million", 0.0), teacher.get("output_price_per_million", 0.0)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "teacher_seconds": sample.get("latency_seconds", 0.0),
        "sandbox_cpu_seconds": sum(verdict["cpu_seconds"] for verdict in verdicts),
        "money": (read * prices[0] + written * prices[1]) / 1_000_000,
        "currency": teacher.get("currency", ""),
    }


def _checked_against(lake: "Lake", example: Row, at: datetime | None) -> list[Row]:
    """The benchmarks that were looked for in the example by then; most lakes know of none, which is soon seen."""
    if not lake.rows("SELECT 1 FROM metrics WHERE risk = 'contamination' LIMIT 1"):
        return []
    from stillroom.runs.checked import example_checked_against  # slow to import

    return example_checked_against(lake, example, at=at)


def _of_shard(lake: "Lake", sample: Row) -> list[Row]:
    """The commits of the sample's shard, and its own: no two have the same time, which their rows share."""
    return lake.rows(_COMMITS, [sample["run_id"], sample["shard"], sample["created_at"]])


def _paid_by(lake: "Lake", sample: Row, commits: list[Row]) -> str:
    """The run that was paid for the sample: of those that have this very reply, the one that committed it first.

    "" where its own shard was paid for all that its commits say it has.
    """
    had = sum(json.loads(row["row_counts"]).get("samples", 0) for row in commits)
    if not sample or had <= _paid_for(lake, sample["run_id"], sample["shard"]):
        return ""
    rows = lake.rows(_PAID, [sample["sample_id"]])
    return _oldest([row for row in rows if row["answered_at"] == sample["answered_at"]]).get("run_id", "")


def _paid_for(lake: "Lake", run_id: str, shard: int) -> int:
    """How many samples the shard was paid for."""
    costs = lake.rows(_COSTS, [run_id])
    return sum(row["samples"] or 0 for row in costs if (row["shard"], row["stage"]) == (shard, "sampling"))


def _behind(lake: "Lake", prompt_id: str, prompts: list[Row], own: _Own) -> dict[str, Row]:
    """The prompts that were most similar to a prompt, and all that are behind it, by id, and maybe a stranger."""
    nearest = {row["nearest_prompt_id"] for row in prompts if row["nearest_prompt_id"]}
    if not nearest and not any(row["parents"] for row in prompts):
        return {}
    behind = lake.rows(_BEHIND, {"id": prompt_id, "nearest": sorted(nearest)})
    return _oldest_by("prompt_id", own(lake.rows(_PROMPTS, {"hashes": [row["hash"] for row in behind]})))


def _ancestors(prompt: Row, behind: dict[str, Row]) -> dict[str, Row]:
    """The prompts behind a prompt, a generation after the other, each once."""
    found: dict[str, Row] = {}
    generation: list[str] = prompt.get("parents") or []
    while generation := [one for one in dict.fromkeys(generation) if one in behind and one not in found]:
        found |= {one: behind[one] for one in generation}
        generation = [parent for one in generation for parent in behind[one]["parents"]]
    found.pop(prompt.get("prompt_id", ""), None)  # of a circle
    return found


def _scores(lake: "Lake", in_run: list[str]) -> list[tuple[str, Row]]:
    return sorted(_newest_by("scorer", lake.rows(_SCORES, in_run)).items())


def _of_curation(selections: list[Row], example: Row) -> list[Row]:
    return [row for row in selections if row["curation_id"] == example["curation_id"]]


def _oldest_by(key: str, rows: list[Row]) -> dict[str, Row]:
    return {row[key]: row for row in sorted(rows, key=lambda row: row["created_at"], reverse=True)}


def _newest_by(key: str, rows: list[Row]) -> dict[str, Row]:
    return {row[key]: row for row in sorted(rows, key=lambda row: row["created_at"])}


def _oldest(rows: list[Row]) -> Row:
    return min(rows, key=lambda row: row["created_at"], default=Row())


def _newest(rows: list[Row]) -> Row:
    return max(rows, key=lambda row: row["created_at"], default=Row())
