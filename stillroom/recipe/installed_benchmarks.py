"""The benchmarks that recipes are checked against without naming them: what lies in one folder of this machine.

Every file in it is a benchmark, named by its stem, and so is every folder, by its name. What a recipe names comes on
top, and stands for an installed one of the same name. So a benchmark is put in place once and no dataset forgets it;
what lies there, by content, is part of the identity of every curation that looks into it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from stillroom.errors import RecipeError
from stillroom.home import home
from stillroom.recipe.benchmark_kinds import COMPRESSIONS, is_about
from stillroom.recipe.benchmarks import Place
from stillroom.recipe.curation import Contamination

ANYWHERE = "`$STILLROOM_HOME/benchmarks`"


def benchmarks_folder() -> Path:
    """``$STILLROOM_BENCHMARKS``, by default ``benchmarks`` in ``$STILLROOM_HOME``; it need not be there."""
    named = os.environ.get("STILLROOM_BENCHMARKS")
    return Path(named).expanduser() if named else home() / "benchmarks"


def benchmark_places(contamination: Contamination | None) -> Mapping[str, Place]:
    """By name, where the benchmarks are that a recipe is checked against: installed ones, and those that it names.

    Raises:
        RecipeError: the folder cannot be read, or holds two benchmarks of one name.
    """
    if contamination is None:
        return {}
    return {**(_installed(benchmarks_folder()) if contamination.installed else {}), **contamination.benchmarks}


def why_nothing(*, is_off: bool, folder: Path | str = ANYWHERE) -> str:
    """Why nothing was checked against, and how to change that.

    Args:
        is_off: the recipe says ``contamination: null``.
        folder: where installed benchmarks would be; said in general where it was another machine.
    """
    if is_off:
        return (
            "its recipe turns the check off (`contamination: null`). Without that line, all benchmarks in "
            f"{folder} are looked for."
        )
    return (
        f"there was no benchmark in {folder}, and its recipe names none. Put files or folders there, or name some "
        "under `curation.contamination.benchmarks`, and build once more: what is paid for is then checked."
    )


def _installed(folder: Path) -> dict[str, Path]:
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise RecipeError(f"curation.contamination: the benchmarks in {folder} cannot be read: {error}") from error
    found: dict[str, Path] = {}
    for entry in entries:
        if is_about(entry.name):
            continue
        name = entry.name if entry.is_dir() else _stem(entry.name)
        if name in found:
            raise RecipeError(
                f"curation.contamination: {found[name]} and {entry} would both be the benchmark {name!r}. Rename one, "
                "or put both into a folder."
            )
        found[name] = entry
    return found


def _stem(file: str) -> str:
    stem, suffix = os.path.splitext(file)
    return os.path.splitext(stem)[0] if suffix.lower() in COMPRESSIONS else stem
