"""Verifiers without a sandbox: they run our own scripted code in the test's process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stillroom.errors import SandboxError
from stillroom.records import Answer, Check, Judgement, Outcome


@dataclass
class FakeVerifier:
    """Executes answer and tests with ``exec``, and remembers every judgement.

    Attributes:
        fails_after: judgements after which the "sandbox" is dead.
        rule: replaces execution.
    """

    name: str = "fake-tests@1"
    verifier_id: str = "fake-id"
    image_digest: str = "fake-image"
    fails_after: int = 10**9
    rule: Callable[[Check, Answer], Judgement] | None = None
    judged: list[tuple[Check, Answer]] = field(default_factory=list)

    async def judge(self, check: Check, answer: Answer) -> Judgement:
        if len(self.judged) >= self.fails_after:
            raise SandboxError("the fake sandbox is dead")
        self.judged.append((check, answer))
        await asyncio.sleep(0)
        return (self.rule or execute)(check, answer)


def execute(check: Check, answer: Answer) -> Judgement:
    """Pass where answer and tests run without an exception."""
    if answer.problem:
        return Judgement(outcome=Outcome.FAIL, reason=answer.problem)
    namespace: dict[str, Any] = {}
    try:
        exec(f"{answer.text}\n{check.tests}", namespace)  # noqa: S102 - our own scripted code
    except AssertionError:
        return Judgement(outcome=Outcome.FAIL, reason="wrong-answer", tests_total=1)
    except Exception as error:  # noqa: BLE001 - whatever the code raises is the finding
        return Judgement(outcome=Outcome.FAIL, reason=f"exception:{type(error).__name__}", tests_total=1)
    return Judgement(outcome=Outcome.PASS, tests_passed=1, tests_total=1, cpu_seconds=0.01)
