"""A sample: one teacher's answer to one prompt, whose identity is known before it exists."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property

from stillroom.fingerprint import Plain, fingerprint
from stillroom.records.prompt import ID_DIGITS


def teacher_name(teacher_id: str) -> str:
    """The name in ``name@revision``; revisions of one teacher share its misunderstandings."""
    return teacher_id.partition("@")[0]


class FinishReason(StrEnum):
    """Why the teacher stopped. An aborted answer is no sample and has no value here."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """Every sampling parameter, always sent explicitly: a server's defaults are never trusted."""

    temperature: float
    top_p: float = 1.0
    top_k: int = -1
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    json_schema: str = ""

    @property
    def reply_bytes(self) -> int:
        """Bytes that one reply takes as a record, generously: 8 a token (UTF-8, JSON's escapes), 2,048 for the rest."""
        return 8 * self.max_new_tokens + 2_048

    def plain(self) -> dict[str, Plain]:
        """All parameters as plain data, for fingerprints and for people."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)  # without slots, since its identity is kept once it was asked for
class Request:
    """One rendered request: the exact text a teacher is sent for a prompt, and how it is to sample.

    Attributes:
        teacher_id: ``name@revision``.
        text: the prompt text after the chat template, byte for byte what is sent.
    """

    prompt_id: str
    teacher_id: str
    text: str
    params: SamplingParams
    epoch: int

    @cached_property
    def request_id(self) -> str:
        """Identity of all that is common to the samples of this request."""
        text_sha256 = fingerprint(self.text)
        return fingerprint(
            ["request", self.prompt_id, self.teacher_id, text_sha256, self.params.plain(), self.epoch], length=ID_DIGITS
        )

    def sample_id(self, index: int) -> str:
        """Identity of the sample with this index, known before it is asked for."""
        return fingerprint(["sample", self.request_id, index], length=ID_DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a teacher returned for one sample index.

    Attributes:
        cached_tokens: prompt tokens the server did not have to compute.
        latency_seconds: from sending the request to its reply.
        weight_version: what the server says it serves; "" where it says nothing.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    latency_seconds: float
    weight_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A completion bound to its identity."""

    sample_id: str
    prompt_id: str
    request_id: str
    teacher_id: str
    index: int
    completion: Completion
