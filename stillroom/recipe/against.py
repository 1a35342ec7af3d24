"""Which files the tables are that prompts and answers are compared with, and the identity of their content."""

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from stillroom.errors import RecipeError
from stillroom.recipe.curation import Against


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that no new prompt or answer may duplicate.

    Attributes:
        name: in the recipe.
        kind: what its texts are: prompt or answer.
        id: the column that names a row.
        text: the column that holds the text.
        files: Parquet, by path.
        sha256: of the one file that it is; of more, over their lines of ``sha256sum``, each by its name alone.
    """

    name: str
    kind: str
    id: str
    text: str
    files: tuple[Path, ...]
    sha256: str

    @property
    def label(self) -> str:
        """``NAME@SHA256``: the name, and what was found under it."""
        return f"{self.name}@{self.sha256}"

    @property
    def identity(self) -> str:
        """All that decides what is compared."""
        return ":".join((self.label, self.kind, self.id, self.text))


def find_tables(against: Mapping[str, Against]) -> list[Table]:
    """The tables that a recipe names, by name; their columns are not looked at.

    Raises:
        RecipeError: nothing is at a place, or a file cannot be read.
    """
    return [_table(name, given) for name, given in sorted(against.items())]


def _table(name: str, given: Against) -> Table:
    place = given.path
    files = _files(place)
    if not files:
        raise RecipeError(
            f"curation.against: table {name!r} is at {place}, where no file is. Expected a Parquet file, a folder of "
            "them (`.parquet`, in folders too), or a pattern such as `old/**/*.parquet`; mend the path, or take the "
            "table out."
        )
    digests = [(_file_sha256(name, path), path.name) for path in files]
    lines = "".join(f"{digest}  {file}\n" for digest, file in digests)
    digest = digests[0][0] if len(files) == 1 else sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
    return Table(name=name, kind=given.kind, id=given.id, text=given.text, files=tuple(files), sha256=digest)


def _files(place: Path) -> list[Path]:
    """The file, all files ending in ``.parquet`` below the folder, or all files of the pattern, by path."""
    if place.is_file():
        return [place]
    pattern = f"{glob.escape(str(place))}/**/*.parquet" if place.is_dir() else str(place)
    return sorted(path for one in glob.iglob(pattern, recursive=True) if (path := Path(one)).is_file())


def _file_sha256(name: str, path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise RecipeError(f"curation.against: table {name!r} cannot be read: {error}") from error
