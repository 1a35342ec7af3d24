"""Finds the code in a completion, and tells "no code" from "cut off" and "refused".

What is extracted is what a verdict is about. So whoever changes it changes the version of the verifiers that judge it,
too (``verifiers/python_tests.py``): a journal's verdicts on what was extracted before do not count then.
"""

import re
from collections.abc import Sequence

from stillroom.capabilities.python_code.fences import python_blocks, without_thoughts
from stillroom.capabilities.python_code.usage import bound, calls, defines, missing, statements, without_usage
from stillroom.records import Answer, Completion, FinishReason

MAX_RESPONSE_CHARACTERS = 200_000  # applied before any parsing of model text
REFUSAL_OPENINGS = ("i'm sorry", "i am sorry", "sorry,", "i cannot", "i can't", "i'm unable", "i am unable", "as an ai")
LINE_ENDS = re.compile("\r\n?")
BYTE_ORDER_MARK = "\ufeff"


def extract_code(completion: Completion, entry_point: str, *, keep_examples: bool = False) -> Answer:
    """The Python source in ``completion``: the fenced block that gives ``entry_point``, else the first of Python.

    Other blocks come before it where they define what it reads and does not define: helpers, imports.

    Usage examples at the top level (calls of ``entry_point``, prints, asserts, a main block) are left out: they are not
    the answer, and a wrong example after a right function says nothing about the function. Text without a fence counts
    when the whole of it is Python source that defines a function or class. With ``keep_examples`` nothing is left out:
    the top level of a script is the answer, and so is the first block that calls anything, whatever it defines.
    """
    if completion.finish_reason is FinishReason.LENGTH:
        return Answer(text="", problem="truncated")
    text = completion.text[:MAX_RESPONSE_CHARACTERS].removeprefix(BYTE_ORDER_MARK)
    text = LINE_ENDS.sub("\n", text)  # both as Python reads a source
    text = without_thoughts(text)
    blocks = list(python_blocks(text))
    if blocks:
        if keep_examples:
            return Answer(text=next(filter(calls, blocks), blocks[0]))
        chosen = _chosen(blocks, entry_point)
        others = [without_usage(one, entry_point) for one in blocks if one is not chosen]
        return Answer(text="\n\n\n".join([*_needed(chosen, others, entry_point), without_usage(chosen, entry_point)]))
    if keep_examples and calls(text):
        return Answer(text=text.strip("\n"))
    if not keep_examples and defines(text):
        return Answer(text=without_usage(text.strip("\n"), entry_point))
    refused = text.strip().replace("\u2019", "'").lower().startswith(REFUSAL_OPENINGS)
    return Answer(text="", problem="refusal" if refused else "harness:no-code")


def _chosen(blocks: Sequence[str], entry_point: str) -> str:
    """The block that gives the entry point, also by an assignment or with a slip; else the first that parses."""
    means = re.compile(rf"^[ \t]*(async[ \t]+)?(def|class)[ \t]+{re.escape(entry_point)}\b", re.MULTILINE)

    def has_slip(one: str) -> bool:
        return bool(entry_point) and means.search(one) is not None

    ranks = [
        [one for one in blocks if defines(one, entry_point)],
        [one for one in blocks if entry_point in bound(one)],
        [*filter(has_slip, blocks)],
        [*filter(statements, blocks)],
        blocks,
    ]
    return next(rank[0] for rank in ranks if rank)


def _needed(chosen: str, others: Sequence[str], entry_point: str) -> list[str]:
    """Of other blocks those that define a name that the chosen one, or one of these, reads; in their order."""
    makers: dict[str, list[int]] = {}
    for number, one in enumerate(others):
        for name in () if defines(one, entry_point) else bound(one):
            makers.setdefault(name, []).append(number)
    taken: set[int] = set()
    left = [*missing(chosen)]
    while left:
        for number in makers.pop(left.pop(), ()):
            if number not in taken:
                taken.add(number)
                left += missing(others[number])
    return [others[number].strip("\n") for number in sorted(taken)]
