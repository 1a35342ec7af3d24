"""Code of a benchmark is found whatever its names and its layout are, and other code is not."""

import json
import textwrap
import tracemalloc

import polars as pl
import pytest

from stillroom.curation.contamination import Benchmarks
from stillroom.curation.programs import MOST_WRITTEN
from stillroom.curation.renamed_code import MOST_PLACES, RenamedCode
from tests.unit.curation.test_contamination import documents, items

ITEM = '''
def largest_gap(numbers, least=0):
    """The largest difference of neighbours."""
    ordered = sorted(numbers)
    best = least
    for left, right in zip(ordered, ordered[1:]):  # neighbours
        if right - left > best:
            best = right - left
    return best
'''
RENAMED = """
def f(values,lowest = 0):

    s = sorted( values )
    found = lowest
    for a,b in zip(s, s[1:]):
        # the next one
        if b - a > found:
            found = b - a
    return found
"""


def found(text: str, item: str = ITEM) -> list[tuple[str, int]]:
    return RenamedCode(items(item)).find(documents(text)).select("item_id", "words").rows()


def test_renamed_and_reformatted_code_is_found_with_its_lines_as_evidence():
    (hit,) = RenamedCode(items("prose that is no code", ITEM)).find(documents(RENAMED)).rows(named=True)
    assert (hit["id"], hit["benchmark"], hit["item_id"]) == ("d0", "bench", "i1")
    assert hit["words"] > 50
    assert hit["evidence"].startswith("def f(values,lowest = 0):")
    assert hit["evidence"].endswith("    return found")


def test_code_in_a_fenced_block_of_prose_is_found():
    assert found(f"Here you are, a way to do it:\n\n```python{RENAMED}```\nThat is all.\n")


@pytest.mark.parametrize("rest", ["", "    return (found", "\n\ndef g(x):\n    for y in"])
def test_code_in_a_block_that_was_cut_off_is_found(rest: str):
    assert found(f"Here you are:\n\n```python{RENAMED}{rest}")


def test_the_body_of_a_function_is_found_in_a_whole_one():
    body = ITEM.partition('neighbours."""\n')[2]
    assert found(RENAMED, item=body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("b - a > found", "a - b > found", id="names in another order"),
        pytest.param("sorted( values )", "reversed( values )", id="another builtin"),
        pytest.param("s[1:]", "s[2:]", id="another number"),
        pytest.param("for a,b in zip(s, s[1:])", "for a,b in zip(s, values[1:])", id="one name for two"),
    ],
)
def test_code_that_does_something_else_ends_the_run(old: str, new: str):
    whole, shorter = found(RENAMED), found(RENAMED.replace(old, new))
    assert not shorter or shorter[0][1] < whole[0][1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Write a function that returns the largest gap of a list of numbers.", id="prose"),
        pytest.param("def f(x):\n    return sum(n for n in x if n % 2 == 0)\n", id="short"),
        pytest.param("def f(:", id="broken"),
        pytest.param("```python\ndef f(:\n```", id="broken block"),
        pytest.param("(" * 500, id="deep"),
        pytest.param("\x00", id="binary"),
        pytest.param("x = '\\d' is 1", id="what Python warns of"),
    ],
)
def test_what_is_no_code_of_the_benchmark_is_clean(text: str):
    assert found(text) == []


def test_tables_of_numbers_are_no_code():
    table = f"table = [{', '.join(['0'] * 500)}]"
    assert found(table, item=table) == []


def test_long_equal_programs_are_compared_once():
    program = "\n".join(f"def f{n}(x):\n    return g(x[{n}], key=lambda y: y.z + {n})" for n in range(400))
    assert found(program.replace("g(", "h(").replace("x", "w"), item=program)[0][1] > 5_000


def test_every_benchmark_that_has_the_code_is_named_and_items_without_a_place_are_not_counted():
    many = items(*[ITEM] * (MOST_PLACES + 6), benchmark="a")
    index = RenamedCode(pl.concat([many, items(ITEM, benchmark="b")]))

    found = index.find(documents(RENAMED))

    assert sorted(found["benchmark"].to_list()) == ["a"] * MOST_PLACES + ["b"]
    assert index.coverage.rows() == [("a", MOST_PLACES + 6, MOST_PLACES, 0), ("b", 1, 1, 0)]


def test_a_token_of_an_index_takes_some_tens_of_bytes():
    programs = [ITEM.replace("0", str(number)).replace("best", f"best{number}") for number in range(2_000)]
    tracemalloc.start()
    index = RenamedCode(items(*programs))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    tokens = 2_000 * found(RENAMED)[0][1]
    assert held / tokens < 60
    assert len(index.find(documents(RENAMED)))


def test_coverage_counts_items_with_code_long_enough():
    frame = pl.DataFrame(
        {
            "benchmark": "b",
            "item_id": ["long", "long", "short", "prose", "number"],
            "text": [ITEM, "What is the gap?", "def f(x):\n    return x", "What is it?", "42"],
        }
    )
    assert RenamedCode(frame).coverage.rows() == [("b", 4, 1, 1)]


def test_indented_code_is_code():
    assert found(textwrap.indent(RENAMED, "    "))


OTHER_LANGUAGES = {
    "javascript": """
function largest(items) {
  let best = 0;
  for (const one of items) {
    if (one > best) { best = one; } else { count(one, best); }
  }
  return items.map((x) => x + best).filter((x) => x % 2 === 0);
}
""",
    "java": """
public static int largest(int[] items) {
    int best = 0;
    for (int i = 0; i < items.length; i++) {
        if (items[i] > best) { best = items[i]; }
    }
    return best > 0 ? best : -1;
}
""",
    "sql": """
SELECT items.id, max(items.best) AS largest FROM items
JOIN owners ON owners.id = items.owner WHERE items.best > 3 AND owners.age < 40
GROUP BY items.id HAVING count(*) > 1 ORDER BY largest DESC LIMIT 10
""",
    "ruby": """
def largest(items)
  best = items.first
  items.each do |one|
    best = one if one > best
  end
  best + items.sum { |x| x * 2 }
end
""",
}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_code_of_other_languages_is_left_to_the_words(language: str):
    """It is not said to be looked for, it hides no Python beside it, and no code of it is taken for a benchmark's."""
    code = OTHER_LANGUAGES[language]
    renamed = code.replace("items", "rows").replace("best", "top").replace("largest", "peak")
    of_both = RenamedCode(items(code, f"```{language}{code}```", ITEM))

    assert of_both.coverage.select("items", "checked", "too_short").row(0) == (3, 1, 0)
    assert of_both.find(documents(code, renamed, f"In {language}:\n```{language}{renamed}```\n")).is_empty()
    beside = f"```{language}{code}```\nand in Python\n```python{RENAMED}```\n"
    assert of_both.find(documents(beside))["item_id"].to_list() == ["i2"]
    assert Benchmarks(items(code)).find(documents(code, renamed))["id"].to_list() == ["d0"]


def test_data_and_configuration_that_parse_as_python_are_no_code_of_each_other():
    """JSON and the assignments of an INI file are Python to look at."""
    data = '{"name": "ana", "age": 3, "tags": ["a", "b"], "at": {"x": 1.5, "y": -2, "open": true}, "more": [null, 4]}'
    other = data.replace("ana", "bo").replace("3", "7").replace("1.5", "2.5").replace("-2", "9")
    settings = "\n".join(f"key_{row} = {row}" for row in range(30))
    assert RenamedCode(items(data, settings)).find(documents(other, settings.replace("= ", "= 7"))).is_empty()


def test_a_long_run_counts_though_it_is_a_small_part():
    step = "    for a in sorted(b, key=len):\n        if a > c and not d:\n            c = max(c, a - len(b), min(b))\n"
    item = f"def f(b, c, d):\n{''.join(step.replace('max', name) for name in ('max', 'min', 'sum', 'pow') * 6)}"
    part = (
        f"def g(x, y, z):\n{step}{step.replace('max', 'min')}{step.replace('max', 'sum')}{step.replace('max', 'pow')}"
    )
    (long,) = RenamedCode(items(item)).find(documents(part)).rows(named=True)
    assert (long["words"] >= 120, long["is_fragment"]) == (True, False)
    (short,) = RenamedCode(items(item)).find(documents(f"def g(x, y, z):\n{step}")).rows(named=True)
    assert short["is_fragment"] is True


def test_code_in_a_call_that_is_written_as_json_is_found():
    call = json.dumps({"name": "run", "arguments": [{"code": RENAMED, "timeout": 3}]})
    assert found(call) == found(RENAMED)
    assert found(call[:-2]) == []


def test_some_programs_of_a_text_that_is_written_as_json_are_looked_for():
    others = [f"def f{row}(x):\n    return g{row}(x, {row})\n" for row in range(MOST_WRITTEN - 1)]
    held = ["1 2 3\n4\n" * 20, *others, ITEM]
    assert found(RENAMED, item=json.dumps(held))
    assert not found(RENAMED, item=json.dumps([*others, *others[:1], ITEM]))
