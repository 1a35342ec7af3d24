"""What the fake teacher says: a pure function of the request text and how often that text was asked before.

Nothing is drawn from a clock or a global generator, so a test that runs twice sees the same answers, and a
test that was killed and resumed sees the answers that it would have seen.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SYLLABLES = [f"{consonant}{vowel}" for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_WORDS = [f"{first}{second}{third}" for first in _SYLLABLES for second in _SYLLABLES[::3] for third in _SYLLABLES[::7]]
_WRITTEN_NAME = re.compile(r"`([a-z]+_[a-z]+_(\d+))\(n\)`")
CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A task that the fake teacher can answer."""

    task: str
    entry_point: str
    solution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Shares of answers that are no good; what is left is right.

    Attributes:
        wrong: code that runs and fails its tests.
        prose: words without code.
        refusal: a polite refusal.
        truncated: right code, cut at the token limit.
        hard: share of *prompts* that are answered rightly one time in ten.
        bad_writing: share of writing replies from which no prompt can come.
        repeat: share of writing replies that are one of three tasks, again and again.
    """

    wrong: float = 0.25
    prose: float = 0.04
    refusal: float = 0.03
    truncated: float = 0.03
    hard: float = 0.0
    bad_writing: float = 0.1
    repeat: float = 0.0


ALL_RIGHT = Mix(wrong=0, prose=0, refusal=0, truncated=0, bad_writing=0)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer before it is wrapped into a reply."""

    text: str
    finish: str = "stop"

    @property
    def tokens(self) -> int:
        return len(self.text) // CHARACTERS_A_TOKEN + 1


class Script:
    """Answers to sampling requests by looking their task up, and to writing requests by inventing tasks."""

    def __init__(
        self, known: Iterable[Known] = (), *, mix: Mix | None = None, written: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self.mix = mix or Mix()
        self._known = sorted(known, key=lambda one: -len(one.task))
        self._replies = [json.dumps(dict(one)) for one in written]
        self._found: dict[str, Known | None] = {}

    def answer(self, text: str, index: int) -> Said:
        """The answer to the sampling request ``text`` when it is asked for the ``index``-th time."""
        known = self._find(text)
        draw = chance("answer", text, index)
        if known is None:
            return Said(f"I would rather talk about {' '.join(pseudo_words(draw, 6))}.")
        mix, fate = self.mix, draw.random()
        if chance("hard", text).random() < mix.hard and draw.random() > 0.1:
            return _wrong(known, draw)
        for share, say in ((mix.wrong, _wrong), (mix.prose, _prose), (mix.refusal, _refusal)):
            if fate < share:
                return say(known, draw)
            fate -= share
        right = _right(known, draw)
        return Said(right.text[: len(right.text) * 2 // 3], "length") if fate < mix.truncated else right

    def write(self, text: str, order: int) -> Said:
        """The reply to the writing request ``text``, the ``order``-th that came."""
        if order < len(self._replies):
            return Said(self._replies[order])
        draw = chance("write", text)
        number = draw.randrange(10**9)
        if chance("repeat", text).random() < self.mix.repeat:
            number %= 3
        reply = written_task(number)
        if draw.random() < self.mix.bad_writing:
            return draw.choice([_broken_json, _wrong_reference, _cut])(reply)
        return Said(json.dumps(reply))

    def _find(self, text: str) -> Known | None:
        if text not in self._found:
            known = next((one for one in self._known if one.task in text), None)
            if known is None and (name := _WRITTEN_NAME.search(text)):
                reply = written_task(int(name[2]))
                known = Known(task=reply["task"], entry_point=name[1], solution="\n".join(reply["solution"]))
            self._found[text] = known
        return self._found[text]


def written_task(number: int) -> dict[str, Any]:
    """A valid new task in the form of a writing reply, one for every number, unlike all others."""
    draw = chance("task", number)
    words = pseudo_words(draw, 16)
    factor, offset = draw.randrange(3, 98), draw.randrange(3, 998)
    name = f"{words[0]}_{words[1]}_{number}"
    return {
        "task": (
            f"Write `{name}(n)`, in Python, for the {' '.join(words[2:8])}: {' '.join(words[8:14])} "
            f"gives n times {factor} plus {offset}."
        ),
        "solution": [
            f"def {name}(n):",
            f"    {words[14]} = n * {factor}",
            f"    {words[15]} = {words[14]} + {offset}",
            f"    return {words[15]}",
        ],
        "tests": [f"assert {name}({n}) == {n * factor + offset}" for n in (0, 1, 7, -4)],
    }


def read_known(path: Path) -> list[Known]:
    """The tasks of a seed file in JSON Lines."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [Known(task=row["task"], entry_point=row["entry_point"], solution=row["solution"]) for row in rows]


def chance(*about: object) -> random.Random:
    """A generator of its own for every occasion."""
    return random.Random(hashlib.sha256(repr(about).encode("utf-8", "surrogatepass")).digest())


def pseudo_words(draw: random.Random, count: int) -> list[str]:
    """Words that mean nothing and that hardly ever repeat."""
    return draw.choices(_WORDS, k=count)


def _right(known: Known, draw: random.Random) -> Said:
    # a comment of random words makes samples of one prompt different from one another, as a model's are
    remark = " ".join(pseudo_words(draw, 12))
    return Said(f"Here it is:\n\n```python\n# {remark}\n{known.solution}\n```\n")


def _wrong(known: Known, draw: random.Random) -> Said:
    word = pseudo_words(draw, 1)[0]
    body = draw.choice([f"return {word!r}", f"raise ValueError({word!r})", f"return [{word!r}, arguments]"])
    return Said(f"```python\ndef {known.entry_point}(*arguments, **named):\n    {body}\n```")


def _prose(known: Known, draw: random.Random) -> Said:
    return Said(f"One would first look at {' '.join(pseudo_words(draw, 8))} and then decide.")


def _refusal(known: Known, draw: random.Random) -> Said:
    return Said("I'm sorry, but I can't help with that.")


def _broken_json(reply: dict[str, Any]) -> Said:
    return Said(json.dumps(reply)[:-9])


def _wrong_reference(reply: dict[str, Any]) -> Said:
    return Said(json.dumps({**reply, "solution": [reply["solution"][0], "    return None"]}))


def _cut(reply: dict[str, Any]) -> Said:
    return Said(json.dumps(reply)[:60], "length")
