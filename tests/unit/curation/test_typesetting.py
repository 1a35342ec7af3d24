"""What typesetting puts between words or within them hides no text of a benchmark, and code is read as it stands."""

import pytest

from stillroom.curation.benchmark_search import searches
from stillroom.curation.contamination import Benchmarks
from stillroom.curation.mark_kernels import TYPESET
from stillroom.curation.typesetting import without_typesetting
from stillroom.curation.word_readings import marks_of
from tests.unit.curation.test_contamination import documents, items

PRICES = "A store sold 10,000 apples and 2,500 pears in March and then 1,212,750 apples and 3,000 pears in April"
FOX = "The quick brown fox jumps over the lazy dog while seven small children watch"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(PRICES.replace(",", ""), id="none"),
        *(
            pytest.param(PRICES.replace(",", one), id=repr(one))
            for one in ("{,}", "\\,", ",\\!", "\\\\,", "\u2009", "\u202f", "\u00a0", "\uff0c")
        ),
    ],
)
def test_a_number_is_the_same_with_any_separator_of_thousands_and_without(written: str) -> None:
    for one, other in ((PRICES, written), (written, PRICES), (written, PRICES.replace(",", ""))):
        (hit,) = Benchmarks(items(one)).find(documents("nothing", f"It says: {other}.")).rows(named=True)
        assert (hit["id"], hit["words"] >= 19) == ("d1", True)


def test_a_short_item_is_found_without_its_separator_and_with_another_word() -> None:
    item, held = "how many of 12,000 people live in the old city", "how many of 12000 people work in the old city"
    found = {index.method.split("@")[0] for index in searches(items(item)) if len(index.find(documents(held)))}
    assert found == {"short-items"}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(FOX.replace("lazy dog", "[lazy dog](https://en.wikipedia.org/wiki/Dog)"), id="link"),
        pytest.param(FOX.replace("lazy dog", '[lazy dog](../dog_(animal).html "A dog")'), id="link with a title"),
        pytest.param(FOX.replace("fox", "![fox](fox.png)"), id="picture"),
        pytest.param(FOX.replace("dog", "dog[1]"), id="note"),
        pytest.param(FOX.replace("fox", "fox[1][12]").replace("dog", "dog[^3]"), id="notes"),
        pytest.param(FOX.replace("dog", "dog¹"), id="raised note"),
        pytest.param(FOX.replace("dog", "dog<sup>1</sup>"), id="note of HTML"),
        pytest.param(FOX.replace("dog", 'dog<sup id="n"><a href="#1">[1]</a></sup>'), id="linked note of HTML"),
        pytest.param(FOX.replace("children", "chil**dren**"), id="bold within a word"),
        pytest.param(FOX.replace("children", "chil-\ndren"), id="a line's end"),
        pytest.param(FOX.replace("children", "chil-\n> dren"), id="a line's end in a quotation"),
        pytest.param(FOX.replace("children", "chil-\r\ndren"), id="a line's end of Windows"),
        pytest.param(FOX.replace("children", "chil-\rdren"), id="a carriage return"),
        pytest.param(FOX.replace("children", "chil-\u2028dren"), id="a line separator"),
        pytest.param(FOX.replace("children", "chil- \t\n  dren"), id="blanks before a line's end"),
        pytest.param(FOX.replace("children", "chil\u2010\ndren"), id="a hyphen of Unicode"),
        pytest.param(FOX.replace("children", "chil\u00ad\ndren"), id="a soft hyphen"),
        pytest.param(FOX.replace("children", "chil-\n# dren"), id="a line's end in a comment"),
        pytest.param(FOX.replace("children", "chil-\n    // dren"), id="a line's end in a comment of C"),
        pytest.param(FOX.replace("children", "chil-\n * dren"), id="a line's end in a long comment"),
    ],
)
def test_what_stands_between_words_or_in_them_hides_no_run(written: str) -> None:
    for one, other in ((FOX, written), (written, FOX), (written, written)):
        (hit,) = Benchmarks(items(one)).find(documents("nothing", f"So: {other} quietly")).rows(named=True)
        assert (hit["id"], hit["words"] >= 14) == ("d1", True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("1,000,000 and $1,000.50", "1000000 and $1000.50", id="twice"),
        pytest.param("[dog](a.md), [cat](#c)", "[dog], [cat]", id="links"),
        pytest.param("It ran.[1] He sat.[2][3]", "It ran. He sat.", id="after a sentence"),
        pytest.param("cat.³", "cat.", id="raised after a sentence"),
    ],
)
def test_what_is_typeset_is_read_without(text: str, plain: str) -> None:
    assert without_typesetting(text) == plain
    assert (marks_of(["a", text]) & TYPESET).tolist() == [0, TYPESET]


@pytest.mark.parametrize(
    "text",
    [
        "f(1, 000)",
        "MODEL_3411_2012_256 and 10_000",
        "in 2010,500 people",
        "1,00 or 1,0000 or 0,1234",
        "x[1] + y[2]",
        "for word in words[1]:",
        "return names[0]",
        "handlers[name](event)",
        "x**2 + y**2",
        "def f(*args, **kwargs):",
        "10 cm² and x² and 3½",
        "----\ntitle",
        "a -\nb",
        "a- b\n- c",
        "1-\n2",
        "well-known",
    ],
)
def test_code_formulas_and_lists_are_read_as_they_stand(text: str) -> None:
    assert without_typesetting(text) == text


def test_text_of_a_million_brackets_is_read_to_its_end() -> None:
    for text in ("](" * 500_000, "](" + "." * 1_000_000, "**" + "x" * 1_000_000, "a" + "[1]" * 300_000):
        assert without_typesetting(text + " 1,000").endswith(" 1000")
