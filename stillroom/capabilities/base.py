"""What a capability must be able to do, and the values that pass between it and seeding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stillroom.records import Answer, Check, Completion, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a writing request asks for: shown examples and the wanted kind of task."""

    examples: tuple[Prompt, ...]
    topic: str
    difficulty: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A task as a writer proposed it, well-formed but neither checked nor admitted."""

    task: str
    check: Check
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a reply yields no task: a word that groups and the evidence."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A kept sample in chat format."""

    messages: tuple[tuple[str, str], ...]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An answer of any origin with the means to check it."""

    check: Check
    answer: Answer


class Capability(Protocol):
    """One kind of training data."""

    name: str

    @property
    def answer_keys(self) -> Sequence[str]:
        """Keys of a row that tell of its answer, as ``read_submission`` reads it; all others are of its check."""
        ...

    @property
    def verifier_names(self) -> Sequence[str]:
        """Names (without version) of the verifiers that apply; all must pass."""
        ...

    @property
    def topics(self) -> Sequence[str]:
        """Topics to ask writers for."""
        ...

    @property
    def difficulties(self) -> Sequence[str]:
        """Difficulties to ask writers for."""
        ...

    @property
    def forms(self) -> Sequence[str]:
        """Forms to ask writers for."""
        ...

    @property
    def stop_texts(self) -> Sequence[str]:
        """Texts at which an answer is complete, so that a teacher may stop there."""
        ...

    def writing_request(self, draft: Draft) -> str:
        """The message that asks a teacher to write one new task."""
        ...

    def writing_schema(self) -> str:
        """JSON schema that constrains the reply."""
        ...

    def read_proposal(self, reply: str, *, min_checks: int) -> Proposal | Rejection:
        """The task in a writer's reply, or why there is none; runs nothing."""
        ...

    def read_row(self, row: Mapping[str, object]) -> Proposal:
        """The task in a row of a seed or prompt file.

        Raises:
            ValueError: the row lacks a key, or a value has the wrong form; the message says which.
        """
        ...

    def read_submission(self, row: Mapping[str, object]) -> Submission:
        """The answer and its check in a row that somebody else made.

        Raises:
            ValueError: the row lacks a key, or a value has the wrong form; the message says which.
        """
        ...

    def question(self, prompt: Prompt) -> str:
        """The user message that puts a prompt to a teacher."""
        ...

    def extract(self, prompt: Prompt, completion: Completion) -> Answer:
        """The answer in a completion, or the problem that there is none."""
        ...

    def reference_answer(self, prompt: Prompt) -> Answer:
        """The reference of a prompt as an answer to verify."""
        ...

    def trivial_answers(self, prompt: Prompt) -> Sequence[Answer]:
        """Answers that understand nothing of the task; a check that one of them passes is worthless."""
        ...

    def example(self, prompt: Prompt, answer: str, response: str) -> Example:
        """A kept sample in the form it is trained on."""
        ...
