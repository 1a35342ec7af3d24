"""Speaks SGLang's ``/v1/embeddings`` (OpenAI's form), and tries again within the endpoint's patience.

The server is met before it is asked: it says which model and weights it serves, and how many tokens that reads, and the
identity of vectors holds all three. Servers refuse a text that is too long, with the whole request that it came in. So
texts are cut to what should fit, and one that does not fit all the same is sent again at half of its length.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

import httpx2
import msgspec
import numpy as np
from numpy.typing import NDArray
from tenacity import Retrying, retry_if_exception_type

from stillroom.errors import TeacherBusy, TeacherLost, TeacherMismatch, TeacherRefused
from stillroom.recipe import Embedding
from stillroom.teachers.http import open_plain_client
from stillroom.teachers.identity import SAYS_NOTHING, ModelInfo
from stillroom.teachers.model_names import is_meant
from stillroom.teachers.patience import OutOfPatience, WaitByKind
from stillroom.teachers.wire import raise_for

Said = TypeVar("Said")

READ_SECONDS = 300.0  # a batch of long texts on a CPU takes a while
CHARACTERS_A_TOKEN = 4  # of English prose; of most other text fewer
_LEAST_CHARACTERS = 64  # what is refused at this length is not refused for its length
_NOT_THERE = {404, 405, 501}
_PROBE = "How many numbers has a vector?"


class _One(msgspec.Struct):
    embedding: list[float]
    index: int


class _Reply(msgspec.Struct):
    data: list[_One]


class _Card(msgspec.Struct):
    max_model_len: int | None = None


class _Cards(msgspec.Struct):
    data: list[_Card]


class EmbeddingEndpoint:
    """An embedding model behind an SGLang server.

    Args:
        settings: where it is, and which model it should be.

    Raises:
        TeacherMismatch: it serves another model or revision, does not say which, or serves no embedding model.
        TeacherError: it cannot be reached within its patience.
    """

    def __init__(self, settings: Embedding) -> None:
        """Meet the server and learn how long its vectors are."""
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._called = f"embedding model {settings.model} at {self._url}"
        self._http = open_plain_client(timeout=httpx2.Timeout(READ_SECONDS, connect=5.0), at_once=settings.in_flight)
        self.dims = 0  # any, for the probe
        self._most_characters = settings.most_characters
        with ExitStack() as unless_met:
            unless_met.callback(self.close)
            self.name = self._meet()
            self.dims = self.vectors([_PROBE]).shape[1]
            unless_met.pop_all()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The vectors of one request's texts: (len(texts), dims).

        Of a text the first characters are sent: as many as the settings allow and the model should be able to read;
        where the server refuses it so, a half of that, a quarter and so on. What is sent of a text does not hang on
        those beside it.

        Raises:
            TeacherRefused: the server does not take a text, however short.
            TeacherBusy, TeacherLost: for longer than its patience.
        """
        return self._fitting([text[: self._most_characters] for text in texts], self._most_characters)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _meet(self) -> str:
        """Identity of the vectors, ``model@revision``; the revision is the server's, else the one that is declared."""
        settings = self._settings
        info = self._retried(lambda: self._ask("GET", "/model_info", ModelInfo))
        if not is_meant(settings.model, weights=info.model_path, served_as=info.served_model_name):
            raise TeacherMismatch(
                f"{self._url} serves {info.model_path}, but `curation.embedding.model` is {settings.model}. Correct "
                "either, or serve that model there."
            )
        if info.is_generation:
            raise TeacherMismatch(
                f"{self._url} serves {info.model_path} to generate text. Start its server with `--is-embedding`, or "
                "correct `curation.embedding.url`."
            )
        said = None if info.weight_version in SAYS_NOTHING else info.weight_version
        if said and settings.revision and said != settings.revision:
            raise TeacherMismatch(f"{self._url} serves revision {said}, but the recipe asks for {settings.revision}")
        revision = said or settings.revision
        if revision is None:
            raise TeacherMismatch(
                f"{self._url} does not say which revision of {info.model_path} it serves. Start it with "
                "--weight-version, or put `revision:` under `curation.embedding`."
            )
        name = f"{settings.model}@{revision}/{settings.most_characters}"
        tokens = self._retried(self._most_tokens)
        if tokens is None:
            return name
        self._most_characters = min(self._most_characters, CHARACTERS_A_TOKEN * tokens)
        return f"{name}/{tokens}-tokens"

    def _most_tokens(self) -> int | None:
        """How many tokens the model reads, by the server's list of models; None where it does not say."""
        reply = self._request("GET", "/v1/models")
        if reply.status_code in _NOT_THERE:
            return None
        cards = self._decoded(reply, "/v1/models", _Cards)
        return next((card.max_model_len for card in cards.data if card.max_model_len), None)

    def _fitting(self, texts: Sequence[str], most: int) -> NDArray[np.float64]:
        try:
            return self._retried(lambda: self._batch(texts))
        except TeacherRefused:
            if len(texts) > 1:
                middle = len(texts) // 2
                return np.concatenate([self._fitting(part, most) for part in (texts[:middle], texts[middle:])])
            if not texts or len(texts[0]) <= _LEAST_CHARACTERS:
                raise
        half = most // 2
        return self._fitting([texts[0][:half]], half)

    def _retried(self, work: Callable[[], Said]) -> Said:
        for attempt in Retrying(
            stop=OutOfPatience(self._settings.patience_seconds),
            wait=WaitByKind(),
            retry=retry_if_exception_type((TeacherBusy, TeacherLost)),
            reraise=True,
        ):
            with attempt:
                return work()
        raise AssertionError("unreachable: the retry loop returns or raises")

    def _batch(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One request: the vectors in the order of the texts, whichever order the reply has."""
        inputs = [text.encode("utf-8", "replace").decode() for text in texts]
        reply = self._ask("POST", "/v1/embeddings", _Reply, {"model": self._settings.model, "input": inputs})
        found = sorted(reply.data, key=lambda one: one.index)
        if [one.index for one in found] != list(range(len(texts))):
            raise TeacherLost(f"{self._called} sent {len(found)} vectors for {len(texts)} texts")
        lengths = {len(one.embedding) for one in found}
        if len(lengths) != 1 or (self.dims and lengths != {self.dims}):
            raise TeacherLost(
                f"{self._called} sent vectors of {sorted(lengths)} numbers, expected {self.dims or 'one length'}"
            )
        rows = np.array([one.embedding for one in found], np.float64)
        if not np.isfinite(rows).all() or not rows.any(axis=1).all():
            raise TeacherLost(f"{self._called} sent a vector of zeros, or one that is no number")
        return rows

    def _ask(self, method: str, path: str, kind: type[Said], body: object = None) -> Said:
        return self._decoded(self._request(method, path, body), path, kind)

    def _request(self, method: str, path: str, body: object = None) -> httpx2.Response:
        content = None if body is None else msgspec.json.encode(body)
        try:
            return self._http.request(
                method, f"{self._url}{path}", content=content, headers={"content-type": "application/json"}
            )
        except httpx2.RequestError as error:
            raise TeacherLost(
                f"{self._called} is gone: {type(error).__name__} {error}. Start it, or correct "
                "`curation.embedding.url` in the recipe."
            ) from error

    def _decoded(self, reply: httpx2.Response, path: str, kind: type[Said]) -> Said:
        raise_for(reply, self._called)
        try:
            return msgspec.json.decode(reply.content, type=kind)
        except ValueError as error:  # no such JSON, or no UTF-8
            raise TeacherLost(f"{self._called} sent what is no reply of SGLang's {path}: {error}") from error
