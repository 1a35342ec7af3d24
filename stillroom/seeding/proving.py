"""Proves references: each must pass its own prompt's tests before anything is spent."""

import asyncio
from collections.abc import Callable, Sequence

from stillroom.capabilities import Capability
from stillroom.errors import RecipeError, Unjudgeable
from stillroom.records import Outcome, Prompt, Verifier
from stillroom.seeding.sources import PromptFile
from stillroom.unjudged import judge_one

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
        RecipeError: references that do not pass or cannot be judged, each with its line and its evidence.
        SandboxError: the sandbox failed.
    """
    proven = [prompt for prompt in file.prompts if prompt.reference]
    done = 0

    async def judged(prompt: Prompt) -> str:
        nonlocal done
        found = await _failing(prompt, capability, verifiers)
        done += 1
        observe(done, len(proven))
        return found

    failing = await asyncio.gather(*(judged(prompt) for prompt in proven))
    wrong = [
        f"line {file.lines[prompt.prompt_id]}, {prompt.check.entry_point or prompt.task[:60]!r}: {why}"
        for prompt, why in zip(proven, failing, strict=True)
        if why
    ]
    if wrong:
        listed = "\n".join(f"  {one}" for one in wrong[:MAX_SHOWN])
        raise RecipeError(
            f"{len(wrong)} of {len(proven)} solutions in {file.path} fail their own tests, or cannot be judged by "
            f"them; mend or remove them:\n{listed}"
        )


async def _failing(prompt: Prompt, capability: Capability, verifiers: Sequence[Verifier]) -> str:
    """Why a prompt's reference is not proven; "" where it is."""
    answer = capability.reference_answer(prompt)
    try:
        judgements = [await judge_one(verifier, prompt.check, answer) for verifier in verifiers]
    except Unjudgeable as error:
        return f"it cannot be judged, {error}"
    failing = (f"{one.outcome}, {one.reason} {one.detail}" for one in judgements if one.outcome is not Outcome.PASS)
    return next(failing, "")
