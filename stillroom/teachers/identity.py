"""Who a server says it is, held against who the recipe says it should be."""

from dataclasses import dataclass

import httpx
import msgspec

from stillroom.errors import TeacherError, TeacherMismatch
from stillroom.recipe import Teacher
from stillroom.teachers.model_names import is_meant, model_name

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


async def identify(http: httpx.AsyncClient, url: str, teacher: Teacher) -> Identity:
    """Ask the server at ``url`` who it is, and refuse another model than the recipe's.

    Raises:
        TeacherError: it cannot be reached or does not speak SGLang.
        TeacherMismatch: it serves another model, another revision, or no generating model.
    """
    try:
        info = msgspec.json.decode((await _get(http, f"{url}/model_info")).content, type=ModelInfo)
        server = msgspec.json.decode((await _get(http, f"{url}/server_info")).content, type=ServerInfo)
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
        raise TeacherError(
            f"no SGLang server answers at {url} ({type(error).__name__}: {error}). "
            "Start it, or correct the teacher's `urls:` in the recipe."
        ) from error
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


async def _get(http: httpx.AsyncClient, url: str) -> httpx.Response:
    reply = await http.get(url, timeout=10.0)
    return reply.raise_for_status()
