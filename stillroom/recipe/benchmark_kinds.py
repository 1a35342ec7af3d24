"""Which files can be read as a benchmark, and which only tell about one."""

import os
from pathlib import Path

from stillroom.errors import RecipeError

FORMATS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md")
COMPRESSIONS = (".gz", ".zst")
_ABOUT = ("readme", "license", "licence", "copying", "notice", "citation")
_ABOUT_FORMATS = ("", ".md", ".txt", ".rst", ".cff", ".bib")


def file_format(name: str) -> tuple[str, str]:
    """The suffixes that say what a file holds and how it is compressed, in lower case, "" where there is none."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in COMPRESSIONS:
        return os.path.splitext(stem)[1], suffix
    return suffix, ""


def is_about(file: str) -> bool:
    """Whether a file of this name is hidden, or only tells about a benchmark (read-me, licence)."""
    stem, suffix = os.path.splitext(file.lower())
    return file.startswith(".") or (stem in _ABOUT and suffix in _ABOUT_FORMATS)


def refuse_unknown(name: str, path: Path | str) -> None:
    """Refuse a file of a benchmark that cannot be read.

    Raises:
        RecipeError: it is none of ``FORMATS``, plain or in one of ``COMPRESSIONS``.
    """
    if file_format(os.path.basename(path))[0] not in FORMATS:
        raise RecipeError(
            f"curation.contamination: {path} of benchmark {name!r} is of no kind that is read here. Expected "
            f"{readable_kinds()}; turn it into one of these, or take it away."
        )


def readable_kinds() -> str:
    """The kinds of files, for a message."""
    return f"{', '.join(FORMATS)}, also with {' or '.join(COMPRESSIONS)} after it"
