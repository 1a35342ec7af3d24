"""Model clients: one in memory for tests of what stands on it, and the real one with a template of our own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stillroom.records import Completion, FinishReason, SamplingParams
from stillroom.teachers.identity import Identity
from stillroom.teachers.sglang import SGLangClient
from stillroom.teachers.template import ChatTemplate
from tests.fakes.answers import Said, Script
from tests.fakes.teacher import WEIGHTS, FakeTeacher


@dataclass
class MemoryClient:
    """A ``ModelClient`` that answers from a script and counts what it was paid for.

    Attributes:
        fails_after: completions after which it raises ``failure``.
        at_most: completions it gives for one request, whatever n.
    """

    script: Script = field(default_factory=Script)
    teacher_id: str = f"fake@{WEIGHTS}"
    failure: Exception | None = None
    fails_after: int = 10**9
    at_most: int = 10**9
    paid: list[str] = field(default_factory=list)
    reply: Callable[[str, SamplingParams, int], Said] | None = None

    def render(self, task: str) -> str:
        return f"<user>{task}<assistant>"

    def portions(self, n: int) -> list[int]:
        return [n]

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        completions = []
        for _ in range(min(n, self.at_most)):
            if self.failure is not None and len(self.paid) >= self.fails_after:
                raise self.failure
            said = self._say(text, params, self.paid.count(text))
            self.paid.append(text)
            completions.append(completion(said.text, finish=said.finish))
        await asyncio.sleep(0)
        return completions

    def _say(self, text: str, params: SamplingParams, index: int) -> Said:
        if self.reply is not None:
            return self.reply(text, params, index)
        return self.script.write(text, len(self.paid)) if params.json_schema else self.script.answer(text, index)


def completion(text: str, *, finish: str = "stop") -> Completion:
    """A completion with plausible counts."""
    return Completion(
        text=text,
        finish_reason=FinishReason(finish),
        prompt_tokens=10,
        completion_tokens=len(text) // 4 + 1,
        cached_tokens=0,
        latency_seconds=0.01,
        weight_version=WEIGHTS,
    )


class PlainTokenizer:
    """Stands for ``transformers``' tokenizer where only the template counts."""

    chat_template: str | None = "plain"

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: object) -> str:
        assert options == {"tokenize": False, "add_generation_prompt": True}
        return "".join(f"<{turn['role']}>{turn['content']}</{turn['role']}>" for turn in conversation) + "<assistant>"


def sglang_client(
    *teachers: FakeTeacher | str,
    patience_seconds: float = 5.0,
    in_flight: int = 32,
    system: str | None = None,
    **options: Any,
) -> SGLangClient:
    """The real client, pointed at fake teachers of the same weights, all of its slots open."""
    urls = tuple(teacher if isinstance(teacher, str) else teacher.url for teacher in teachers)
    identity = Identity(
        name="fake",
        revision=WEIGHTS,
        revision_source="server",
        model="fake/tiny-coder",
        architecture="FakeForCausalLM",
        engine="sglang 0.5.23",
        weight_version=WEIGHTS,
    )
    client = SGLangClient(
        identity,
        urls=urls,
        template=ChatTemplate(PlainTokenizer(), "0" * 64),
        system=system,
        in_flight=in_flight,
        patience_seconds=patience_seconds,
        **options,
    )
    client.slots.answered(1)  # as if the first answer, which is asked for alone, had come
    return client
