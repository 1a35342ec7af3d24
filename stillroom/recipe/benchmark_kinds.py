"""Which files can be read as a benchmark, and which only tell about one or are there to train on."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from stillroom.errors import RecipeError

FORMATS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md")
COMPRESSIONS = (".gz", ".zst")
_ABOUT = ("readme", "license", "licence", "copying", "notice", "citation")
_OF_HUBS = ("dataset_infos.json", "dataset_info.json", "dataset_dict.json")  # what data sets are described by there
_SCRIPT = ".py"  # that loads a data set
_PARTED = (
    r"(?:^|(?<=[^a-z])){}(?![a-z])"  # from letters: names of splits, as hubs read them in those of files and folders
)
_TRAINING = re.compile(_PARTED.format("(?:train|training)"))  # huggingface.co/docs/hub/datasets-file-names-and-splits
_EVALUATION = re.compile(_PARTED.format("(?:test|testing|eval|evaluation|validation|valid|val|dev)"))
_ABOUT_FORMATS = ("", ".md", ".txt", ".rst", ".cff", ".bib")


def file_format(name: str) -> tuple[str, str]:
    """The suffixes that say what a file holds and how it is compressed, in lower case, "" where there is none."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in COMPRESSIONS:
        return os.path.splitext(stem)[1], suffix
    return suffix, ""


def is_about(file: str) -> bool:
    """Whether a file of this name is hidden, or only tells about a benchmark (read-me, licence, how to load it)."""
    stem, suffix = os.path.splitext(file.lower())
    if file.startswith(".") or file.lower() in _OF_HUBS or suffix == _SCRIPT:
        return True
    return stem in _ABOUT and suffix in _ABOUT_FORMATS


def training_splits(files: Iterable[str]) -> set[str]:
    """Of files of one place, those to train on: where others there are to evaluate on, they are no benchmark.

    Args:
        files: their paths in it, with "/" between folders.
    """
    names = {file: file.lower() for file in files}
    training = {file for file, name in names.items() if _TRAINING.search(name)}
    return training if any(_EVALUATION.search(names[file]) for file in names.keys() - training) else set()


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
