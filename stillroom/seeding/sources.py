"""Reads prompts that people wrote, and proves the seeds: each reference must pass its own tests."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from stillroom.capabilities import Capability, find_capability
from stillroom.errors import RecipeError
from stillroom.recipe import Recipe
from stillroom.records import Judgement, Origin, Outcome, Prompt, Verifier
from verifiers.usability import problem_of

MAX_LINE_CHARACTERS = 1_000_000


def recipe_prompts(recipe: Recipe) -> list[Prompt]:
    """The prompts of the recipe's seed or prompt file.

    Raises:
        RecipeError: as ``read_prompts``.
    """
    capability = find_capability(recipe.capability)
    if recipe.seeding:
        return read_prompts(recipe.seeding.seeds, capability, Origin.SEED)
    assert recipe.prompts is not None, "the recipe model requires one of both"  # noqa: S101 - narrows the type
    return read_prompts(recipe.prompts, capability, Origin.USER)


def read_prompts(path: Path, capability: Capability, origin: Origin) -> list[Prompt]:
    """The prompts of a JSON Lines file, in its order.

    Raises:
        RecipeError: the file cannot be read, a line is broken or has tests on which no verdict could rest, or two
            lines are the same task. All mistakes are listed by line number.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines() also cuts at U+2028, which JSON allows
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read {path}: {error}. Expected JSON Lines in UTF-8.") from error
    prompts: dict[str, tuple[int, Prompt]] = {}
    mistakes: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            prompt = _prompt(line, capability, origin)
        except ValueError as error:
            mistakes.append(f"line {number}: {error}")
            continue
        if prompt.prompt_id in prompts:
            mistakes.append(f"line {number}: the same task as line {prompts[prompt.prompt_id][0]}")
        prompts.setdefault(prompt.prompt_id, (number, prompt))
    if mistakes:
        listed = "\n".join(f"  {mistake}" for mistake in mistakes[:20])
        raise RecipeError(f"{path} has {len(mistakes)} broken lines of {len(lines)}; mend or remove them:\n{listed}")
    if not prompts:
        raise RecipeError(f"{path} holds no prompts; expected one JSON object a line")
    return [prompt for _, prompt in prompts.values()]


async def prove_references(prompts: Sequence[Prompt], capability: Capability, verifiers: Sequence[Verifier]) -> None:
    """Run every reference against its prompt's own check.

    Raises:
        RecipeError: references that do not pass, each with its evidence.
        SandboxError: the sandbox failed.
    """
    proven = [prompt for prompt in prompts if prompt.reference]
    judgements = await asyncio.gather(*(_judge(prompt, capability, verifiers) for prompt in proven))
    wrong = [
        f"{prompt.check.entry_point or prompt.task[:60]!r}: {judgement.outcome}, {judgement.reason} {judgement.detail}"
        for prompt, judgement in zip(proven, judgements, strict=True)
        if judgement.outcome is not Outcome.PASS
    ]
    if wrong:
        listed = "\n".join(f"  {one}" for one in wrong[:20])
        raise RecipeError(
            f"{len(wrong)} of {len(proven)} solutions fail their own tests; mend or remove them:\n{listed}"
        )


async def _judge(prompt: Prompt, capability: Capability, verifiers: Sequence[Verifier]) -> Judgement:
    answer = capability.reference_answer(prompt)
    judgements = [await verifier.judge(prompt.check, answer) for verifier in verifiers]
    return next((one for one in judgements if one.outcome is not Outcome.PASS), judgements[0])


def _prompt(line: str, capability: Capability, origin: Origin) -> Prompt:
    if len(line) > MAX_LINE_CHARACTERS:
        raise ValueError(f"{len(line):,} characters; a row has at most {MAX_LINE_CHARACTERS:,}")
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()  # "\\ud800" is JSON, but half a character has no identity
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"holds {type(row).__name__}; expected a JSON object")
    fields = cast("dict[str, object]", row)
    proposal = capability.read_row(fields)
    if origin is Origin.SEED and not proposal.reference:
        raise ValueError("a seed needs a reference (`solution`)")
    if problem := problem_of(proposal.check, capability.verifier_names):
        raise ValueError(problem)
    return Prompt(
        capability=capability.name,
        task=proposal.task,
        check=proposal.check,
        reference=proposal.reference,
        origin=origin,
        topic=_word(fields, "topic"),
        difficulty_asked=_word(fields, "difficulty"),
        form=_word(fields, "form"),
        writer_teacher=_writer(fields, origin),
    )


def _word(fields: Mapping[str, object], key: str) -> str:
    """What a row says of itself; null, which tables write where they have nothing, says as little as no key."""
    found = fields.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ValueError(f"`{key}` must be a text, found {found!r}; leave it out where there is nothing to say")
    return found


def _writer(fields: Mapping[str, object], origin: Origin) -> str:
    """The teacher that wrote a user's task and tests, where the row names one: its tests are candidates then."""
    writer = fields.get("writer")
    if writer is None:
        return ""
    if not isinstance(writer, str):
        raise ValueError(f"`writer` must be the name of a teacher (or name@revision), found {writer!r}")
    if writer and origin is Origin.SEED:
        raise ValueError(f"a seed is written by a person, found `writer` {writer!r}; give such rows as `prompts:`")
    return writer
