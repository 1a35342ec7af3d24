"""The protocol by which samples, judges and writers reach a model."""

from typing import Protocol

from stillroom.records.sample import Completion, SamplingParams


class ModelClient(Protocol):
    """A model that completes rendered text."""

    @property
    def teacher_id(self) -> str:
        """``name@revision``, as the server itself identifies what it serves."""
        ...

    def render(self, task: str) -> str:
        """The exact text to send for a task: chat template and system message applied.

        Raises:
            TeacherRefused: the template does not take it.
        """
        ...

    def portions(self, n: int) -> list[int]:
        """How to ask for ``n`` samples of one text: the size of each request; all of them are made at once."""
        ...

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        """Ask for ``n`` completions of ``text``; what comes back may be fewer, never more.

        Raises:
            TeacherError: nothing usable came within the teacher's patience.
            TeacherRefused: the teacher will never answer this request (too long, bad schema).
        """
        ...
