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
    """Of files of one place, those to train on: where a split to evaluate on is beside theirs, they are no benchmark.

    A split is a file that is named as one, ``gsm8k_train.jsonl``, or a folder that is called no more than that,
    ``train/``: a folder in a place may be a benchmark by itself, and its name (``human_eval``, ``training_gym``) tells
    nothing of what lies beside it.

    Args:
        files: their paths in it, with "/" between folders.
    """
    paths = {file: tuple(file.split("/")) for file in files}
    training: set[tuple[str, ...]] = set()
    evaluated: set[tuple[str, ...]] = set()  # folders with a split to evaluate on
    for parts in paths.values():
        for depth, name in enumerate(parts):
            is_file = depth == len(parts) - 1
            if _names(_TRAINING, name, is_file=is_file):
                training.add(parts[: depth + 1])
            elif _names(_EVALUATION, name, is_file=is_file):
                evaluated.add(parts[:depth])
    passed_over = {one for one in training if one[:-1] in evaluated}
    return {file for file, parts in paths.items() if any(parts[: end + 1] in passed_over for end in range(len(parts)))}


def _names(split: re.Pattern[str], name: str, *, is_file: bool) -> bool:
    """Whether a name of a file has the word of a split in it, or one of a folder is it."""
    return bool(split.search(name.lower()) if is_file else split.fullmatch(name.lower()))


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
