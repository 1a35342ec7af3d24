"""Which files a recipe's benchmarks are, and the identity of what they hold.

A benchmark is a name and a place: one file, or a folder. Files that lie in the folder are the benchmark NAME, those of
each folder in it are NAME/FOLDER. A snapshot states what it was checked against, so nothing is passed over in silence:
a file that cannot be read as a benchmark is refused by name. Hidden files and those that only tell about a benchmark
(read-me, licence, a script that loads it) are no part of it, nor is a split to train on that has another
beside it to evaluate on: whoever trains on it would lose all that is near it. ``passed_over`` names those files.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from stillroom.errors import RecipeError
from stillroom.recipe.benchmark_kinds import is_about, readable_kinds, refuse_unknown, training_splits
from stillroom.recipe.hub_datasets import fetched

Place = Path | str  # here, or of a hub: hf://datasets/OWNER/NAME@COMMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A named benchmark.

    Attributes:
        files: by what each is called in it, in that order.
        sha256: of the one file that it is; of a folder, over its lines of ``sha256sum`` in the order of ``files``.
    """

    name: str
    files: Mapping[str, Path]
    sha256: str

    @property
    def label(self) -> str:
        """``NAME@SHA256``: the name, and what was found under it."""
        return f"{self.name}@{self.sha256}"


def find_benchmarks(places: Mapping[str, Place]) -> list[Benchmark]:
    """The benchmarks at these places, by name; data sets of a hub are fetched where they are not here yet.

    Raises:
        RecipeError: a place is neither a file nor a folder, holds nothing to check against, or holds a file that is
            none of ``FORMATS``, plain or in one of ``COMPRESSIONS``; or a hub does not give a data set.
    """
    return [benchmark for name in sorted(places) for benchmark in _at(name, _here(name, places[name]))]


def passed_over(places: Mapping[str, Place]) -> list[str]:
    """The files at these places that are to train on, as NAME/FILE.

    Raises:
        RecipeError: as ``find_benchmarks``, of what is there.
    """
    here = {name: _here(name, place) for name, place in sorted(places.items())}
    return [
        f"{name}/{file}"
        for name, place in here.items()
        if place.is_dir()
        for file in sorted(training_splits(_relative(_files(name, place), place)))
    ]


def _relative(files: list[Path], place: Path) -> dict[str, Path]:
    """Files by their paths in a place."""
    return {file.relative_to(place).as_posix(): file for file in files}


def _here(name: str, place: Place) -> Path:
    return fetched(name, place) if isinstance(place, str) else place


def _at(name: str, place: Path) -> Iterator[Benchmark]:
    if place.is_file():
        refuse_unknown(name, place)
        yield Benchmark(name=name, files={place.name: place}, sha256=_file_sha256(name, place))
        return
    if not place.is_dir():
        raise RecipeError(
            f"curation.contamination: benchmark {name!r} is at {place}, where nothing is. Expected a file or a folder "
            f"of files ({readable_kinds()}); mend the path, or take the benchmark out."
        )
    found: dict[str, dict[str, Path]] = {}
    files = _relative(_files(name, place), place)
    for file in sorted(files.keys() - training_splits(files)):
        folder, *below = file.split("/")
        benchmark = f"{name}/{folder}" if below else name
        found.setdefault(benchmark, {})["/".join(below) or folder] = files[file]
    if not found:
        raise RecipeError(
            f"curation.contamination: the folder {place} of benchmark {name!r} holds no file to check against. "
            f"Expected at least one ({readable_kinds()}); put them there, or take the benchmark out."
        )
    for benchmark, files in sorted(found.items()):
        lines = [f"{_file_sha256(benchmark, path)}  {file}\n" for file, path in sorted(files.items())]
        digest = sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
        yield Benchmark(name=benchmark, files=dict(sorted(files.items())), sha256=digest)


def _files(name: str, folder: Path) -> list[Path]:
    """All files below a folder that belong to a benchmark; linked folders are followed, each once."""
    found: list[Path] = []
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        raise RecipeError(f"curation.contamination: benchmark {name!r} cannot be read: {error}") from error

    for here, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        real = os.path.realpath(here)
        folders[:] = [] if real in seen else sorted(one for one in folders if not one.startswith("."))
        if real not in seen:
            found += [Path(here, file) for file in sorted(files) if not is_about(file)]
        seen.add(real)
    for path in found:
        refuse_unknown(name, path)
    return found


def _file_sha256(name: str, path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise RecipeError(f"curation.contamination: benchmark {name!r} cannot be read: {error}") from error
