"""Proves references: each must pass its own prompt's tests before anything is spent."""

import asyncio
from collections.abc import Callable, Sequence

from stillroom.capabilities import Capability
from stillroom.errors import RecipeError
from stillroom.records import Judgement, Outcome, Prompt, Verifier
from stillroom.seeding.sources import PromptFile

MAX_SHOWN = 20


def _unseen(done: int, total: int) -> None:
    del done, total


async def prove_references(
    file: PromptFile,
    capability: Capability,
    verifiers: Sequence[Verifier],
    *,
    observe: Callable[[int, int], None] = _unseen,
) -> None:
    """Run every reference of a file against its prompt's own check.

    Args:
        file: the prompts; those without a reference have nothing to prove.
        capability: theirs.
        verifiers: all of them must pass.
        observe: told how many are judged, of how many.

    Raises:
        RecipeError: references that do not pass, each with its line and its evidence.
        SandboxError: the sandbox failed.
    """
    proven = [prompt for prompt in file.prompts if prompt.reference]
    done = 0

    async def judged(prompt: Prompt) -> Judgement:
        nonlocal done
        found = await _judge(prompt, capability, verifiers)
        done += 1
        observe(done, len(proven))
        return found

    judgements = await asyncio.gather(*(judged(prompt) for prompt in proven))
    wrong = [
        f"line {file.lines[prompt.prompt_id]}, {prompt.check.entry_point or prompt.task[:60]!r}: "
        f"{judgement.outcome}, {judgement.reason} {judgement.detail}"
        for prompt, judgement in zip(proven, judgements, strict=True)
        if judgement.outcome is not Outcome.PASS
    ]
    if wrong:
        listed = "\n".join(f"  {one}" for one in wrong[:MAX_SHOWN])
        raise RecipeError(
            f"{len(wrong)} of {len(proven)} solutions in {file.path} fail their own tests; "
            f"mend or remove them:\n{listed}"
        )


async def _judge(prompt: Prompt, capability: Capability, verifiers: Sequence[Verifier]) -> Judgement:
    answer = capability.reference_answer(prompt)
    judgements = [await verifier.judge(prompt.check, answer) for verifier in verifiers]
    return next((one for one in judgements if one.outcome is not Outcome.PASS), judgements[0])
