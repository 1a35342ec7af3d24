"""What drops a text and what is only told, by all searches together: a run of 13 words counts wherever it stands."""

import json
import re
from collections.abc import Callable
from textwrap import indent

import pytest

from stillroom.curation.benchmark_search import Search, searches
from tests.unit.curation.test_contamination import documents, items

PRIMES = """    for i in range(2, int(n**0.5) + 1):
        if n % i == 0:
            return False
    return True
"""
ITEM = f"""def sum_of_digits_of_largest_prime(lst):
    def is_prime(n):
{indent(PRIMES, "    ")}
    largest_prime_so_far = 0
    position_in_list = 0
    while position_in_list < len(lst):
        candidate_value = lst[position_in_list]
        if candidate_value > largest_prime_so_far and is_prime(candidate_value):
            largest_prime_so_far = candidate_value
        position_in_list += 1
    digits_as_text = str(largest_prime_so_far)
    sum_of_its_digits = sum(int(one_digit) for one_digit in digits_as_text)
    return sum_of_its_digits
"""
SECOND_HALF = ITEM[ITEM.index("    largest_prime_so_far") :]
QUESTION = "find the largest prime of a list and give back the sum of all of its decimal digits"
CLEAN = f"def prime(n):\n    if n < 2:\n        return False\n{PRIMES}"
RENAMED = re.sub(r"\bi\b", "k", re.sub(r"\bn\b", "number", CLEAN)).replace("prime", "check")
LONG_LINE = "val = len([x for x in ext[0] if x.isalpha() and x.isupper()]) - len([x for x in ext[0] if x.islower()])\n"
READING = "n = int(input())\na = list(map(int, input().split()))\nfor i in range(n):\n    print(a[i] * 2)\n"
TABLE = f"TABLE = [{', '.join(str(step * step % 97) for step in range(60))}]\n"
ASSERTIONS = [f"assert f([{number}, {number + 1}], {number}) == {number * 7}\n" for number in range(20)]
FOLLOWED = "".join(f"    total_{step} = previous_{step} + {step}\n" for step in range(20))


def fenced(code: str) -> str:
    return f"Here you are:\n\n```python\n{code}```\n"


def marks(item: str, text: str) -> dict[str, bool]:
    """By method, whether what is found of an item is only a fragment."""
    indexes: list[Search] = searches(items(item))
    found = {index.method.split("@")[0]: index.find(documents(text)) for index in indexes}
    return {method: hits["is_fragment"][0] for method, hits in found.items() if len(hits)}


@pytest.mark.parametrize("written", [str, fenced], ids=["as it is", "fenced"])
@pytest.mark.parametrize(
    ("item", "program"),
    [
        pytest.param(ITEM, CLEAN, id="a textbook idiom with the names of the item"),
        pytest.param(ITEM, f"def f(n):\n    if n:\n        return g(n)\n{PRIMES}", id="its statements elsewhere"),
        pytest.param(ITEM, PRIMES, id="bare lines"),
        pytest.param(f"{LONG_LINE}{FOLLOWED}", f"def f(ext):\n    {LONG_LINE}    return val\n", id="one line"),
        pytest.param(f"def main():\n{indent(READING, '    ')}{FOLLOWED}", READING, id="reading of input"),
        pytest.param(
            FOLLOWED, f"def g():\n    x = 1\n{''.join(FOLLOWED.splitlines(True)[4:8])}    return x\n", id="assignments"
        ),
        pytest.param(TABLE, f"def g(x):\n    return [{TABLE[40:90].rstrip(', ')}][x]\n", id="data"),
        pytest.param("".join(ASSERTIONS), f"def f(x, y):\n    return 7\n\n{''.join(ASSERTIONS[5:8])}", id="assertions"),
    ],
)
def test_13_words_of_an_item_s_code_count_as_statements_of_another_program(
    item: str, program: str, written: Callable[[str], str]
) -> None:
    assert marks(item, written(program))["word-runs"] is False


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(fenced(ITEM), id="all of it"),
        pytest.param(fenced(f"def f(lst):\n{SECOND_HALF}"), id="its second half in a function"),
        pytest.param(f"In words: {' '.join(PRIMES.split())}", id="the idiom in prose"),
        pytest.param(fenced(f'def f():\n    """{PRIMES}"""\n    return 1\n'), id="the idiom in a docstring"),
        pytest.param(fenced(f"x = 1  # {' '.join(PRIMES.split())}\n"), id="the idiom in a comment"),
        pytest.param(fenced(PRIMES.replace("return", "give back")), id="no Python"),
    ],
)
def test_13_words_of_an_item_s_code_count_wherever_they_stand(text: str) -> None:
    assert marks(ITEM, text)["word-runs"] is False


def test_words_of_a_question_count_in_code() -> None:
    assert marks(QUESTION, fenced(f"def f():  # {QUESTION}\n    return 1\n")) == {"word-runs": False}
    assert marks(QUESTION, fenced(f'TEXT = "{QUESTION}"\n')) == {"word-runs": False}


def test_a_short_item_of_code_counts_whole_and_but_for_one_word() -> None:
    item = "    return [x for x in strings if x.startswith(prefix)]\n"
    program = f"def f(strings, prefix):\n{item}"
    assert marks(item, fenced(program)) == {"word-runs": False}
    assert marks(item, fenced(program.replace("startswith", "endswith"))) == {"short-items": False}


@pytest.mark.parametrize("written", [RENAMED, fenced(RENAMED)], ids=["as it is", "fenced"])
def test_an_idiom_under_other_names_is_told_and_counts_for_nothing(written: str) -> None:
    assert marks(ITEM, written) == {"renamed-code": True}


def test_half_of_an_item_s_program_counts_under_other_names() -> None:
    assert marks(CLEAN, fenced(f"{RENAMED}\n\ndef other():\n    return 7\n")) == {"renamed-code": False}


def test_parts_of_an_item_s_program_in_two_blocks_are_taken_together() -> None:
    first = (
        "    for a in sorted(b, key=len):\n        if a > c and not d:\n            c = max(c, a - len(b), min(b))\n"
    )
    second = (
        "    while c < len(b) or d:\n        b.append([c + 1, c * 2])\n        d = b[c] == sum(b[1:])\n        c += 3\n"
    )
    rest = "".join(f"    c = pow(c, {step}) - abs(d)\n" for step in range(4))
    renamed = [re.sub(r"\b[abcd]\b", lambda name: f"{name[0]}1", part) for part in (first, second)]
    blocks = [fenced(f"def g(x, y, z):\n{part}") for part in renamed]
    item = f"def f(b, c, d):\n{first}{rest}{second}"
    assert [marks(item, one) for one in blocks] == [{"renamed-code": True}] * 2
    assert marks(item, "\n".join(blocks)) == {"renamed-code": False}


def test_a_solution_in_a_list_that_is_written_as_json_is_a_program_by_itself() -> None:
    """As in the rows of APPS and TACO: a list of solutions in one text."""
    others = [ITEM.replace("prime", f"prime_{step}") for step in range(6)]
    item = json.dumps([*others, CLEAN])
    assert marks(item, fenced(RENAMED)) == {"renamed-code": False}
    assert marks(item, fenced(f"{CLEAN}\n\ndef other():\n    return 7\n"))["word-runs"] is False
    assert marks(json.dumps(others), fenced(RENAMED)) == {"renamed-code": True}


def test_code_in_prose_counts_by_its_words() -> None:
    item = f"Write a function that tells whether a number is prime, and say how.\nSolution:\n{CLEAN}"
    assert marks(item, fenced(f"{CLEAN}\n\ndef other():\n    return 7\n")) == {"word-runs": False}
