"""Finds the code in a completion, and tells "no code" from "cut off" and "refused"."""

import ast
from collections.abc import Iterator

from stillroom.records import Answer, Completion, FinishReason

MAX_RESPONSE_CHARACTERS = 200_000  # applied before any parsing of model text
REFUSAL_OPENINGS = ("i'm sorry", "i am sorry", "sorry,", "i cannot", "i can't", "i'm unable", "i am unable", "as an ai")
FENCE = "```"
PYTHON_TAGS = ("", "python", "py", "python3")


def extract_code(completion: Completion, entry_point: str) -> Answer:
    """The Python source in ``completion``: the fenced block that defines ``entry_point``, else the first one.

    Text without a fence counts when the whole of it is Python source that defines a function or class.
    """
    if completion.finish_reason is FinishReason.LENGTH:
        return Answer(text="", problem="truncated")
    text = completion.text[:MAX_RESPONSE_CHARACTERS]
    blocks = list(_fenced_blocks(text))
    if blocks:
        return Answer(text=next((block for block in blocks if _defines(block, entry_point)), blocks[0]))
    if _is_code(text):
        return Answer(text=text.strip("\n"))
    refused = text.strip().lower().startswith(REFUSAL_OPENINGS)
    return Answer(text="", problem="refusal" if refused else "harness:no-code")


def _fenced_blocks(text: str) -> Iterator[str]:
    """Contents of fenced blocks tagged as Python or not tagged; an unclosed last block counts."""
    lines: list[str] | None = None
    wanted = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(FENCE):
            if lines is None:
                lines, wanted = [], stripped[len(FENCE) :].strip().lower() in PYTHON_TAGS
            else:
                if wanted:
                    yield "\n".join(lines)
                lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None and wanted:
        yield "\n".join(lines)


def _defines(source: str, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
        for node in _statements(source)
    )


def _is_code(source: str) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in _statements(source))


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
