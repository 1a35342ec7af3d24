"""Lets a template go through what every program goes through, so that programs find it done and not only begun.

Python notes in a function's code how often it ran, rewrites the code once it ran often, and remembers where it found a
type's attributes. Each of these first times is a write into memory that a clone shares with its template until then: a
page to copy, and for every program the same pages.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, RUF100, S302
# pyright: basic
import marshal
import os
import sys

import runner

TIMES = 64  # Python 3.11 rewrites code at its eighth run, and fits it to what it met within some fifty more
SAMPLE = '''
from typing import List, Dict, Tuple, Optional, Any
import math


def sample(numbers: List[int], text: str = "a b") -> Optional[Dict[str, Any]]:
    """What programs that are judged are made of.

    >>> sample([1, 2])
    {'a': 1}
    """
    counts: Dict[str, int] = {}
    for word in text.lower().split(" "):
        if word and word.strip() not in ("", "."):
            counts[word] = counts.get(word, 0) + 1
    total, largest = 0, None
    for position, number in enumerate(sorted(set(numbers), reverse=True)):
        if number % 2 == 0 or number < 0:
            total += abs(number) // 2
        elif largest is None or number > largest:
            largest = number
        while total > 1000:
            total -= 1000
    try:
        ratio = round(total / len(numbers), 2)
    except ZeroDivisionError:
        ratio = math.sqrt(0.0)
    letters = "".join(chr(ord(letter) + 1) for letter in text if letter.isalpha())
    pairs = [(a, b) for a, b in zip(numbers, numbers[1:]) if a != b]
    squares = list(map(lambda n: n ** 2, filter(None, numbers)))
    return {"counts": counts, "ratio": ratio, "letters": letters[::-1], "pairs": pairs, "most": max(squares, default=0),
            "is_sorted": all(a <= b for a, b in pairs), "shown": f"{total:>3}", "largest": largest}


class Sample:
    def __init__(self, start: Tuple[int, ...]):
        self.items = list(start)

    def add(self, item):
        self.items.append(item)
        return len(self.items)
'''


def warm():
    """Run a sample of our own as a program is run; nothing of it stays but what Python has learnt."""
    kept = _behind(runner.RESULT_FD)
    calls = [
        ("name", 0, "sample"), ("put", 1, [3, 1, 2, 2]), ("put", 2, "One two. One"),
        ("call", 3, 0, [(True, 1), (True, 2)], []), ("read", 3, False), ("read", 1, False),
        ("call", 4, 0, [(False, [])], [("text", (False, ""))]), ("read", 4, False),
        ("name", 5, "Sample"), ("call", 6, 5, [(False, (1, 2))], []), ("attr", 7, 6, "add"),
        ("call", 8, 7, [(False, 5)], []), ("read", 8, False), ("op", 9, "eq", [(True, 8), (False, 3)]),
        ("read", 9, False), ("build", 10, "list", [(True, 8), (True, 9)]), ("read", 10, True),
    ]  # fmt: skip
    payload = marshal.dumps(("calls", SAMPLE, calls), runner.FORMAT)
    for _ in range(TIMES):
        _, source, steps = marshal.loads(payload)
        runner.run_calls(source, steps)
        del sys.modules["solution"]
    os.dup2(kept, runner.RESULT_FD)
    os.close(kept)


def _behind(descriptor):
    """Have a descriptor lead nowhere for a time; returns another for what it was."""
    try:
        kept = os.dup(descriptor)
    except OSError:
        kept = os.open("/dev/null", os.O_WRONLY)
    nowhere = os.open("/dev/null", os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    if nowhere != descriptor:
        os.close(nowhere)
    return kept
