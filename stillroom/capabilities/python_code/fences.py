"""Blocks of Python in an answer's Markdown, and the answer without what was thought before it."""

import re
from collections.abc import Iterator

PYTHON_TAGS = ("", "python", "py", "python3")
FENCE = "```"
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?:(?P<ticks>`{3,})(?P<info>[^`]*)|(?P<tildes>~{3,})(?P<words>.*))")
_BEGIN, _END = "<think>", "</think>"


def without_thoughts(text: str) -> str:
    """An answer without the part that a reasoning model closes with ``</think>``: its drafts are no answer.

    The opening mark may be the prompt's; then the closing one stands in a line of its own, in no block of code.
    Without a closing mark the whole is the answer.
    """
    if text.lstrip().startswith(_BEGIN):
        return text.partition(_END)[2] or text
    lines, marks = text.split("\n"), ""
    for number, line in enumerate(lines):
        if marks:
            marks = "" if _closes(line, marks) else marks
        elif opening := _OPENING.fullmatch(line):
            marks = opening["ticks"] or opening["tildes"]
        elif line.strip() == _END:
            return "\n".join(lines[number + 1 :])
    return text


def python_blocks(text: str) -> Iterator[str]:
    """Contents of fenced blocks tagged as Python or not tagged; an unclosed last block counts.

    As CommonMark 4.5 has it: fences are of backticks or of tildes, the closing one is of the same and at least as long,
    and lines lose the indentation of the opening one, which is there where the block stands in a list. Unlike there,
    any indentation will do, and words behind the closing fence do not keep it from closing.

    Lines end at line feeds alone: ``splitlines`` would also cut a string within the code at U+2028, U+0085 or a form
    feed. The tag is the first word behind the fence; where more backticks follow, it opens none.
    """
    lines: list[str] | None = None
    marks, indent, wanted = "", "", False
    for line in text.split("\n"):
        if lines is None:
            if opening := _OPENING.fullmatch(line):
                lines, indent, marks = [], opening["indent"], opening["ticks"] or opening["tildes"]
                info = (opening["info"] or opening["words"] or "").lower()
                wanted = next(iter(info.split()), "") in PYTHON_TAGS
        elif _closes(line, marks):
            if wanted:
                yield "\n".join(lines)
            lines = None
        else:
            lines.append(_without(indent, line))
    if lines is not None and wanted:
        yield "\n".join(lines)


def _closes(line: str, marks: str) -> bool:
    return line.lstrip(" \t").startswith(marks)


def _without(indent: str, line: str) -> str:
    """A line without as much of ``indent`` as it begins with."""
    if line.startswith(indent):
        return line[len(indent) :]
    spaces = len(line) - len(line.lstrip(" \t"))
    return line[min(spaces, len(indent)) :]
