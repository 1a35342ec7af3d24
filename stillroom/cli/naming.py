"""Finds what a person means: snapshots by NAME or NAME@N, rows by id or the first digits of one."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stillroom.errors import RequestError
from stillroom.nearest import meant

if TYPE_CHECKING:
    from stillroom.lake import Lake
    from stillroom.publication.publish import Snapshot

DatasetOption = Annotated[
    str | None, typer.Option("--dataset", metavar="NAME", help="Of which dataset, where several have this id.")
]
MOST_SHOWN = 5
_LAST = chr(0x10FFFF)  # sorts after every other character
_IDS = {
    "example": "SELECT DISTINCT example_id AS id FROM lake.examples",
    "sample": "SELECT DISTINCT sample_id AS id FROM lake.samples",
    "seed": "SELECT DISTINCT prompt_id AS id FROM lake.prompts WHERE origin = 'seed'",
    "prompt": "SELECT DISTINCT prompt_id AS id FROM lake.prompts",
    "teacher": "SELECT DISTINCT unnest([teacher_id, split_part(teacher_id, '@', 1)]) AS id FROM "
    "(SELECT DISTINCT teacher_id FROM lake.samples UNION SELECT teacher_id FROM lake.teachers)",
    "verifier": "SELECT DISTINCT unnest([verifier, verifier_id]) AS id FROM "
    "(SELECT DISTINCT verifier, verifier_id FROM lake.verdicts)",
    "image": "SELECT DISTINCT image_digest AS id FROM lake.verdicts WHERE image_digest <> ''",
}
# Tables that are sorted by ids of our own making, in lower-case digits: a range of them is found by little reading.
_SORTED = {
    "example": ("examples", "example_id"),
    "sample": ("samples", "sample_id"),
    "prompt": ("prompts", "prompt_id"),
}
_COMMANDS = {"example": "lineage", "sample": "why", "prompt": "blast-radius prompt"}


def find_snapshot(lake: "Lake", label: str) -> "Snapshot":
    """The snapshot ``NAME@N``, or the newest of ``NAME``.

    Raises:
        RequestError: there is none; says what there is.
    """
    from stillroom.publication.publish import snapshots

    name, at, number = label.partition("@")
    if at and not number.isdecimal():
        raise RequestError(f"{label!r} is no snapshot; expected NAME or NAME@N with a number, such as {name}@1")
    versions = snapshots(lake, name)
    if not versions and _has_runs(lake, name):
        raise RequestError(f"nothing of {name!r} is published yet; `stillroom runs` lists its runs")
    if not versions:
        names = sorted({one.name for one in snapshots(lake)})
        raise RequestError(f"there is no dataset {name!r}. {_did_you_mean(name, _datasets(lake), names, 'published')}")
    found = [one for one in versions if not at or one.version == int(number)]
    if not found:
        raise RequestError(f"{name} has no version {number}; it has {', '.join(one.label for one in versions)}")
    return found[-1]


def find_runs(lake: "Lake", label: str) -> tuple[str, int | None]:
    """The dataset of which runs are meant, and of ``NAME@N`` the version by which they had published.

    Runs of ``NAME`` are found also where nothing of it is published.

    Raises:
        RequestError: there is none; says what there is.
    """
    if _has_runs(lake, label):
        return label, None
    name = label.partition("@")[0]
    if not _has_runs(lake, name):
        names = _datasets(lake)
        raise RequestError(f"there is no dataset {name!r}. {_did_you_mean(name, names, names, 'built')}")
    found = find_snapshot(lake, label)
    return found.name, found.version


def find_kept_snapshot(lake: "Lake", label: str) -> "Snapshot":
    """As ``find_snapshot``, one whose frozen copy and state of the catalogue are there.

    Raises:
        RequestError: there is none, or it was let go; says what there still is.
    """
    from stillroom.publication.publish import snapshots

    found = find_snapshot(lake, label)
    if not found.is_retired:
        return found
    kept = ", ".join(one.label for one in snapshots(lake, found.name) if not one.is_retired)
    raise RequestError(
        f"{found.label} was let go by `stillroom lake maintain --keep-versions`: its frozen copy and the state of the "
        f"lake in which it was published are gone. Its rows are still there: `stillroom show {found.label}`, or "
        f"`stillroom sql \"from snapshot_examples where name = '{found.name}' and version = {found.version}\"`. "
        f"Kept are {kept}."
    )


def find_id(lake: "Lake", kind: str, given: str) -> str:
    """The whole id of the one thing of a kind that ``given`` names or begins.

    Args:
        lake: where to look.
        kind: ``example``, ``sample``, ``seed``, ``prompt``, ``teacher``, ``verifier`` or ``image``.
        given: an id, or enough of its first digits.

    Raises:
        RequestError: none or several begin so; says which are near.
    """
    given = given.strip()
    wanted = given.lower()
    matching = _beginning_with(lake, kind, given)
    whole = [one for one in matching if one.lower() == wanted]  # revisions may differ in nothing but the case
    if given in matching:
        return given
    if len(whole) == 1 or len(matching) == 1:
        return (whole or matching)[0]
    if matching:
        more = " and more" if len(matching) > MOST_SHOWN else ""
        raise RequestError(f"several {kind}s begin with {wanted!r}: {', '.join(matching[:MOST_SHOWN])}{more}")
    for other, command in _COMMANDS.items():
        if other != kind and _beginning_with(lake, other, given):
            raise RequestError(f"{given!r} is the id of another thing ({other}); ask `stillroom {command} {given}`")
    near = lake.rows(
        f"SELECT id FROM ({_IDS[kind]}) ORDER BY jaro_winkler_similarity(id, ?) DESC, id LIMIT 3",  # noqa: S608 - constant
        [wanted],
    )
    if not near:
        raise RequestError(f"there is no {kind} {given!r}: the lake holds none yet. Build a recipe first.")
    raise RequestError(f"there is no {kind} {given!r}. The nearest ids are {', '.join(row['id'] for row in near)}.")


def find_dataset(kind: str, found: str, datasets: Collection[str], asked: str | None) -> str:
    """The dataset of which a question about a row is meant: ids name no dataset, and two may share one.

    Args:
        kind: ``example`` or ``sample``.
        found: the row's id.
        datasets: those that have it.
        asked: the one that was named; None where none was.

    Raises:
        RequestError: there are several and none was named, or the named one does not have it.
    """
    known = ", ".join(sorted(datasets))
    if asked is not None and asked not in datasets:
        raise RequestError(f"the dataset {asked!r} has no {kind} {found}; it is of {known}. Name it with --dataset.")
    if asked is None and len(datasets) > 1:
        raise RequestError(
            f"the {kind} {found} is of several datasets, {known}; each has decided about it by itself, and may have "
            "another text under this id. Name one with --dataset."
        )
    return asked if asked is not None else next(iter(datasets))


def _beginning_with(lake: "Lake", kind: str, given: str) -> list[str]:
    """Some of the ids that begin with what was given, in whichever case, the one that it is among them."""
    wanted = given.lower()
    if not wanted:
        return []
    if kind in _SORTED:
        table, column = _SORTED[kind]
        rows = lake.rows(
            f"SELECT DISTINCT {column} AS id FROM lake.{table} WHERE {column} BETWEEN ? AND ? ORDER BY id LIMIT ?",  # noqa: S608 - constants
            [wanted, f"{wanted}{_LAST}", MOST_SHOWN + 1],
        )
        return [row["id"] for row in rows]
    rows = lake.rows(
        f"SELECT id FROM ({_IDS[kind]}) WHERE starts_with(lower(id), $wanted) "  # noqa: S608 - constant
        "ORDER BY id <> $given, lower(id) <> $wanted, id LIMIT $most",
        {"wanted": wanted, "given": given, "most": MOST_SHOWN + 1},
    )
    return [row["id"] for row in rows]


def _has_runs(lake: "Lake", dataset: str) -> bool:
    return bool(lake.rows("SELECT 1 FROM lake.runs WHERE dataset = ? LIMIT 1", [dataset]))


def _datasets(lake: "Lake") -> list[str]:
    """Those that have a run, also where nothing of them is published."""
    return [row["dataset"] for row in lake.rows("SELECT DISTINCT dataset FROM lake.runs ORDER BY dataset")]


def _did_you_mean(given: str, names: Sequence[str], known: Sequence[str], what: str) -> str:
    """The nearest of all ``names``, else those that are ``what`` it takes."""
    if near := meant(given, names):
        return near.strip()
    return f"{what.capitalize()} so far: {', '.join(known)}." if known else f"Nothing is {what} yet; build a recipe."
