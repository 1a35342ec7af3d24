"""Takes a model from its hub into the hub's own cache, where its other users find it too."""

from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from stillroom.errors import RequestError
from stillroom.side_by_side import attend, begin
from stillroom.teachers.progress import Progress, Share
from stillroom.teachers.space import require_room, room_in
from stillroom.teachers.weights import lacking_weights

HUB_TIMEOUT_SECONDS = 10.0
HUB_FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
BLOCK_BYTES = 512  # the unit of st_blocks
MB = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCopy:
    """A model in the hub's cache.

    Attributes:
        path: a folder of the cache, named after the hub's commit.
        licence: as the hub's tags state it, or "".
    """

    path: Path
    licence: str


@dataclass(frozen=True, slots=True)
class NotHad:
    """Why the hub gave no copy."""

    why: str


def from_hub(hub_id: str, revision: str | None, progress: Progress) -> HubCopy | NotHad:
    """The model, downloaded as far as it is not in the cache yet; offline, only what is there counts.

    Raises:
        RequestError: no model of the hub can have such an id.
        TeacherError: there is no room for it.
    """
    import httpx2  # what huggingface_hub speaks HTTP with, and whose errors it lets through
    from huggingface_hub import constants, snapshot_download  # pyright: ignore[reportUnknownVariableType]
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    cache = Path(constants.HF_HUB_CACHE)
    get = partial(snapshot_download, hub_id, allow_patterns=list(HUB_FILES), etag_timeout=HUB_TIMEOUT_SECONDS)
    try:
        if constants.HF_HUB_OFFLINE:
            return _cached(hub_id, Path(get(revision=revision, local_files_only=True)))
        with room_in(cache, f"the model {hub_id}"):
            return _with_weights(hub_id, _download(hub_id, revision, cache, get, progress))
    except HFValidationError as error:
        raise RequestError(
            f"{hub_id!r} is no id of the model hub; expected owner/model, each of letters, digits, `_`, `-` and `.`, "
            "with none of the last two at its ends, no `--` or `..` within, and no `.git` at the end, such as "
            "Qwen/Qwen2.5-Coder-0.5B-Instruct. Correct the name that was given, or `serve:` in the recipe."
        ) from error
    except (httpx2.HTTPError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        if constants.HF_HUB_OFFLINE:
            return NotHad("the model hub is switched off by HF_HUB_OFFLINE")
        return NotHad(f"the model hub gave no {hub_id} ({_first_line(error)})")


def _download(hub_id: str, revision: str | None, cache: Path, get: "partial[str]", progress: Progress) -> HubCopy:
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # ours shows how far it is
    info = HfApi().model_info(hub_id, revision=revision, timeout=HUB_TIMEOUT_SECONDS, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    whole = sum(size for name, size in sizes.items() if any(fnmatch(name, pattern) for pattern in HUB_FILES))
    landing = cache / f"models--{hub_id.replace('/', '--')}"
    cache.mkdir(parents=True, exist_ok=True)
    require_room(cache, max(0, whole - _on_disk(landing)), f"the model {hub_id}")
    progress(f"Downloading {hub_id}@{(info.sha or '')[:12]} from the hub")

    def look() -> None:
        done = min(whole, _on_disk(landing)) / MB
        said = f"Downloading the model: {done:.0f} of {whole / MB:.0f} MB"
        progress(Share(said, done=done, total=whole / MB))

    # Aside, since the hub's own threads are joined where this one would wait for them: Ctrl-C must not.
    (path,) = attend(begin([lambda: get(revision=info.sha)]), look)
    return HubCopy(path=Path(path), licence=_stated_licence(info.tags or []))


def _with_weights(hub_id: str, copy: HubCopy) -> HubCopy | NotHad:
    lacks = lacking_weights(copy.path)
    return NotHad(f"{hub_id} {lacks}") if lacks else copy


def _cached(hub_id: str, path: Path) -> HubCopy | NotHad:
    """What is in the cache, of which an earlier download may have brought a part only."""
    lacks = lacking_weights(path)
    if lacks:
        return NotHad(f"{hub_id} {lacks} in the hub's cache, and HF_HUB_OFFLINE forbids to fetch more")
    return HubCopy(path=path, licence="")


def _on_disk(folder: Path) -> int:
    """Bytes under ``folder``; of files that are set up in full length first, what has been written."""
    files = (path.lstat() for path in folder.rglob("*") if not path.is_symlink() and path.is_file())
    return sum(min(file.st_size, file.st_blocks * BLOCK_BYTES) for file in files)


def _stated_licence(tags: list[str]) -> str:
    return next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
