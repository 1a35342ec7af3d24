"""Applies a model's own chat template on our side, so that the exact text sent is known and recorded."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from stillroom.errors import TeacherError


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
        """The text a model is sent for one user message, up to where its answer begins."""
        messages = [{"role": "system", "content": system}] if system is not None else []
        messages.append({"role": "user", "content": task})
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)


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
    except (OSError, ValueError) as error:
        raise TeacherError(
            f"cannot load the tokenizer of {model}: {str(error).splitlines()[0]}. "
            "Give `model:` as a folder with its tokenizer, or as a hub id that can be reached."
        ) from error
    tokenizer = cast("_Tokenizer", loaded)
    if not tokenizer.chat_template:
        raise TeacherError(f"{model} has no chat template; a teacher must be an instruction-tuned model")
    return ChatTemplate(tokenizer, hashlib.sha256(str(tokenizer.chat_template).encode()).hexdigest())
