"""Claims a place outside of the lake's folder for the data files of one lake, by a mark that says whose it is.

Two lakes with one place would each take the other's files for those of killed writers, and remove them. So a lake is
made only where no other has its files, and housekeeping removes a file that its catalogue does not name only where the
place is known to be this lake's alone.
"""

import json
from dataclasses import asdict, dataclass
from typing import cast

import duckdb

from stillroom.errors import LakeError, RequestError
from stillroom.lake.connection import connect_to_data
from stillroom.lake.data_place import data_place
from stillroom.lake.files import METADATA
from stillroom.lake.location import Location
from stillroom.lake.variables import DATA_VARIABLE

MARK = "stillroom-lake.json"
"""File or object among the data files that says whose they are."""
_LAKE_ID = f"SELECT schema_uuid FROM {METADATA}.ducklake_schema ORDER BY schema_id, begin_snapshot LIMIT 1"  # noqa: S608 - our own name


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose a place is.

    Attributes:
        lake: what DuckLake calls the catalogue; a copy of it is called the same.
        catalogue: its file, or its database's host, port and name; of two copies it is not the same.
    """

    lake: str
    catalogue: str


def refuse_taken(location: Location) -> None:
    """Let pass only a place where a new lake may have its data files; ask before its catalogue is made.

    Raises:
        RequestError: it bears a mark, or holds data files of some lake.
        LakeError: it cannot be reached.
    """
    connection = connect_to_data(location.data, spill=location.root / "tmp")
    try:
        place = data_place(location.data, connection)
        text = place.mark(MARK)
        found = "" if text else place.first_file()
    except (duckdb.Error, OSError) as error:
        raise LakeError(f"{location.data}, where the data files are to be, cannot be looked at: {error}") from error
    finally:
        connection.close()
    if text or found:
        holds = (
            f"the data files of the lake {_named(text)} ({MARK} there says so)"
            if text
            else f"data files of a lake, such as {found}, and no {MARK} that says of which"
        )
        raise RequestError(
            f"{location.data} holds {holds}; two lakes in one place would remove each other's rows. Name another place "
            f"in {DATA_VARIABLE} for the data files of this lake. If the other lake is no more, remove what is there."
        )


def claim(location: Location, connection: duckdb.DuckDBPyConnection) -> None:
    """Mark the place of the data files as that of this lake, whose catalogue has just been made.

    Done again after it was cut off, it does nothing.

    Raises:
        RequestError: another lake was made there in the same moment.
        LakeError: the mark cannot be written.
    """
    place, own = data_place(location.data, connection), _own(location, connection)
    if not place.mark(MARK):
        place.set_mark(MARK, asdict(own))
    if _read(place.mark(MARK)) != own:
        raise RequestError(
            f"another lake was made with its data files at {location.data} in this moment ({MARK} names it). This one "
            f"holds nothing yet: remove {location.root}, and name another place in {DATA_VARIABLE}."
        )


def refuse_others(location: Location, connection: duckdb.DuckDBPyConnection, *, by_any_name: bool) -> bool:
    """Let pass only a lake whose data files are in a place of its own; returns whether a mark says so.

    Without a mark, as before lakes were marked, it passes.

    Args:
        location: of the lake.
        connection: one to it.
        by_any_name: whether a database may be called otherwise than in the mark: the same one has several names, and
            so has a copy of it.

    Raises:
        RequestError: the place bears the mark of another lake, or of that which this one is a copy of.
    """
    if not location.has_data_elsewhere:
        return True
    own, text = _own(location, connection), data_place(location.data, connection).mark(MARK)
    if not text:
        return False
    marked = _read(text)
    is_named_otherwise = by_any_name and isinstance(location.catalogue, str) and marked and marked.lake == own.lake
    if marked != own and not is_named_otherwise:
        raise RequestError(
            f"the data files of the lake at {location.root} are in {location.data}, which is the place of the lake "
            f"{_named(text)} ({MARK} there says so). If this lake was copied from that one, write no more into it: "
            f"each would remove the other's rows. If that lake is this one, moved or renamed, {_advice(location, own)}"
        )
    return True


def doubt(location: Location, connection: duckdb.DuckDBPyConnection) -> str:
    """Why it is not known that the place of the data files is this lake's alone, and what to do; "" where it is.

    Raises:
        RequestError: it is known to be another's.
    """
    if refuse_others(location, connection, by_any_name=False):
        return ""
    return (
        f"{location.data} has no {MARK} that says whose it is, as before lakes were marked. If no other lake has its "
        f"data files there, {_advice(location, _own(location, connection))}"
    )


def _advice(location: Location, own: Claim) -> str:
    return f"write this into {location.data}/{MARK}: {json.dumps(asdict(own))}"


def _own(location: Location, connection: duckdb.DuckDBPyConnection) -> Claim:
    (lake,) = connection.execute(_LAKE_ID).fetchall()[0]
    return Claim(lake=str(lake), catalogue=location.catalogue_name)


def _read(text: str) -> Claim | None:
    """What a mark says; None where it cannot be understood."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    said = cast("dict[str, object]", found)
    return Claim(lake=str(said.get("lake")), catalogue=str(said.get("catalogue")))


def _named(text: str) -> str:
    known = _read(text)
    return f"with the catalogue {known.catalogue}" if known else "that cannot be understood"
