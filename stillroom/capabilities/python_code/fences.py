"""Blocks of Python in an answer's Markdown, and the answer without what was thought before it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stillroom.capabilities.python_code.usage import statements

PYTHON_TAGS = ("", "python", "py", "python3")
FENCE = "```"
MAX_TRIES = 24  # of ends of blocks in one answer where what ends there does not parse
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?:(?P<ticks>`{3,})(?P<info>[^`]*)|(?P<tildes>~{3,})(?P<words>.*))")
_TAG = re.compile(r"[{.\s]*(?P<tag>[^\s:{},=]*)")  # also of ```python:add.py, ```python{1} and ```{.python}
_CLOSING = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})[ \t]*")
_BEGIN, _END = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class _Block:
    """A fenced block: the lines between its fences, by their numbers, and its text.

    Attributes:
        is_code: whether it is Python.
    """

    first: int
    end: int
    tag: str
    text: str
    is_code: bool


def without_thoughts(text: str) -> str:
    """An answer without the part that a reasoning model closes with ``</think>``: its drafts are no answer.

    The opening mark may be the prompt's; then the closing one stands in a line of its own, in no block of code, unless
    that is one of Python whose end was forgotten, which does not parse. Without a closing mark the whole is the answer.
    """
    if text.lstrip().startswith(_BEGIN):
        return text.partition(_END)[2] or text
    if _END not in text:
        return text
    lines = text.split("\n")
    within = {
        number: one.tag not in PYTHON_TAGS[1:] or one.is_code
        for one in _blocks(lines)
        for number in range(one.first, one.end)
    }
    for number, line in enumerate(lines):
        if line.strip() == _END and not within.get(number, False):
            return "\n".join(lines[number + 1 :])
    return text


def python_blocks(text: str) -> Iterator[str]:
    """Contents of fenced blocks tagged as Python or not tagged; an unclosed last block counts.

    As CommonMark 4.5 has it: fences are of backticks or of tildes, the closing one is of the same and at least as long,
    has nothing behind it, and is not four spaces further in. Lines lose the indentation of the opening one, which is
    there where the block stands in a list, however deep that is. Where what ends so is no Python and what ends at a
    later fence is, the fences between are part of a text in it. Where neither is, any line that begins with the marks
    is the end, as it is for blocks of other languages: answers have such ends, too.

    Lines end at line feeds alone: ``splitlines`` would also cut a string within the code at U+2028, U+0085 or a form
    feed. The tag is the first word behind the fence; where more backticks follow, it opens none.
    """
    for one in _blocks(text.split("\n")):
        if one.tag in PYTHON_TAGS:
            yield one.text


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    number, tries = 0, MAX_TRIES
    while number < len(lines):
        opening = _OPENING.fullmatch(lines[number])
        number += 1
        if opening is None:
            continue
        marks, indent = opening["ticks"] or opening["tildes"], opening["indent"]
        found = _TAG.match(opening["info"] or opening["words"] or "")
        tag = found["tag"].lower() if found else ""
        block = None
        ends = _ends(lines, number, marks, indent) if tag in PYTHON_TAGS else iter(())
        while tries > 0 and (end := next(ends, None)) is not None:
            text = _text(lines[number:end], indent)
            if statements(text):
                block = _Block(number, end, tag, text, is_code=True)
                break
            tries -= 1
        if block is None:
            end = next((each for each in range(number, len(lines)) if _begins(lines[each], marks)), len(lines))
            block = _Block(number, end, tag, _text(lines[number:end], indent), is_code=False)
        yield block
        number = block.end + 1


def _ends(lines: Sequence[str], first: int, marks: str, indent: str) -> Iterator[int]:
    """Where the block that begins here may end, the likeliest first."""
    yield from (each for each in range(first, len(lines)) if _closes(_without(indent, lines[each]), marks))
    yield len(lines)
    yield from (each for each in range(first, len(lines)) if _begins(lines[each], marks))


def _text(lines: Sequence[str], indent: str) -> str:
    return "\n".join(_without(indent, line) for line in lines)


def _begins(line: str, marks: str) -> bool:
    return line.lstrip(" \t").startswith(marks)


def _closes(line: str, marks: str) -> bool:
    found = _CLOSING.fullmatch(line)
    return found is not None and found["marks"].startswith(marks)


def _without(indent: str, line: str) -> str:
    """A line without as much of ``indent`` as it begins with."""
    if line.startswith(indent):
        return line[len(indent) :]
    spaces = len(line) - len(line.lstrip(" \t"))
    return line[min(spaces, len(indent)) :]
