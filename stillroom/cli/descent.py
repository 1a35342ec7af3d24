"""The prompts behind a prompt, back to the seeds, as the dataset of an example has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stillroom.lake import Lake

Row = dict[str, Any]

_OWN = "prompt_id, run_id, parents, nearest_prompt_id"
# Prompts behind one and all that are behind those, by whatever row of whatever dataset: never too few. Where a table is
# in few files that are read without DuckLake, each generation reads the row groups of its ids alone.
_CLIMB = """
WITH RECURSIVE ascent AS (
    SELECT $id::VARCHAR AS prompt_id
    UNION
    SELECT unnest(there.parents) FROM ascent JOIN ({parents}) there ON there.prompt_id = ascent.prompt_id
)
SELECT prompt_id, NULL AS filename FROM ascent UNION SELECT unnest($nearest::VARCHAR[]), NULL
"""
# Else each looks through all prompts, so ids are hashed once, where they are read: numbers are looked through fastest.
# Two ids of one hash add a stranger, which nobody's parents lead to.
_SEARCH = """
WITH RECURSIVE there AS MATERIALIZED (
    SELECT hash(prompt_id) AS hash, list_transform(parents, lambda one: hash(one)) AS parents FROM ({parents})
), ascent AS (
    SELECT hash($id) AS hash
    UNION
    SELECT unnest(there.parents) FROM ascent JOIN there ON there.hash = ascent.hash
)
{places} WHERE hash(prompt_id) IN (SELECT hash FROM ascent UNION SELECT hash(unnest($nearest::VARCHAR[])))
"""
_FEW_FILES = 8  # each generation looks into the footers of all
_TEXTS = ("tests", "reference")  # of a prompt, which are not read of those behind it


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the prompts behind a prompt are, itself and its nearest ones among them; empty where it has neither.

    Attributes:
        places: id of each and a file that has it, where that is known.
    """

    places: Sequence[tuple[str, str | None]]

    def rows(self, lake: "Lake", run_id: str) -> dict[str, Row]:
        """The oldest row of each in the dataset of a run, by id, without tests and references; maybe of a stranger.

        Large files are in the order of ids, so two threads read different parts of them. DuckLake is asked once.
        """
        places = sorted(self.places, key=lambda place: place[0])
        middle = len(places) // 2 if lake.files("prompts") else len(places)
        some, others = lake.both(
            lambda one: _read(one, places[:middle]),
            lambda one: _read(one, places[middle:]),
        )[:2]
        return oldest_by("prompt_id", Own(lake, run_id)([*some, *others]))


def behind(lake: "Lake", prompt_id: str, run_id: str) -> Behind:
    """Find the prompts behind one: about as much work as all the rest that is asked of an example."""
    prompts = Own(lake, run_id)(lake.find("prompts", _OWN, prompt_id=prompt_id))
    nearest = {row["nearest_prompt_id"] for row in prompts if row["nearest_prompt_id"]}
    if not nearest and not any(row["parents"] for row in prompts):
        return Behind(())
    files = lake.files("prompts")
    query = _CLIMB if files is not None and len(files) <= _FEW_FILES else _SEARCH
    parents, places = lake.selection("prompts", "prompt_id, parents"), lake.selection("prompts", "prompt_id, filename")
    asked = {"id": prompt_id, "nearest": sorted(nearest)}
    rows = lake.rows(query.format(parents=parents, places=places), asked)
    return Behind([(row["prompt_id"], row["filename"]) for row in rows])


def ancestors(prompt: Row, there: dict[str, Row]) -> dict[str, Row]:
    """The prompts behind a prompt, a generation after the other, each once."""
    found: dict[str, Row] = {}
    generation: list[str] = prompt.get("parents") or []
    while generation := [one for one in dict.fromkeys(generation) if one in there and one not in found]:
        found |= {one: there[one] for one in generation}
        generation = [parent for one in generation for parent in there[one]["parents"]]
    found.pop(prompt.get("prompt_id", ""), None)  # of a circle
    return found


class Own:
    """Leaves out what other datasets have of the same prompts: they may have them from elsewhere, with other tests.

    Which runs are of the dataset is asked once, and only where a prompt is in several runs: most are in one.
    """

    def __init__(self, lake: "Lake", run_id: str) -> None:
        self._lake = lake
        self._run_id = run_id

    def __call__(self, rows: list[Row]) -> list[Row]:
        """Those of the dataset; all where each prompt is in one run only."""
        if len({(row["prompt_id"], row["run_id"]) for row in rows}) == len({row["prompt_id"] for row in rows}):
            return rows
        return [row for row in rows if row["run_id"] in self._runs]

    @cached_property
    def _runs(self) -> set[str]:
        of_run = dataset_of(self._lake)
        return {run_id for run_id, dataset in of_run.items() if dataset == of_run.get(self._run_id)}


def dataset_of(lake: "Lake") -> dict[str, str]:
    """The dataset of every run."""
    runs = lake.selection("runs", "DISTINCT run_id, dataset")
    return {row["run_id"]: row["dataset"] for row in lake.rows(runs)} if runs else {}


def oldest_by(key: str, rows: list[Row]) -> dict[str, Row]:
    """Of the rows that share a value the one that was committed first, by that value."""
    return {row[key]: row for row in sorted(rows, key=lambda row: row["created_at"], reverse=True)}


def _read(lake: "Lake", places: Sequence[tuple[str, str | None]]) -> list[Row]:
    ids = list(dict.fromkeys(prompt_id for prompt_id, _ in places))
    files = {file for _, file in places if file is not None}
    prompts = lake.selection("prompts", without=_TEXTS, files=files or None)
    if not ids or not prompts:
        return []
    return lake.rows(f"{prompts} WHERE prompt_id IN ({', '.join('?' * len(ids))})", ids)
