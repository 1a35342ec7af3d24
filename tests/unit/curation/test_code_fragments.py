"""Code that programs have alike by chance is marked, and whatever tells where it comes from is not."""

import re
from textwrap import indent

import pytest

from stillroom.curation.benchmark_search import Search, searches
from stillroom.curation.code_fragments import LONG_RUN_WORDS, code_of, is_common
from stillroom.curation.contamination import Benchmarks
from stillroom.curation.programs import programs_of
from stillroom.curation.renamed_code import RenamedCode
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
READING = "n = int(input())\na = list(map(int, input().split()))\nfor i in range(n):\n    print(a[i] * 2)\n"
FOLLOWED = "".join(f"    total_{step} = previous_{step} + {step}\n" for step in range(20))


def fenced(code: str) -> str:
    return f"Here you are:\n\n```python\n{code}```\n"


def marks(item: str, text: str) -> dict[str, bool]:
    """By method, whether what is found of an item is only a fragment."""
    indexes: list[Search] = searches(items(item))
    found = {index.method.split("@")[0]: index.find(documents(text)) for index in indexes}
    return {method: hits["is_fragment"][0] for method, hits in found.items() if len(hits)}


@pytest.mark.parametrize("written", [CLEAN, fenced(CLEAN)])
def test_a_textbook_idiom_of_an_item_is_found_and_marked(written: str) -> None:
    assert marks(ITEM, written) == {"word-runs": True, "renamed-code": True}


def test_an_idiom_in_other_names_is_marked() -> None:
    assert marks(ITEM, RENAMED) == {"renamed-code": True}


def test_reading_of_input_in_an_item_of_more_is_marked() -> None:
    item = f"{READING.splitlines()[0]}\n{READING.splitlines()[1]}\nfor i in range(n):\n{FOLLOWED}"
    assert marks(item, fenced(READING)) == {"word-runs": True, "renamed-code": True}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(fenced(ITEM), id="all of it"),
        pytest.param(fenced(SECOND_HALF[4:]), id="its second half, read as text"),
        pytest.param(fenced(f"def f(lst):\n{SECOND_HALF}"), id="its second half in a function"),
        pytest.param(f"In words: {' '.join(PRIMES.split())}", id="the idiom in prose"),
        pytest.param(fenced(f'def f():\n    """{PRIMES}"""\n    return 1\n'), id="the idiom in a docstring"),
        pytest.param(fenced(f"x = 1  # {' '.join(PRIMES.split())}\n"), id="the idiom in a comment"),
        pytest.param(fenced(f"x = {' '.join(PRIMES.split())!r}\n"), id="the idiom in a text"),
        pytest.param(f"{fenced(CLEAN)}\nAgain: {' '.join(PRIMES.split())}", id="the idiom in code and prose"),
        pytest.param(PRIMES, id="bare lines"),
        pytest.param(fenced(PRIMES.replace("return", "give back")), id="no Python"),
    ],
)
def test_what_tells_where_it_comes_from_is_not_marked(text: str) -> None:
    assert not all(marks(ITEM, text).values())


def test_words_of_a_question_are_never_a_fragment() -> None:
    assert marks(QUESTION, fenced(f"def f():  # {QUESTION}\n    return 1\n")) == {"word-runs": False}
    assert marks(QUESTION, fenced(f'TEXT = "{QUESTION}"\n')) == {"word-runs": False}


def test_assertions_and_data_are_never_a_fragment() -> None:
    asserts = "\n".join(f"assert f([{step}, {step + 1}, {step + 2}], {step}) == {step * 7}" for step in range(20))
    two = "\n".join(asserts.splitlines()[4:7])
    assert marks(asserts, fenced(f"def f(x, y):\n    return 7 * y\n\n{two}\n"))["word-runs"] is False
    table = f"TABLE = [{', '.join(str(step * step % 97) for step in range(60))}]\n"
    part = f"def g(x):\n    return [{', '.join(str(step * step % 97) for step in range(10, 25))}][x]\n"
    assert marks(table, fenced(part))["word-runs"] is False


def test_a_run_that_counts_comes_before_a_longer_fragment() -> None:
    said = "give back whether the number has no divisor but one and itself"
    item = f'{ITEM}\n"""{said} and so on"""\n'
    text = fenced(f"{CLEAN}\n# {said} and so on\n")
    (hit,) = Benchmarks(items(item)).find(documents(text)).rows(named=True)
    assert (hit["is_fragment"], hit["evidence"].startswith("give back")) == (False, True)


def test_half_of_the_code_of_a_short_item_counts() -> None:
    assert marks(CLEAN, fenced(f"{CLEAN}\n\ndef other():\n    return 7\n")) == {
        "word-runs": False,
        "renamed-code": False,
    }


def test_code_of_less_than_13_words_is_a_fragment_where_it_stands_in_code() -> None:
    item = "    return [x for x in strings if x.startswith(prefix)]\n"
    assert marks(item, fenced(f"def f(strings, prefix):\n{item}")) == {"word-runs": True}
    assert marks(item, f"So we say: {item}") == {"word-runs": False}


@pytest.mark.parametrize(
    ("run", "is_chance"),
    [
        pytest.param("for i in range(2, int(n**0.5)+1): if n % i == 0: return false", True, id="idiom"),
        pytest.param("for current_depth in paren_string if current_depth result_so_far", False, id="chosen names"),
        pytest.param("x = 1 2 3 4 5 6 7 8 9 10 11 12 13", False, id="data"),
        pytest.param("for i in x " * (LONG_RUN_WORDS // 4 + 1), False, id="long"),
    ],
)
def test_what_is_common(run: str, is_chance: bool) -> None:
    assert is_common(run) is is_chance


def test_code_is_parted_by_prose_and_assertions() -> None:
    source = 'def f(x):\n    """Say it."""\n    assert x > 3, "no"\n    return g("a b c d e", x)\n'
    (program,) = programs_of(f"{source}\nf(1)\nf(2)\nf(3)\n")
    assert next(code_of(program)).split()[:2] == ["def", "f"]
    assert not any("assert" in piece or "3" in piece.split()[:3] or "a b c" in piece for piece in code_of(program))


def test_a_long_run_of_renamed_code_counts_though_it_is_a_small_part() -> None:
    step = "    for a in sorted(b, key=len):\n        if a > c and not d:\n            c = max(c, a - len(b), min(b))\n"
    item = f"def f(b, c, d):\n{''.join(step.replace('max', name) for name in ('max', 'min', 'sum', 'pow') * 6)}"
    part = (
        f"def g(x, y, z):\n{step}{step.replace('max', 'min')}{step.replace('max', 'sum')}{step.replace('max', 'pow')}"
    )
    (long,) = RenamedCode(items(item)).find(documents(part)).rows(named=True)
    assert (long["words"] >= 120, long["is_fragment"]) == (True, False)
    (short,) = RenamedCode(items(item)).find(documents(f"def g(x, y, z):\n{step}")).rows(named=True)
    assert short["is_fragment"] is True
