"""Finds the code in a completion, and tells "no code" from "cut off" and "refused"."""

import ast
from collections.abc import Iterator

from stillroom.records import Answer, Completion, FinishReason

MAX_RESPONSE_CHARACTERS = 200_000  # applied before any parsing of model text
REFUSAL_OPENINGS = ("i'm sorry", "i am sorry", "sorry,", "i cannot", "i can't", "i'm unable", "i am unable", "as an ai")
FENCE = "```"
EXAMPLE_STATEMENTS = (ast.Assert, ast.Expr)
PYTHON_TAGS = ("", "python", "py", "python3")


def extract_code(completion: Completion, entry_point: str, *, keep_examples: bool = False) -> Answer:
    """The Python source in ``completion``: the fenced block that defines ``entry_point``, else the first one.

    Usage examples at the top level (calls, prints, asserts, a main block) are left out: they are not the answer,
    and a wrong example after a right function says nothing about the function. Text without a fence counts when
    the whole of it is Python source that defines a function or class. With ``keep_examples`` nothing is left out:
    the top level of a script is the answer.
    """
    if completion.finish_reason is FinishReason.LENGTH:
        return Answer(text="", problem="truncated")
    text = completion.text[:MAX_RESPONSE_CHARACTERS]
    blocks = list(_fenced_blocks(text))
    if blocks:
        chosen = next((one for one in blocks if _defines(one, entry_point)), blocks[0])
        return Answer(text=chosen if keep_examples else _without_examples(chosen))
    if _is_code(text):
        return Answer(text=_without_examples(text.strip("\n")))
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


def _without_examples(source: str) -> str:
    """``source`` without the top-level statements that neither define nor import anything; lines are kept as written.

    Source that cannot be parsed, or that would be left empty, stays as it is.
    """
    statements = _statements(source)
    examples = [node for node in statements if isinstance(node, EXAMPLE_STATEMENTS) or _is_main_block(node)]
    if not examples or len(examples) == len(statements):
        return source
    lines: list[str | None] = list(source.split("\n"))
    shared = {line for node in statements if node not in examples for line in _lines_of(node)}
    for node in examples:
        for line in _lines_of(node):
            if line not in shared:  # two statements on one line stay together
                lines[line] = None
    return "\n".join(line for line in lines if line is not None).rstrip()


def _lines_of(node: ast.stmt) -> range:
    return range(node.lineno - 1, node.end_lineno or node.lineno)


def _is_main_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


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
