"""Holds a snapshot's frozen copy against the lake, and both against what was stated when it was published."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from stillroom.errors import LakeError, RecipeError
from stillroom.lake import Lake
from stillroom.lake.copies import MANIFEST_FILE, read_manifest
from stillroom.lake.damage import found_missing
from stillroom.publication.candidate import content_hash
from stillroom.publication.publish import Snapshot
from stillroom.publication.sealing import (
    EXAMPLES_FILE,
    FILES,
    SEAL,
    SUMMARY_FILE,
    Comparison,
    against_seal,
    same,
)
from stillroom.publication.standing import ungrounded
from stillroom.publication.stating import manifest, teachers_elsewhere
from stillroom.publication.whole_rows import against_copy
from stillroom.publication.writing_times import against_publications

DATA_FILES = "data files that the catalogue names"
BEHIND = "rows behind the members are there, their verdicts pass"
MOST_NAMED = 5  # differing fields of a manifest
_NOT_IN_THE_LAKE = ("code_version", FILES, SEAL)  # which Stillroom froze it, and what the bytes are held against
_DIGITS = 9  # of a sum of fractions, whose last ones depend on the order of its parts
_MEMBERS = """
SELECT example_id, messages, answer FROM lake.snapshot_examples WHERE name = ? AND version = ?
"""
_FROZEN = "SELECT example_id, messages, answer FROM read_parquet(?)"


def compare(lake: Lake, snapshot: Snapshot) -> list[Comparison]:
    """Everything that can be compared without running a verifier again; where files are missing, that alone."""
    missing = lake.missing_files()
    files = Comparison(what=DATA_FILES, is_same=not missing, found=found_missing(missing) if missing else "")
    if missing:
        return [files]
    folder = lake.root / snapshot.path
    members = lake.rows(_MEMBERS, [snapshot.name, snapshot.version])
    return [
        files,
        same("rows of the lake, counted", len(members), snapshot.rows),
        same("content of the lake's rows", content_hash(members), snapshot.content_hash),
        against_publications(lake, snapshot),
        _behind(lake, snapshot),
        *_frozen_copy(lake, folder, snapshot),
    ]


def _behind(lake: Lake, snapshot: Snapshot) -> Comparison:
    found = [f"{why} (example {example_id})" for example_id, why in ungrounded(lake, snapshot).items()]
    return Comparison(what=BEHIND, is_same=not found, found=_listed(found))


def _frozen_copy(lake: Lake, folder: Path, snapshot: Snapshot) -> Iterator[Comparison]:
    missing = [name for name in (EXAMPLES_FILE, MANIFEST_FILE, SUMMARY_FILE) if not (folder / name).is_file()]
    if missing:
        aside = "move away what is there, then " if folder.exists() else ""
        made = f"{aside}`stillroom verify-snapshot {snapshot.label} --copy` makes the copy"
        found = f"{folder} lacks {', '.join(missing)}; {made}"
        yield Comparison(what="files of the frozen copy", is_same=False, found=found)
        return
    try:
        stated = read_manifest(folder)
    except (ValueError, RecursionError) as error:
        yield Comparison(what="manifest", is_same=False, found=f"{folder / MANIFEST_FILE} is no JSON: {error}")
        return
    wrong = _against_lake(lake, snapshot, stated)
    yield Comparison(what="manifest against the lake", is_same=not wrong, found=_listed(wrong))
    sealed = list(against_seal(stated, folder))
    yield from sealed
    if any(one.what.endswith(EXAMPLES_FILE) and not one.is_same for one in sealed):
        return  # what was altered is not parsed
    try:
        rows = lake.rows(_FROZEN, [str(folder / EXAMPLES_FILE)])
    except LakeError as error:
        yield Comparison(what=EXAMPLES_FILE, is_same=False, found=f"{folder / EXAMPLES_FILE} cannot be read: {error}")
        return
    yield same(f"rows of {EXAMPLES_FILE}, counted", len(rows), snapshot.rows)
    yield same(f"content of {EXAMPLES_FILE}", content_hash(rows), snapshot.content_hash)
    yield against_copy(lake, snapshot)


def _against_lake(lake: Lake, snapshot: Snapshot, stated: dict[str, Any]) -> list[str]:
    """Where a manifest states something else than the lake gives; or why that gives nothing."""
    try:
        recomputed = json.loads(json.dumps(manifest(lake, snapshot), default=str))
    except RecipeError as error:  # the record of the version's run is lost
        return [str(error)]
    elsewhere = json.loads(json.dumps(teachers_elsewhere(lake, snapshot), default=str))
    return differing(_with_own_teachers(stated, recomputed, elsewhere), recomputed)


def _with_own_teachers(
    stated: dict[str, Any], recomputed: dict[str, Any], elsewhere: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A manifest without what an earlier Stillroom listed of a teacher since another dataset had met it otherwise."""
    listed, now = stated.get("teachers"), recomputed["teachers"]
    if not isinstance(listed, list):
        return stated
    ids = [one["teacher_id"] for one in now]

    def is_own(one: object) -> bool:
        if not isinstance(one, dict) or one in now:
            return True
        teacher = cast("dict[str, Any]", one)
        met = {name: value for name, value in teacher.items() if name != "licence"}  # it gave all the dataset's own
        return teacher.get("teacher_id") not in ids or met not in elsewhere

    return {**stated, "teachers": [one for one in cast("list[object]", listed) if is_own(one)]}


def differing(stated: dict[str, Any], recomputed: dict[str, Any]) -> list[str]:
    """Where a manifest states something else than the lake gives: each field with both values.

    What only this Stillroom states, and an earlier one did not, is no difference.
    """
    return [
        line
        for name, value in stated.items()
        if name not in _NOT_IN_THE_LAKE
        for line in _differences(name, value, recomputed.get(name))
    ]


def _differences(where: str, stated: object, recomputed: object) -> Iterator[str]:
    if isinstance(stated, dict) and isinstance(recomputed, dict):
        theirs, ours = cast("dict[str, object]", stated), cast("dict[str, object]", recomputed)
        for name, value in theirs.items():
            yield from _differences(f"{where}.{name}", value, ours.get(name))
        return
    if isinstance(stated, list) and isinstance(recomputed, list):
        yield from _entries(where, cast("list[object]", stated), cast("list[object]", recomputed))
        return
    if not _is_same(cast("object", stated), recomputed):
        yield f"{where} {stated!r} for {recomputed!r}"


def _entries(where: str, stated: list[object], recomputed: list[object]) -> list[str]:
    """The differences of two lists; in another order, as an earlier Stillroom wrote equal counts, there are none."""
    if len(stated) != len(recomputed):
        return [f"{where} has {len(stated)} entries for {len(recomputed)}"]

    def pairwise(theirs: Sequence[object], ours: Sequence[object]) -> list[str]:
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [line for number, pair in pairs for line in _differences(f"{where}[{number}]", *pair)]

    found = pairwise(stated, recomputed)
    return found if found and pairwise(sorted(stated, key=_order), sorted(recomputed, key=_order)) else []


def _is_same(stated: object, recomputed: object) -> bool:
    if isinstance(stated, float) and isinstance(recomputed, float | int):
        return math.isclose(stated, recomputed, rel_tol=10**-_DIGITS)
    return stated == recomputed and isinstance(stated, bool) == isinstance(recomputed, bool)


def _order(entry: object) -> str:
    """Orders entries by all but their fractions, which are not quite the same twice."""
    if isinstance(entry, dict):
        fields = sorted(cast("dict[str, object]", entry).items())
        return str([(key, value) for key, value in fields if not isinstance(value, float)])
    return str(entry)


def _listed(wrong: Sequence[str]) -> str:
    more = f" and {len(wrong) - MOST_NAMED:,} more" if len(wrong) > MOST_NAMED else ""
    return ", ".join(wrong[:MOST_NAMED]) + more
