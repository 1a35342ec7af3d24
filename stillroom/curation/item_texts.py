"""The texts of a benchmark's item, also such as stand in two of its fields: each may be too short to be found alone."""

import ast
import re
import warnings
from collections.abc import Container, Sequence
from itertools import pairwise

from stillroom.wording import words_in

_LEAST_CHARS = 8  # of as many words in a script that puts no space between them
_MOST_CHARS, _MOST_TEXTS = 100_000, 64  # of an item: what is more is a document of many
_SHORT_CHARS = 256  # of a pair that may be an item of less than 13 words by itself
_LEAST_TOKENS, _LEAST_DIFFERENT = 13, 8  # of a list, to be text: labels of tokens are few, options fewer
_LEAST_WORDS = 8
_MARKER = re.compile(r"\s*(?:[-*+>#|]+|\(?\d{1,4}[.):])\s+")  # of a list, a heading or a quotation
_PARAGRAPHS = re.compile(r"\n\s*\n")
_HAS_CODE = re.compile(r"^\s*(?:def|class|async def) ", re.MULTILINE)


def wholes(texts: Sequence[str], options: Container[int] = ()) -> list[str]:
    """What the texts of an item are when they are read on from one to the next.

    Fields of one word, such as labels, ids and entry points, stand between others without belonging to their text, so
    all is joined with them and without. By themselves are joined: the question, which is the first text of more than a
    word, and what follows it, where both together are short; and neighbours that are Python code together, a signature
    in one field and the body of the function in the next. Other neighbours are not: "all of the above" and "none of the
    above" stand below many a question.

    Args:
        texts: of one item, in their order, without its id.
        options: the places of those that are members of one list: no such text is the question.
    """
    if not 2 <= len(texts) <= _MOST_TEXTS or sum(map(len, texts)) > _MOST_CHARS:
        return []
    places = [place for place, text in enumerate(texts) if len(text.split(maxsplit=1)) > 1]
    question = next((place for place in places if place not in options), None)
    sayings = [texts[place] for place in places]
    found = ["\n".join(texts), "\n".join(sayings)]
    for some, asked in ((texts, question), (sayings, places.index(question) if question is not None else None)):
        for place, pair in enumerate(pairwise(some)):
            joined = "\n".join(pair)
            if (place == asked and len(joined) <= _SHORT_CHARS) or _is_program(joined):
                found.append(joined)
    known = {*texts, ""}
    return [one for one in dict.fromkeys(found) if one not in known and len(one) >= _LEAST_CHARS]


def joined_tokens(members: Sequence[object]) -> str:
    """The text that a list of words and signs is, such as of CoNLL; "" where it is none."""
    tokens = [one for one in members if isinstance(one, str) and one.strip() and len(one.split(maxsplit=1)) == 1]
    is_one = len(tokens) == len(members) >= _LEAST_TOKENS and len(set(tokens)) >= _LEAST_DIFFERENT
    return " ".join(tokens) if is_one else ""


def lines_of(text: str) -> list[str]:
    """The lines and paragraphs of a text, without marks of lists, that may be items by themselves."""
    parts = [*text.split("\n"), *_PARAGRAPHS.split(text)]
    shown = (part[found.end() :] if (found := _MARKER.match(part)) else part for part in parts)
    kept = dict.fromkeys(part.strip() for part in shown)
    return [part for part in kept if part != text.strip() and len(words_in(part)) >= _LEAST_WORDS]


def _is_program(text: str) -> bool:
    if not _HAS_CODE.search(text):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):  # of what Python thinks of an odd escape
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
