"""Applies a model's own chat template on our side, so that the exact text sent is known and recorded."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from stillroom.errors import TeacherError, TeacherRefused
from stillroom.recipe import Teacher

TRIAL = "Say hello."


class _Tokenizer(Protocol):
    chat_template: str | None

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> str: ...  # noqa: ANN401


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """The chat template of one model.

    Attributes:
        sha256: of the template's source.
    """

    tokenizer: _Tokenizer
    sha256: str

    def render(self, task: str, *, system: str | None = None) -> str:
        """The text a model is sent for one user message, up to where its answer begins.

        Raises:
            TeacherRefused: the template does not take it.
        """
        messages = [{"role": "system", "content": system}] if system is not None else []
        messages.append({"role": "user", "content": task})
        try:
            return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # a template is a program of the model's: it may fail in any way
            raise TeacherRefused(f"the model's chat template gives no text: {_first_line(error)}") from error


def template_of(teacher: Teacher, model: str, *, revision: str | None = None) -> ChatTemplate:
    """The chat template of ``model``, tried out with the system message that the recipe gives ``teacher``.

    Raises:
        TeacherError: the tokenizer cannot be loaded, or has no chat template.
        TeacherRefused: the template takes no system message, or no task at all.
    """
    template = load_template(model, revision=revision)
    refused = _refused(template, teacher.system)
    if refused is None:
        return template
    if teacher.system is not None and _refused(template, None) is None:
        raise TeacherRefused(
            f"the chat template of {model} takes no system message ({_first_line(refused.__cause__)}), but teacher "
            f"{teacher.name!r} has one. Take `system:` out of that teacher in the recipe, or name a model whose "
            "template takes it."
        ) from refused
    raise TeacherRefused(
        f"the chat template of {model} takes no task: {_first_line(refused.__cause__)}. Expected an instruction-tuned "
        f"model; name another for teacher {teacher.name!r} in the recipe."
    ) from refused


def load_template(model: str, *, revision: str | None = None) -> ChatTemplate:
    """The chat template of ``model``, a folder or a hub id.

    Raises:
        TeacherError: the tokenizer cannot be loaded, or has no chat template.
    """
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # it would say that there is no torch
    from transformers import AutoTokenizer  # slow to import

    pinned = None if Path(model).is_dir() else revision  # a folder has no revisions
    try:
        loaded = AutoTokenizer.from_pretrained(model, revision=pinned)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    except Exception as error:  # `tokenizers` raises a bare Exception over a damaged file
        raise TeacherError(
            f"cannot load the tokenizer of {model}: {_first_line(error).rstrip('.')}. {_advice(model, pinned)}"
        ) from error
    tokenizer = cast("_Tokenizer", loaded)
    if not tokenizer.chat_template:
        raise TeacherError(f"{model} has no chat template; a teacher must be an instruction-tuned model")
    return ChatTemplate(tokenizer, hashlib.sha256(str(tokenizer.chat_template).encode()).hexdigest())


def _refused(template: ChatTemplate, system: str | None) -> TeacherRefused | None:
    try:
        template.render(TRIAL, system=system)
    except TeacherRefused as refused:
        return refused
    return None


def _first_line(error: BaseException | None) -> str:
    """The first line that says something; the kind of error where none does."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _advice(model: str, revision: str | None) -> str:
    if Path(model).is_absolute():
        return (
            "That folder must hold the model's whole tokenizer, `tokenizer.json` and `tokenizer_config.json`: put them "
            "there again."
        )
    at = f" --revision {revision}" if revision else ""
    return (
        f"Bring the model here with `stillroom models pull {model}{at}`, or give `model:` as a folder with its "
        "tokenizer, or as a hub id that can be reached."
    )
