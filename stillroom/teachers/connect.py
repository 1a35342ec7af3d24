"""Connects to the teachers of a recipe: served by us or somebody else's, identified, with their template."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from stillroom.aside import aside
from stillroom.errors import RequestError, TeacherBusy, TeacherError, TeacherMismatch
from stillroom.recipe import Teacher
from stillroom.teachers.http import open_client
from stillroom.teachers.identity import Identity, identify
from stillroom.teachers.patience import OutOfPatience, WaitByKind
from stillroom.teachers.sglang import Revive, SGLangClient
from stillroom.teachers.template import ChatTemplate, template_of

Say = Callable[[str], None]

_wait = WaitByKind()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedTeacher:
    """A teacher that answers.

    Attributes:
        licence: the catalogue's, where we serve the model; else "".
    """

    client: SGLangClient
    licence: str

    @property
    def identity(self) -> Identity:
        """Who it was found to be."""
        return self.client.identity


async def connect(teacher: Teacher, say: Say) -> ConnectedTeacher:
    """Bring up (``serve``) or look up (``urls``) a teacher, check who it is, and load its chat template.

    Raises:
        TeacherBusy: it asked for patience for longer than the recipe gives it.
        TeacherError: it cannot be started or reached.
        TeacherMismatch: it is another model than the recipe names, or its servers differ.
        TeacherRefused: its chat template takes no system message, and the recipe gives it one.
    """
    if teacher.serve is not None:
        return await _connect_served(teacher, say)
    assert teacher.model is not None, "the recipe model requires it beside urls"  # noqa: S101 - narrows the type
    urls = tuple(url.rstrip("/") for url in teacher.urls)
    async with open_client() as http:
        identities = await asyncio.gather(*(_met(http, url, teacher, say) for url in urls))
    if len({identity.weight_version for identity in identities}) > 1:
        raise TeacherMismatch(f"the servers of teacher {teacher.name!r} serve different weights: {list(urls)}")
    place = _tokenizer_of(teacher.model, declared=teacher.revision, met=identities[0].revision)
    template = await aside(lambda: template_of(teacher, place, revision=teacher.revision))
    return ConnectedTeacher(client=_client(teacher, identities[0], urls, template, say), licence="")


async def _met(http: httpx2.AsyncClient, url: str, teacher: Teacher, say: Say) -> Identity:
    """Who serves at an address; a server that asks for patience is given what the recipe says.

    Raises:
        TeacherBusy: it asked for more.
        TeacherError: as ``identify``, at once.
    """

    def tell(state: RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome is not None:
            more = f"trying for {teacher.patience_seconds:.0f} s more"
            say(f"teacher {teacher.name} is busy; {more} ({state.outcome.exception()})")

    try:
        async for attempt in AsyncRetrying(
            stop=OutOfPatience(teacher.patience_seconds),
            wait=_wait,
            retry=retry_if_exception_type(TeacherBusy),
            before_sleep=tell,
            reraise=True,
        ):
            with attempt:
                return await identify(http, url, teacher)
    except TeacherBusy as error:
        tried = f"Tried for {teacher.patience_seconds:.0f} s"
        raise TeacherBusy(
            f"{error}. {tried}. Wait until it serves, or raise `patience_seconds:` of teacher {teacher.name!r} in the "
            "recipe."
        ) from error
    raise AssertionError("unreachable: the retry loop returns or raises")


def _tokenizer_of(model: str, *, declared: str | None, met: str) -> str:
    """The folder of a model that is on this machine already, else its hub id.

    Args:
        model: as the recipe names it.
        declared: the recipe's revision; no folder of another one is taken.
        met: the teacher's revision; where none was declared, a folder of another one is better than none.

    Raises:
        TeacherError: the working directory has a folder of that name, which a tokenizer would be loaded from.
    """
    from stillroom.teachers.models import lookup, pulled_models

    if Path(model).is_absolute():
        return model
    with contextlib.suppress(RequestError):  # a hub id without an owner
        known = lookup(model)
        here = [pulled for pulled in pulled_models() if pulled.name == known.name]
        fitting = [pulled for pulled in here if pulled.revision == met] or ([] if declared else here)
        if fitting:
            return str(fitting[0].path)
        model = known.hub_id
    if Path(model).is_dir():
        raise TeacherError(
            f"the working directory holds a folder {model}, which would be taken for the hub's model of that name. "
            "Start the command elsewhere; or, if the folder is meant, give `model:` as its absolute path."
        )
    return model


async def _connect_served(teacher: Teacher, say: Say) -> ConnectedTeacher:
    from stillroom.teachers.models import pull
    from stillroom.teachers.serving import RunningServer, serve

    name = teacher.serve or ""

    async def up() -> RunningServer:
        return await aside(lambda: serve(name, revision=teacher.revision, progress=say))

    pulled = await aside(lambda: pull(name, say, revision=teacher.revision))
    server, template = await asyncio.gather(up(), aside(lambda: template_of(teacher, str(pulled.path))))
    async with open_client() as http:
        identity = await _met(http, server.url, teacher, say)
    if identity.revision != pulled.revision:
        raise TeacherMismatch(
            f"the server at {server.url} serves revision {identity.revision} of {name}, expected {pulled.revision}; "
            f"`stillroom teacher stop {name}` ends it"
        )

    async def revive() -> str:
        return (await up()).url

    client = _client(teacher, identity, (server.url,), template, say, revive)
    return ConnectedTeacher(client=client, licence=pulled.licence)


def _client(
    teacher: Teacher,
    identity: Identity,
    urls: tuple[str, ...],
    template: ChatTemplate,
    say: Say,
    revive: Revive | None = None,
) -> SGLangClient:
    async def recognise(url: str) -> None:
        async with open_client() as http:
            now = await identify(http, url, teacher)
        if (now.model, now.architecture, now.weight_version) != (
            identity.model,
            identity.architecture,
            identity.weight_version,
        ):
            raise TeacherMismatch(
                f"the server at {url} was lost, and what answers there now serves {now.model} ({now.weight_version}), "
                f"not {identity.model} ({identity.weight_version}) as before. Serve that again; the build goes on then."
            )

    return SGLangClient(
        identity,
        urls=urls,
        template=template,
        system=teacher.system,
        in_flight=teacher.in_flight,
        patience_seconds=teacher.patience_seconds,
        revive=revive,
        recognise=recognise,
        say=say,
        advice=_advice(teacher),
    )


def _advice(teacher: Teacher) -> str:
    """What a person can do where the teacher is gone."""
    if teacher.serve is not None:
        return (
            f"If it hangs, `stillroom teacher stop {teacher.serve}` ends it; `stillroom teacher status` names its log."
        )
    return f"Start it again, or correct `urls:` of teacher {teacher.name!r} in the recipe."
