"""Benchmarks that are data sets of a hub: pinned by commit, fetched once, and read from this machine from then on.

A place is written as the hub's library writes it, ``hf://datasets/OWNER/NAME@COMMIT``, where need be with a folder or
file of it after that. A commit always holds the same files, so what was fetched needs no network any more.
"""

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stillroom.errors import RecipeError
from stillroom.fingerprint import fingerprint
from stillroom.home import home
from stillroom.recipe.benchmark_kinds import FORMATS, file_format, is_about, training_splits

SCHEME = "hf:"
TIMEOUT_SECONDS = 10.0
_NAME = r"[A-Za-z0-9_][\w.-]{0,95}"
_PLACE = re.compile(rf"hf://datasets/({_NAME}/{_NAME})@([0-9a-f]{{40}})((?:/[^/\x00-\x1f]+)*)", re.ASCII)
_EXPECTED = "hf://datasets/OWNER/NAME@COMMIT, with all 40 hex digits, and after it a folder or file if need be"
_MOST_SHOWN = 8  # files that a message names


@dataclass(frozen=True, slots=True)
class HubDataset:
    """A data set of a hub, or a part of it, at one commit.

    Attributes:
        path: a folder or file in it, or "" for all of it.
    """

    repository: str
    commit: str
    path: str = ""

    @property
    def folder(self) -> Path:
        """Where it is on this machine, once it was fetched: part by part, each whole or not at all."""
        owner, name = self.repository.split("/")
        part = fingerprint([self.repository, self.commit, self.path], length=12)
        return home() / "hub-datasets" / f"{owner}--{name}" / f"{self.commit}-{part}"


def parse_place(place: str) -> HubDataset:
    """What a place of a recipe names that begins with ``hf:``.

    Raises:
        ValueError: it is no data set of a hub, or not pinned by a commit.
    """
    match = _PLACE.fullmatch(place)
    if match is None or any(part in (".", "..") for part in match[3].split("/")):
        pinned = "" if "@" in place else ", and is pinned by no commit, so that it may hold another text tomorrow"
        raise ValueError(f"{place!r} names no data set of a hub{pinned}. Expected {_EXPECTED}")
    return HubDataset(repository=match[1], commit=match[2], path=match[3].removeprefix("/"))


def fetched(benchmark: str, place: str) -> Path:
    """The file or folder on this machine that is the data set, fetched where it is not here yet.

    Raises:
        RecipeError: it is not here, and the hub cannot be reached, has no such data set, commit or path, or does not
            give it without a token; or it holds a file that cannot be read as a benchmark.
    """
    dataset = parse_place(place)
    if not dataset.folder.is_dir():
        _fetch(benchmark, dataset)
    return dataset.folder / dataset.path


def _fetch(benchmark: str, dataset: HubDataset) -> None:
    from filelock import FileLock
    from huggingface_hub import constants, hf_hub_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    landing = dataset.folder.with_suffix(".partial")  # what an interrupted fetch has left there is gone on with
    with _told(benchmark, dataset):
        landing.mkdir(parents=True, exist_ok=True)
        with FileLock(landing.with_suffix(".lock")):
            if dataset.folder.is_dir():
                return
            for file in _files(benchmark, dataset):
                hf_hub_download(
                    dataset.repository,
                    file,
                    repo_type="dataset",
                    revision=dataset.commit,
                    local_dir=landing,
                    endpoint=constants.ENDPOINT,
                    etag_timeout=TIMEOUT_SECONDS,
                )
            os.replace(landing, dataset.folder)


def _files(benchmark: str, dataset: HubDataset) -> list[str]:
    """The files to fetch, after the hub's list; nothing is fetched where one of them could not be read."""
    from huggingface_hub import HfApi, constants

    info = HfApi(endpoint=constants.ENDPOINT).dataset_info(
        dataset.repository, revision=dataset.commit, timeout=TIMEOUT_SECONDS
    )
    there = sorted(file.rfilename for file in info.siblings or ())
    within = [one for one in there if not dataset.path or one == dataset.path or one.startswith(f"{dataset.path}/")]
    found = [one for one in within if not any(not part or part.startswith(".") for part in one.split("/"))]
    found = [one for one in found if not is_about(os.path.basename(one)) or one == dataset.path]
    if not found:
        raise RecipeError(
            f"{_named(benchmark, dataset)} holds no file to check against there. It has: {_shown(there)}. Name a "
            "folder or file of these after the commit."
        )
    training = training_splits(one.removeprefix(f"{dataset.path}/") for one in found)
    found = [one for one in found if one.removeprefix(f"{dataset.path}/") not in training]
    if unknown := [one for one in found if file_format(os.path.basename(one))[0] not in FORMATS]:
        raise RecipeError(
            f"{_named(benchmark, dataset)} holds files of kinds that are not read here: {_shown(unknown)}. Name a "
            f"folder or file after the commit that holds only {', '.join(FORMATS)}."
        )
    return found


@contextmanager
def _told(benchmark: str, dataset: HubDataset) -> Generator[None]:
    """Say in words why the hub did not give a data set: never by what a request held, which may be a token."""
    import httpx2  # what huggingface_hub speaks HTTP with, and whose errors it lets through
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    named, hub = _named(benchmark, dataset), constants.ENDPOINT
    known = "a token, in HF_TOKEN or by `hf auth login`"
    elsewhere = "or fetch it on another machine and name the folder"
    try:
        yield
    except GatedRepoError as error:
        raise RecipeError(
            f"{named} is given to those alone who have agreed to its terms. Agree at "
            f"{hub}/datasets/{dataset.repository}, and give {known}."
        ) from error
    except RevisionNotFoundError as error:
        raise RecipeError(f"{named}: the data set has no such commit. Name one of its history.") from error
    except RepositoryNotFoundError as error:
        raise RecipeError(
            f"{named}: {hub} has no such data set, or not for everybody. Correct the name; a private one needs {known}."
        ) from error
    except HfHubHTTPError as error:
        raise RecipeError(
            f"{named} was not given: {hub} answered with status {error.response.status_code}. Try again later, "
            f"{elsewhere}."
        ) from error
    except (httpx2.HTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        off = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else f"{hub} cannot be reached"
        raise RecipeError(
            f"{named} is not on this machine, and {off} ({type(error).__name__}). Build once with the network, "
            f"{elsewhere}."
        ) from error
    except OSError as error:
        raise RecipeError(f"{named} cannot be stored in {dataset.folder.parent}: {error.strerror or error}.") from error


def _named(benchmark: str, dataset: HubDataset) -> str:
    part = f"{dataset.path} of " if dataset.path else ""
    return (
        f"curation.contamination: benchmark {benchmark!r}, {part}data set {dataset.repository} at {dataset.commit[:12]}"
    )


def _shown(files: list[str]) -> str:
    more = f" and {len(files) - _MOST_SHOWN:,} more" if len(files) > _MOST_SHOWN else ""
    return ", ".join(files[:_MOST_SHOWN]) + more if files else "nothing"
