"""Where a lake is: its folder, and outside of it, where settings say so, its catalogue, data files and journals.

``STILLROOM_CATALOGUE`` names a PostgreSQL database (a libpq connection string or ``postgresql://`` address),
``STILLROOM_DATA`` another folder or ``s3://bucket/prefix``; ``STILLROOM_JOURNAL=catalogue`` puts the journals into that
database, for workers that share no folder. They are asked for when a lake is made, and remembered in ``lake.json`` of
its folder, without secrets: later commands need only ``--lake``.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from stillroom.errors import LakeError, RequestError
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE

REMEMBERED = "lake.json"
_SQLITE = "catalogue.sqlite"
_IN_CATALOGUE, _IN_FOLDER = "catalogue", "folder"
_SAME_DATABASE = ("service", "host", "hostaddr", "port", "dbname")  # who asks, and how, may change


class _Remembered(msgspec.Struct, forbid_unknown_fields=True):
    catalogue: str | None = None
    data: str | None = None
    journal: Literal["catalogue"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where the parts of one lake are.

    Attributes:
        root: the lake's folder: leases of a SQLite lake, frozen snapshots, and the journals as a rule.
        catalogue: the SQLite file, or a libpq connection string (keywords and values, no password).
        data: the folder of the Parquet files, or ``s3://bucket/prefix``.
        journals_in_catalogue: the journals are in the catalogue's PostgreSQL.
    """

    root: Path
    catalogue: Path | str
    data: Path | str
    journals_in_catalogue: bool = False

    @property
    def exists(self) -> bool:
        """Whether there is a lake.

        Raises:
            LakeError: PostgreSQL does not answer.
        """
        if isinstance(self.catalogue, Path):
            return self.catalogue.exists()
        from stillroom.lake.postgres import holds_lake

        return holds_lake(self.catalogue)

    @property
    def has_data_elsewhere(self) -> bool:
        """Whether the data files are out of the lake's folder, where others could come to have theirs as well."""
        return isinstance(self.data, str) or not self.data.resolve().is_relative_to(self.root.resolve())

    @property
    def catalogue_name(self) -> str:
        """Which catalogue it is, whoever asks and how: its file, or the database's host, port and name."""
        if isinstance(self.catalogue, Path):
            return str(self.catalogue)
        known = zip(_SAME_DATABASE, _identity(self.catalogue), strict=True)
        return " ".join(f"{name}={value}" for name, value in known if value is not None)

    def remember(self) -> None:
        """Write down what is not where it is by default.

        Raises:
            LakeError: the folder cannot be written.
        """
        about = {
            "catalogue": self.catalogue if isinstance(self.catalogue, str) else None,
            "data": str(self.data) if self.data != self.root / "data" else None,
            **({"journal": _IN_CATALOGUE} if self.journals_in_catalogue else {}),
        }
        file = self.root / REMEMBERED
        text = json.dumps(about, indent=2) + "\n"
        if any(about.values()) and not (file.exists() and file.read_text(encoding="utf-8") == text):
            fresh = file.with_suffix(f".{os.getpid()}")
            try:
                fresh.write_text(text, encoding="utf-8")
                fresh.replace(file)
            except OSError as error:
                raise LakeError(
                    f"cannot write {file}, which says where the lake is: {error}. Free some space."
                ) from error


def locate(root: Path) -> Location:
    """Where the lake of the folder ``root`` is, or would be made: as remembered there, else as the settings say.

    Raises:
        RequestError: a setting makes no sense, or differs from where the lake is; or the data files of a new lake would
            be amid its other files.
        LakeError: what the folder remembers cannot be read.
    """
    asked_catalogue = os.environ.get(CATALOGUE_VARIABLE) or None
    asked_data = os.environ.get(DATA_VARIABLE) or None
    catalogue = _database(asked_catalogue) if asked_catalogue else None
    data = _data_path(asked_data) if asked_data else None
    journal = _journal(os.environ.get(JOURNAL_VARIABLE) or None)
    about = _remembered(root)
    if about is not None:
        known, known_data = about.get("catalogue"), about.get("data")
        if catalogue and (not known or _identity(known) != _identity(catalogue)):
            raise _other_place(root, CATALOGUE_VARIABLE, "catalogue", known or str(root / _SQLITE), catalogue)
        if data and data != (known_data or str(root / "data")):
            raise _other_place(root, DATA_VARIABLE, "data files", known_data or str(root / "data"), data)
        known_journal = about.get("journal") or _IN_FOLDER
        if journal and journal != known_journal:
            raise _other_place(root, JOURNAL_VARIABLE, "journals", f"its {known_journal}", journal)
        catalogue, data, journal = catalogue or known, known_data, known_journal
    elif data:
        _refuse_nested(root, data)
    if journal == _IN_CATALOGUE and not catalogue:
        raise RequestError(
            f"{JOURNAL_VARIABLE}={_IN_CATALOGUE} puts the journals into the catalogue's PostgreSQL, but the catalogue "
            f"is a file. Name a database in {CATALOGUE_VARIABLE}, or unset {JOURNAL_VARIABLE}."
        )
    place = data if data and data.startswith("s3://") else Path(data) if data else root / "data"
    return Location(
        root=root,
        catalogue=catalogue or root / _SQLITE,
        data=place,
        journals_in_catalogue=journal == _IN_CATALOGUE,
    )


def existing(root: Path) -> Location:
    """Where the lake of the folder ``root`` is.

    Raises:
        RequestError: there is none, or a setting does not fit where it is.
        LakeError: what the folder remembers cannot be read, or PostgreSQL does not answer.
    """
    location = locate(root)
    if not location.exists:
        raise RequestError(f"there is no lake at {root}. Build a recipe first, or name another with --lake.")
    return location


def _remembered(root: Path) -> Mapping[str, str | None] | None:
    """What ``lake.json`` says; of a lake without one, that all is in its folder; None where there is no lake."""
    file = root / REMEMBERED
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {} if (root / _SQLITE).exists() else None
    except OSError as error:
        raise LakeError(f"cannot read {file}, which says where the lake is: {error}") from error
    try:
        return msgspec.structs.asdict(msgspec.json.decode(text, type=_Remembered))
    except msgspec.MsgspecError as error:
        raise LakeError(
            f"{file} says where the lake is, but it cannot be understood. Write it again, as in "
            '{"catalogue": "host=db dbname=lake user=me", "data": "s3://bucket/prefix"}, with null for what is '
            "in the lake's folder."
        ) from error


def _database(text: str) -> str:
    """A setting as keywords and values.

    Raises:
        RequestError: it is no connection string, or has a password in it.
    """
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        parts = conninfo_to_dict(text)
    except Error as error:
        raise RequestError(
            f"{CATALOGUE_VARIABLE} is to name a PostgreSQL database, as in postgresql://user@host:5432/lake or "
            f"'host=... dbname=lake user=...': {error}. Leave it unset for a SQLite file in the lake's folder."
        ) from error
    if parts.pop("password", None):
        raise RequestError(
            f"{CATALOGUE_VARIABLE} has a password in it, which would be written down and shown. Take it out and give "
            "it in the environment variable PGPASSWORD or in the file ~/.pgpass."
        )
    return make_conninfo("", **parts)


def _data_path(text: str) -> str:
    """A setting as an absolute path or an s3 address without a slash at its end.

    Raises:
        RequestError: it is the address of something else.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return str(Path(text).expanduser().resolve())
    if scheme != "s3" or not rest.strip("/"):
        raise RequestError(f"{DATA_VARIABLE} is to be a folder or s3://bucket/prefix, but it is {text!r}")
    return text.rstrip("/")


def _refuse_nested(root: Path, data: str) -> None:
    """Let pass only data files that are apart from all else of a lake.

    Raises:
        RequestError: their folder is the lake's, above it, or in it under another name than ``data``.
    """
    folder, place = root.resolve(), Path(data)
    if data.startswith("s3://") or place == folder / "data":
        return
    if place == folder:
        relation = "the lake's folder itself"
    elif folder.is_relative_to(place):
        relation = f"above the lake's folder {folder}"
    elif place.is_relative_to(folder):
        relation = f"inside the lake's folder {folder}"
    else:
        return
    raise RequestError(
        f"{DATA_VARIABLE} names {place}, which is {relation}; the data files are to be apart from the lake's other "
        f"files. Unset {DATA_VARIABLE} to have them in {folder / 'data'}, or name a folder of their own outside."
    )


def _journal(text: str | None) -> str | None:
    """A setting that says where the journals are.

    Raises:
        RequestError: it says something else.
    """
    if text not in (None, _IN_CATALOGUE, _IN_FOLDER):
        raise RequestError(f"{JOURNAL_VARIABLE} is to be {_IN_CATALOGUE} or {_IN_FOLDER}, but it is {text!r}")
    return text


def _identity(database: str) -> tuple[object, ...]:
    """What tells databases apart."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(database)
    return tuple(parts.get(name) for name in _SAME_DATABASE)


def _other_place(root: Path, variable: str, what: str, known: str, asked: str) -> RequestError:
    return RequestError(
        f"the lake at {root} has its {what} at {known}, but {variable} says {asked}. "
        f"Unset {variable}, or name another folder with --lake to make another lake."
    )
