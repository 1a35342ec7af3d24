"""Where the journals of a lake are: files in its folder, or records in its database that workers anywhere reach."""

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TypeAlias, TypeVar

from stillroom.journal.database import DatabaseJournal, InDatabase
from stillroom.journal.file import Journal, Replay
from stillroom.lake.location import locate

T = TypeVar("T")

JournalPlace: TypeAlias = Path | InDatabase
AnyJournal: TypeAlias = Journal[T] | DatabaseJournal[T]


def journal_place(root: Path, run_id: str, stem: str) -> JournalPlace:
    """Where a piece of a run's work keeps its journal.

    Args:
        root: the lake's folder.
        run_id: the run.
        stem: the piece of work, such as ``shard-3``.

    Raises:
        LakeError: what the folder remembers of the lake cannot be read.
    """
    location = locate(root)
    if location.journals_in_catalogue and isinstance(location.catalogue, str):
        return InDatabase(location.catalogue, f"{run_id}/{stem}")
    return root / "journal" / run_id / f"{stem}.jsonl"


def journal_at(place: JournalPlace, record_type: type[T] | UnionType) -> AnyJournal[T]:
    """The journal at a place, of records of one type."""
    return Journal[T](place, record_type) if isinstance(place, Path) else DatabaseJournal[T](place, record_type)


def tell_damage(place: JournalPlace, replay: Replay[T], say: Callable[[str], None]) -> None:
    """Say where lines of a journal could not be read back: what they held may be paid for once more."""
    if replay.damaged_lines:
        name = place if isinstance(place, Path) else place.name
        say(
            f"journal {name}: {replay.damaged_lines} damaged lines were passed over (a killed process leaves one at "
            "most, half written); what they held is owed again"
        )
