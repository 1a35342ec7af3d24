"""Finds the code in a completion, and tells "no code" from "cut off" and "refused".

What is extracted is what a verdict is about. So whoever changes it changes the version of the verifiers that judge it,
too (``verifiers/python_tests.py``): a journal's verdicts on what was extracted before do not count then.
"""

import re
from collections.abc import Iterator

from stillroom.capabilities.python_code.usage import calls, defines, without_usage
from stillroom.records import Answer, Completion, FinishReason

MAX_RESPONSE_CHARACTERS = 200_000  # applied before any parsing of model text
REFUSAL_OPENINGS = ("i'm sorry", "i am sorry", "sorry,", "i cannot", "i can't", "i'm unable", "i am unable", "as an ai")
FENCE = "```"
PYTHON_TAGS = ("", "python", "py", "python3")
LINE_ENDS = re.compile("\r\n?")


def extract_code(completion: Completion, entry_point: str, *, keep_examples: bool = False) -> Answer:
    """The Python source in ``completion``: the fenced block that defines ``entry_point``, else the first one.

    Usage examples at the top level (calls of ``entry_point``, prints, asserts, a main block) are left out: they are not
    the answer, and a wrong example after a right function says nothing about the function. Text without a fence counts
    when the whole of it is Python source that defines a function or class. With ``keep_examples`` nothing is left out:
    the top level of a script is the answer, and so is the first block that calls anything, whatever it defines.
    """
    if completion.finish_reason is FinishReason.LENGTH:
        return Answer(text="", problem="truncated")
    text = LINE_ENDS.sub("\n", completion.text[:MAX_RESPONSE_CHARACTERS])  # as Python reads a source
    blocks = list(_fenced_blocks(text))
    if blocks:
        if keep_examples:
            return Answer(text=next(filter(calls, blocks), blocks[0]))
        chosen = next((one for one in blocks if defines(one, entry_point)), blocks[0])
        return Answer(text=without_usage(chosen, entry_point))
    if keep_examples and calls(text):
        return Answer(text=text.strip("\n"))
    if not keep_examples and defines(text):
        return Answer(text=without_usage(text.strip("\n"), entry_point))
    refused = text.strip().lower().startswith(REFUSAL_OPENINGS)
    return Answer(text="", problem="refusal" if refused else "harness:no-code")


def _fenced_blocks(text: str) -> Iterator[str]:
    """Contents of fenced blocks tagged as Python or not tagged; an unclosed last block counts.

    Lines end at line feeds alone: ``splitlines`` would also cut a string within the code at U+2028, U+0085 or a form
    feed. The tag is the first word behind the fence; where more backticks follow, it opens none (CommonMark 4.5).
    """
    lines: list[str] | None = None
    wanted = False
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith(FENCE):
            info = stripped.lstrip("`").strip().lower()
            if lines is not None:
                if wanted:
                    yield "\n".join(lines)
                lines = None
            elif "`" not in info:
                lines, wanted = [], next(iter(info.split()), "") in PYTHON_TAGS
        elif lines is not None:
            lines.append(line)
    if lines is not None and wanted:
        yield "\n".join(lines)
