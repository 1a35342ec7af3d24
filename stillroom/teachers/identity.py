"""Who a server says it is, held against who the recipe says it should be."""

from dataclasses import dataclass
from typing import TypeVar

import httpx2
import msgspec

from stillroom.errors import TeacherBusy, TeacherError, TeacherMismatch
from stillroom.recipe import Teacher
from stillroom.teachers.model_names import is_meant, model_name
from stillroom.teachers.wire import BUSY_STATUS, MAX_ERROR_CHARACTERS

Said = TypeVar("Said")

SAYS_NOTHING = ("", "default")  # SGLang's weight_version where nobody set one


class ModelInfo(msgspec.Struct, frozen=True):
    """What we read of SGLang's ``/model_info``."""

    model_path: str
    served_model_name: str = ""
    weight_version: str = ""
    architectures: list[str] | None = None
    is_generation: bool = True


class ServerInfo(msgspec.Struct, frozen=True):
    """What we read of SGLang's ``/server_info``."""

    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A teacher as it was met.

    Attributes:
        revision_source: ``server`` where it says so itself, ``declared`` where only the recipe does.
        weight_version: what every reply must carry.
    """

    name: str
    revision: str
    revision_source: str
    model: str
    architecture: str
    engine: str
    weight_version: str

    @property
    def teacher_id(self) -> str:
        """``name@revision``."""
        return f"{self.name}@{self.revision}"


async def identify(http: httpx2.AsyncClient, url: str, teacher: Teacher) -> Identity:
    """Ask the server at ``url`` who it is, and refuse another model than the recipe's.

    Raises:
        TeacherBusy: it asks for patience, as a proxy does while the server behind it loads.
        TeacherError: it cannot be reached or does not speak SGLang.
        TeacherMismatch: it serves another model, another revision, or no generating model.
    """
    info = await _ask(http, url, "/model_info", ModelInfo)
    server = await _ask(http, url, "/server_info", ServerInfo)
    wanted = _hub_id(teacher.model or "")
    if teacher.urls and not is_meant(wanted, weights=info.model_path, served_as=info.served_model_name):
        raise TeacherMismatch(_another_model(url, teacher, wanted, info))
    if not info.is_generation:
        raise TeacherMismatch(f"{url} serves {info.model_path}, which does not generate text")
    said = None if info.weight_version in SAYS_NOTHING else info.weight_version
    if said and teacher.revision and said != teacher.revision:
        raise TeacherMismatch(f"{url} serves revision {said}, but the recipe asks for {teacher.revision}")
    revision = said or teacher.revision
    if revision is None:
        raise TeacherMismatch(
            f"{url} does not say which revision of {info.model_path} it serves. Start it with --weight-version, "
            f"or put `revision:` under teacher {teacher.name!r}; it is then recorded as declared."
        )
    return Identity(
        name=teacher.name,
        revision=revision,
        revision_source="server" if said else "declared",
        model=info.model_path,
        architecture=", ".join(info.architectures or []),
        engine=f"sglang {server.version}".strip(),
        weight_version=info.weight_version,
    )


def _hub_id(model: str) -> str:
    """The hub id of a model that the catalogue has a short name for; else what it is called."""
    from stillroom.teachers.models import CATALOGUE

    known = CATALOGUE.get(model.lower())
    return known.hub_id if known else model


def _another_model(url: str, teacher: Teacher, wanted: str, info: ModelInfo) -> str:
    """What was found, what was expected, and the ways out."""
    found, asked = model_name(info.model_path), model_name(wanted)
    if found.owner:
        way = (
            f"If that is the model you mean, put `model: {found}` under the teacher in the recipe (a folder is to be "
            "served by its absolute path)"
        )
    else:
        way = f"If that folder holds {asked}, start its server with `--served-model-name {asked}`"
    return (
        f"{url} serves {info.model_path}, but teacher {teacher.name!r} is {wanted}. {way}; else correct the teacher's "
        f"`urls:`, or serve {asked} there."
    )


async def _ask(http: httpx2.AsyncClient, url: str, path: str, kind: type[Said]) -> Said:
    try:
        reply = await http.get(f"{url}{path}", timeout=10.0)
        if reply.is_success:
            return msgspec.json.decode(reply.content, type=kind)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:  # ValueError: no such JSON, or no UTF-8
        raise _no_server(url, f"{type(error).__name__}: {error}") from error
    found = f"{path} gave {reply.status_code} {reply.reason_phrase}: {reply.text[:MAX_ERROR_CHARACTERS]}"
    if reply.status_code in BUSY_STATUS:
        raise TeacherBusy(f"the server at {url} is busy ({found})")
    raise _no_server(url, found)


def _no_server(url: str, found: str) -> TeacherError:
    return TeacherError(
        f"no SGLang server answers at {url} ({found}). Start it, or correct the teacher's `urls:` in the recipe."
    )
