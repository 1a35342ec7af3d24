"""Reads prompts that people wrote: seeds, and what users bring instead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import cast

from stillroom.capabilities import Capability, find_capability
from stillroom.errors import RecipeError
from stillroom.nearest import meant
from stillroom.recipe import Recipe
from stillroom.records import Origin, Prompt
from verifiers.usability import problem_of

MAX_LINE_CHARACTERS = 1_000_000
MOST_KEPT_CHARACTERS = 8 << 20  # of a file whose prompts are kept for whoever reads it next


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """Prompts and where they stand.

    Attributes:
        sha256: of the bytes that the prompts were read from.
        prompts: in the order of the file.
        lines: line number by prompt id.
    """

    path: Path
    sha256: str
    prompts: tuple[Prompt, ...]
    lines: Mapping[str, int]


def recipe_file(recipe: Recipe) -> PromptFile:
    """The recipe's seed or prompt file.

    Raises:
        RecipeError: as ``read_file``.
    """
    capability = find_capability(recipe.capability)
    if recipe.seeding:
        return read_file(recipe.seeding.seeds, capability, Origin.SEED)
    assert recipe.prompts is not None, "the recipe model requires one of both"  # noqa: S101 - narrows the type
    return read_file(recipe.prompts, capability, Origin.USER)


def recipe_prompts(recipe: Recipe) -> list[Prompt]:
    """The prompts of the recipe's seed or prompt file.

    Raises:
        RecipeError: as ``read_file``.
    """
    return list(recipe_file(recipe).prompts)


def read_prompts(path: Path, capability: Capability, origin: Origin) -> list[Prompt]:
    """The prompts of a JSON Lines file, in its order.

    Raises:
        RecipeError: as ``read_file``.
    """
    return list(read_file(path, capability, origin).prompts)


def read_file(path: Path, capability: Capability, origin: Origin) -> PromptFile:
    """A JSON Lines file of prompts.

    Raises:
        RecipeError: the file cannot be read, a line is broken or has tests on which no verdict could rest, or two
            lines are the same task. All mistakes are listed by line number.
    """
    try:
        content = path.read_bytes()
        text = TextIOWrapper(BytesIO(content), encoding="utf-8").read()
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read {path}: {error}. Expected JSON Lines in UTF-8.") from error
    read = _read_lately if len(text) <= MOST_KEPT_CHARACTERS else _read
    return read(path, sha256(content).hexdigest(), text, capability, origin)


def _read(path: Path, sha256: str, text: str, capability: Capability, origin: Origin) -> PromptFile:
    lines = text.split("\n")  # splitlines() also cuts at U+2028, which JSON allows
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
        count = len(lines) - (not lines[-1])  # what follows the last line's end is none
        broken = f"{len(mistakes)} broken line{'s' if len(mistakes) > 1 else ''} of {count}"
        raise RecipeError(f"{path} has {broken}; mend or remove {'them' if len(mistakes) > 1 else 'it'}:\n{listed}")
    if not prompts:
        raise RecipeError(f"{path} holds no prompts; expected one JSON object a line")
    return PromptFile(
        path=path,
        sha256=sha256,
        prompts=tuple(prompt for _, prompt in prompts.values()),
        lines={prompt_id: number for prompt_id, (number, _) in prompts.items()},
    )


_read_lately = lru_cache(maxsize=2)(_read)  # a build asks three times for its file; the same text is the same prompts


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
        difficulty_asked=_difficulty(fields, capability, origin),
        form=_word(fields, "form"),
        writer_teacher=_writer(fields, origin),
    )


def _difficulty(fields: Mapping[str, object], capability: Capability, origin: Origin) -> str:
    """How hard a task is; a seed says it in the capability's words, by which recipes ask for seeds."""
    found = _word(fields, "difficulty")
    known = capability.difficulties
    if origin is Origin.SEED and found and known and found not in known:
        raise ValueError(f"`difficulty` must be one of {', '.join(known)}, found {found!r}.{meant(found, known)}")
    return found


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
