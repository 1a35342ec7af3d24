"""Follows an example back to where it comes from: selection, sample, verdicts, prompt, parents, seeds."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stillroom.cli.descent import Own, Row, ancestors, behind, dataset_of, oldest_by
from stillroom.cli.naming import find_dataset

if TYPE_CHECKING:
    from stillroom.lake import Lake

_MADE: tuple[str, ...] = ("prompts", "proposals", "test_strengths")
_BRIEF = "example_id, prompt_id, sample_id, run_id, created_at"


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

    @property
    def lost_verdict(self) -> str:
        """The verifier_id that the example names as the one that passed it, where that one's verdict is not there."""
        named = self.example.get("verifier_id") or ""
        return "" if any(row["verifier_id"] == named for row in self.verdicts) else named


def follow(lake: "Lake", example_id: str, dataset: str | None = None) -> Ancestry:
    """The ancestry of an example that exists, as it is at one moment.

    Args:
        lake: where it is.
        example_id: the example.
        dataset: of which; needed where several have published it.

    Raises:
        RequestError: several datasets have published it, or the named one has not.
    """
    # Which row of several counts is decided in Python: by ORDER BY and LIMIT, DuckDB reads a table twice.
    with lake.moment():
        columns = _BRIEF if lake.files("examples") else "*"  # DuckLake takes as long for few
        brief = _newest(_of_dataset(lake, lake.find("examples", columns, example_id=example_id), dataset))
        answer, behind_it, made = lake.both(
            lambda one: _answer(one, _whole(one, brief)),
            lambda one: behind(one, brief["prompt_id"], brief["run_id"]),
            [lambda one, table=table: _made(one, table, brief) for table in _MADE],
        )
        making = dict(zip(_MADE, made, strict=True))
        there = behind_it.rows(lake, brief["run_id"])
        return Ancestry(**answer, **_judged_by(making, there, answer))


def _of_dataset(lake: "Lake", examples: list[Row], asked: str | None) -> list[Row]:
    """The rows of one dataset; which runs are of it is asked only where there are several runs, or one is named."""
    if asked is None and len({row["run_id"] for row in examples}) == 1:
        return examples
    of_run = dataset_of(lake)
    datasets = {of_run.get(row["run_id"], "") for row in examples}
    meant = find_dataset("example", examples[0]["example_id"], datasets, asked)
    return [row for row in examples if of_run.get(row["run_id"], "") == meant]


def _answer(lake: "Lake", example: Row) -> dict[str, Any]:
    """What became of the prompt's answer, from its sample to its snapshots."""
    in_run = {"run_id": example["run_id"], "sample_id": example["sample_id"]}
    sample = _oldest([row for row in lake.find("samples", **in_run) if row["shard"] == example["shard"]])
    displaced = lake.find("selections", run_id=example["run_id"], matched_id=example["sample_id"])
    decided = oldest_by("sample_id", _of_curation([*lake.find("selections", **in_run), *displaced], example))
    teacher = _newest(_met(lake, example))
    runs = lake.find("runs", run_id=example["run_id"])
    run = max(runs, key=lambda row: row["version"], default=Row())
    members = lake.find("snapshot_members", "name, version, created_at", example_id=example["example_id"])
    held = {(row["name"], row["version"]): row["created_at"] for row in members}
    holding = sorted(one for one in held if one[0] == run.get("dataset", one[0]))
    selection = decided.pop(example["sample_id"], Row())
    verdicts = _standing(example, selection, _published_with(example, lake.find("verdicts", **in_run)))
    commits = _of_shard(lake, sample) if sample else []
    return {
        "example": example,
        "snapshots": [f"{name}@{version}" for name, version in holding],
        "selection": selection,
        "checked_against": _checked_against(lake, example, at=held[holding[-1]] if holding else None),
        "scores": [{"scorer": name, "value": row["value"]} for name, row in _scores(lake, **in_run)],
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
    rows = lake.find("teachers", teacher_id=example["teacher_id"])
    if own := [row for row in rows if row["run_id"] == example["run_id"]]:
        return own
    of_run = dataset_of(lake)
    return [row for row in rows if of_run.get(row["run_id"], "") == of_run.get(example["run_id"])] or rows


def _whole(lake: "Lake", brief: Row) -> Row:
    """All columns of an example: whoever looks for the prompts behind it does not wait for its texts."""
    if "answer" in brief:
        return brief
    rows = lake.find("examples", example_id=brief["example_id"])
    return next(row for row in rows if all(row[name] == value for name, value in brief.items()))


def _made(lake: "Lake", table: str, brief: Row) -> list[Row]:
    """What the example's dataset has of its prompt in one of these tables; strengths are told apart by their checks."""
    if table != "test_strengths":
        return Own(lake, brief["run_id"])(lake.find(table, prompt_id=brief["prompt_id"]))
    return lake.find(table, prompt_id=brief["prompt_id"]) if lake.holds(table) else []  # an earlier Stillroom has none


def _standing(example: Row, selection: Row, verdicts: list[Row]) -> list[Row]:
    """The verdicts that the example's curation counted: a limit or an image that came and went gave others meanwhile.

    An earlier Stillroom wrote neither down which those are, nor by which of them the example passed.
    """
    named = example.get("verifier_id")
    counted = {*(selection.get("verifier_ids") or ()), *([named] if named else ())}
    by = "verifier_id" if counted else "verifier"
    found = _newest_by(by, [row for row in verdicts if not counted or row["verifier_id"] in counted])
    return sorted(found.values(), key=lambda row: (row["verifier_id"] != named, row["verifier"]))


def _judged_by(making: dict[str, list[Row]], there: dict[str, Row], answer: dict[str, Any]) -> dict[str, Any]:
    """The prompt by the check that the example's verdict is about; tests may have been corrected since.

    Their strength is the one that its curation asked for: under other limits, or in another image, it may be another.
    """
    prompts, example = making["prompts"], answer["example"]
    verdicts: list[Row] = answer["verdicts"]
    named = [row for row in verdicts if row.get("verifier_id") == example.get("verifier_id")] or verdicts
    check_id = _newest(named).get("check_id")
    prompt = _oldest([row for row in prompts if row["check_id"] == check_id] or prompts)
    measure_id = answer["selection"].get("measure_id")  # none of an earlier Stillroom, or where none counted
    of_check = [
        row
        for row in making["test_strengths"]
        if row["check_id"] == prompt.get("check_id") and measure_id in (None, "", row["measure_id"])
    ]
    is_written = any(row["parents"] for row in prompts)
    return {
        "prompt": prompt,
        "proposal": _oldest(making["proposals"]) if is_written else {},
        "strength": _newest(_published_with(example, of_check)),
        "nearest": there.get(prompt.get("nearest_prompt_id", ""), {}),
        "ancestors": ancestors(prompt, there),
    }


def _published_with(example: Row, rows: list[Row]) -> list[Row]:
    """The rows that were there when the example was published; commits' times have their order, whatever clocks say."""
    return [row for row in rows if row["created_at"] <= example["created_at"]]


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
    checks = lake.selection("metrics", "1", {"risk": "contamination"})
    if not checks or not lake.rows(f"{checks} WHERE risk = 'contamination' LIMIT 1"):
        return []
    from stillroom.runs.checked import example_checked_against  # slow to import

    return example_checked_against(lake, example, at=at)


def _of_shard(lake: "Lake", sample: Row) -> list[Row]:
    """The commits of the sample's shard, and its own: no two have the same time, which their rows share."""
    commits = lake.selection("commits", keys={"run_id": sample["run_id"]})
    asked = [sample["run_id"], sample["shard"], sample["created_at"]]
    return lake.rows(f"{commits} WHERE run_id = ? AND (shard = ? OR created_at = ?)", asked) if commits else []


def _paid_by(lake: "Lake", sample: Row, commits: list[Row]) -> str:
    """The run that was paid for the sample: of those that have this very reply, the one that committed it first.

    "" where its own shard was paid for all that its commits say it has.
    """
    had = sum(json.loads(row["row_counts"]).get("samples", 0) for row in commits)
    if not sample or had <= _paid_for(lake, sample["run_id"], sample["shard"]):
        return ""
    rows = lake.find("samples", "run_id, created_at, answered_at", sample_id=sample["sample_id"])  # files of all runs
    return _oldest([row for row in rows if row["answered_at"] == sample["answered_at"]]).get("run_id", "")


def _paid_for(lake: "Lake", run_id: str, shard: int) -> int:
    """How many samples the shard was paid for."""
    costs = lake.find("costs", "shard, stage, samples", run_id=run_id)
    return sum(row["samples"] or 0 for row in costs if (row["shard"], row["stage"]) == (shard, "sampling"))


def _scores(lake: "Lake", run_id: str, sample_id: str) -> list[tuple[str, Row]]:
    return sorted(_newest_by("scorer", lake.find("scores", run_id=run_id, sample_id=sample_id)).items())


def _of_curation(selections: list[Row], example: Row) -> list[Row]:
    return [row for row in selections if row["curation_id"] == example["curation_id"]]


def _newest_by(key: str, rows: list[Row]) -> dict[str, Row]:
    return {row[key]: row for row in sorted(rows, key=lambda row: row["created_at"])}


def _oldest(rows: list[Row]) -> Row:
    return min(rows, key=lambda row: row["created_at"], default=Row())


def _newest(rows: list[Row]) -> Row:
    return max(rows, key=lambda row: row["created_at"], default=Row())
