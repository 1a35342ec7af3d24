"""Blocks of Python in an answer's Markdown, and the answer without what was thought before it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from stillroom.capabilities.python_code.usage import statements

PYTHON_TAGS = ("", "python", "py", "python3")
FENCE = "```"
MAX_TRIES = 8  # of ends of one block where what ends there does not parse
MAX_READINGS = 24  # of an answer's length that is parsed for that in all
MAX_READ_CHARS = 1 << 19  # that are parsed for that, however long the answer is
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?:(?P<ticks>`{3,})(?P<info>[^`]*)|(?P<tildes>~{3,})(?P<words>.*))")
_TAG = re.compile(r"[{.\s]*(?P<tag>[^\s:{},=]*)")  # also of ```python:add.py, ```python{1} and ```{.python}
_CLOSING = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})[ \t]*")
_BEGIN, _END = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class _Block:
    """A fenced block: the lines between its fences, by their numbers, and its text.

    Attributes:
        is_code: whether it is Python.
        is_closed: whether its end is a fence that opens none.
    """

    first: int
    end: int
    tag: str
    text: str
    is_code: bool
    is_closed: bool


def without_thoughts(text: str) -> str:
    """An answer without the part that a reasoning model closes with ``</think>``: its drafts are no answer.

    The opening mark may be the prompt's; then the closing one stands in a line of its own, in no block of code, unless
    that is one whose end was forgotten: it does not parse, or has no fence of its own. Without a closing mark the whole
    is the answer.
    """
    if text.lstrip().startswith(_BEGIN):
        return text.partition(_END)[2] or text
    if _END not in text:
        return text
    lines = text.split("\n")
    within = {
        number: one.is_code or (one.is_closed and one.tag not in PYTHON_TAGS[1:])
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
    number, left = 0, min(MAX_READ_CHARS, MAX_READINGS * (sum(map(len, lines)) + len(lines)))
    while number < len(lines):
        opening = _OPENING.fullmatch(lines[number])
        number += 1
        if opening is None:
            continue
        marks, indent = opening["ticks"] or opening["tildes"], opening["indent"]
        found = _TAG.match(opening["info"] or opening["words"] or "")
        tag = found["tag"].lower() if found else ""
        block = None
        ends = _ends(lines, number, marks, indent) if tag in PYTHON_TAGS and left > 0 else iter(())
        for end in islice(ends, MAX_TRIES):
            if left <= 0:
                break
            text = _text(lines[number:end], indent)
            left -= len(text)
            if statements(text):
                block = _Block(number, end, tag, text, is_code=True, is_closed=end < len(lines))
                break
        if block is None:
            end = next((each for each in range(number, len(lines)) if _begins(lines[each], marks)), len(lines))
            is_closed = end < len(lines) and _closes(_without(indent, lines[end]), marks)
            block = _Block(number, end, tag, _text(lines[number:end], indent), is_code=False, is_closed=is_closed)
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
