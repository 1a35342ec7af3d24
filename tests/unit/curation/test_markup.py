"""Text that was scraped with its HTML is the text that a reader saw, and nothing else is lost for it."""

import json

import polars as pl
import pytest

from stillroom.curation.benchmark_search import searches
from stillroom.curation.contamination import Benchmarks
from stillroom.curation.markup import readings, with_readings
from stillroom.wording import words_in
from tests.unit.curation.test_contamination import documents, items

PLAIN = "if the first number a < b print the sum of both it's the same for a & b and so on to the end"
SCRAPED = (
    "<p>If the first number a &lt; b<br/>print the <b>sum</b> of&nbsp;both it&#39;s the "
    '<a href="x.html">same</a> for a &amp; b and&#x20;so on<br>to the end</p>'
)
CHINESE = "小明有三十五个苹果 他给了小红十二个 又从市场买了二十个苹果 请问小明现在一共有多少个苹果"
FRENCH = "Élodie achète trois cahiers à deux euros pièce, et une règle à quatre euros: combien dépense-t-elle cet été?"
CODE = """
def largest_gap(numbers, least=0):
    ordered = sorted(numbers)
    best = least
    for left, right in zip(ordered, ordered[1:]):
        if right - left > best and left < right:
            best = right - left
    return best
"""


@pytest.mark.parametrize(("item", "held"), [(PLAIN, SCRAPED), (SCRAPED, PLAIN), (SCRAPED, SCRAPED), (PLAIN, PLAIN)])
def test_markup_on_either_side_hides_no_run_of_words(item: str, held: str) -> None:
    (hit,) = Benchmarks(items(item)).find(documents("nothing", f"It says: {held}.")).rows(named=True)
    assert (hit["id"], hit["words"] >= 20) == ("d1", True)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("item", [pytest.param(CHINESE, id="chinese"), pytest.param(FRENCH, id="french")])
def test_letters_that_json_escapes_hide_no_run_of_words(item: str, times: int) -> None:
    """As ``json.dumps`` writes a chat, unless it is told otherwise."""
    written: object = [{"role": "user", "content": item}]
    for _ in range(times):
        written = json.dumps(written)
    for one, other in ((item, str(written)), (str(written), item)):
        assert Benchmarks(items(one)).find(documents("nothing", other))["id"].to_list() == ["d1"]


def test_an_answer_is_found_without_the_sums_that_were_written_for_a_calculator() -> None:
    annotated = (
        "She sold 48/2 = <<48/2=24>>24 clips in May, so 48+24 = <<48+24=72>>72 clips in all, which is what was asked."
    )
    plain = "She sold 48/2 = 24 clips in May, so 48+24 = 72 clips in all, which is what was asked."
    for item, held in ((annotated, plain), (plain, annotated), (annotated, annotated)):
        (hit,) = Benchmarks(items(item)).find(documents("nothing", f"It says: {held}")).rows(named=True)
        assert (hit["id"], hit["words"] >= 20) == ("d1", True)


def test_a_short_item_and_renamed_code_are_found_behind_markup() -> None:
    short = "how many <b>apples</b> does the old farmer sell in&nbsp;May"
    escaped = f"<pre>{CODE.replace('<', '&lt;').replace('>', '&gt;')}</pre>"
    held = "how many pears does the old farmer sell in May"
    found = {index.method.split("@")[0] for index in searches(items(short)) if len(index.find(documents(held)))}
    assert found == {"short-items"}
    renamed = CODE.replace("best", "b").replace("left", "x").replace("right", "y").replace("numbers", "n")
    methods = {index.method.split("@")[0] for index in searches(items(escaped)) if len(index.find(documents(renamed)))}
    assert "renamed-code" in methods


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("a &lt; b", "a < b", id="entity"),
        pytest.param("it&#39;s &#x41;", "it's A", id="by number"),
        pytest.param("a &amp;lt; b", "a < b", id="escaped twice"),
        pytest.param("one<br>two<BR />three", "one two three", id="line ends"),
        pytest.param('<img src="a.png" alt="x"> y', "  y", id="attributes"),
        pytest.param("first\\nsecond\\t\\r\\nthird", "first second   third", id="escaped blanks"),
        pytest.param("&lt;b&gt;bold&lt;/b&gt;", " bold ", id="escaped tags"),
        pytest.param("caf\\u00e9 \\u4e2d\\u6587 \\ud83d\\ude00", "café 中文 😀", id="escaped letters"),
        pytest.param("\\ufeffa\\ufffeb \\ufeff\\u4e2d", "\ufeffa\ufffeb \ufeff中", id="marks of the order of bytes"),
        pytest.param("chil<b>dren</b> chil<wbr>dren", "children  children", id="tags within words"),
        pytest.param('<a href="x">dog</a>s, <b><i>c</i></b>at', " dogs,   cat", id="that close there"),
        pytest.param("<span>one</span><span>two</span>", " one  two ", id="words of their own"),
        pytest.param("one</section><section>two<mark>x</mark>", "one  twox ", id="parts of a page"),
        pytest.param("one <!-- a - b -->two", "one  two", id="remarks"),
        pytest.param("x<sup>2</sup> CO<sub>2</sub> a<sup>n</sup>", "x² CO₂ a n ", id="raised and lowered"),
        pytest.param("a&nbsp b &lt c", "a\xa0b < c".replace("\xa0b", "\xa0 b"), id="entities without an end"),
        pytest.param("the%20caf%C3%A9", "the café", id="percents"),
    ],
)
def test_what_is_markup_is_read_as_well(text: str, plain: str) -> None:
    assert readings(text) == [text, plain]


def test_tags_of_escaped_letters_are_read_with_both_undone_first() -> None:
    text = "\\u003cb\\u003ebold \\u0026amp; \\ud83d"
    assert readings(text) == [text, " bold & \ufffd", "<b>bold &amp; \ufffd"]


SUMS = "So he has 48/2 = <<48/2=24>>24 clips\nand then 2*24 = <<2*24=48>>48 of them"


@pytest.mark.parametrize("text", [SUMS, SCRAPED])
def test_escapes_and_markup_are_also_undone_by_themselves(text: str) -> None:
    """Of 13 words some may be an annotation's or a tag's: who writes them as JSON has them all."""
    escaped = {tuple(words_in(reading)) for reading in readings(json.dumps(text)[1:-1])}
    assert {tuple(words_in(reading)) for reading in readings(text)} <= escaped


def test_13_words_of_which_some_are_an_annotation_s_are_found_as_json_writes_them() -> None:
    run = SUMS[SUMS.index("48/2 =") : SUMS.index(" of them")]
    for item, held in ((SUMS, json.dumps(run)), (json.dumps(SUMS), run)):
        assert len(Benchmarks(items(item)).find(documents(held))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no markup",
        "a < b and c > d",
        "vector<int> x; map<string, int>",
        "R&D; AT&T",
        "&nosuch;",
        r"\usepackage{xy} C:\users",
        pytest.param("\\" * 1_000_000 + "unknown", id="a million backslashes"),
        "x <- y",
        "a << b",
        "100%% 20 and %d of 20%",
    ],
)
def test_what_is_no_markup_is_read_as_it_stands(text: str) -> None:
    assert readings(text) == [text]


@pytest.mark.parametrize("command", [r"\theta", r"\times", r"\rho", r"\neq", r"\right", r"\nabla", r"\text{x}"])
def test_commands_of_latex_are_words(command: str) -> None:
    assert readings(f"${command}$") == [f"${command}$"]


def test_letters_behind_an_escape_are_found_as_they_stand_and_as_they_were_meant() -> None:
    text = "remove the vowels of abcdef\\nghijklm and give back what is left of it then"
    for held in (text, text.replace("\\n", " "), text.replace("\\n", " n")):
        assert Benchmarks(items(text)).find(documents(held))["words"].to_list() == [15]


@pytest.mark.parametrize("begin", ["\ni", "\ne", "\nu", "\to", "\tt", "\rm"])
def test_a_line_of_escaped_text_may_begin_with_a_name_that_ends_a_command_of_latex(begin: str) -> None:
    code = f"first we need to know{begin} and v are the ends of an edge"
    for item, held in ((code, json.dumps(code)), (json.dumps(code), code)):
        (hit,) = Benchmarks(items(item)).find(documents("nothing", held)).rows(named=True)
        assert (hit["id"], hit["words"]) == ("d1", 14)


def test_a_formula_is_found_with_its_short_commands() -> None:
    formula = r"let $\nu \ni x$ and $y \to z$ for all a b c d e f g then nu is what"
    (hit,) = Benchmarks(items(formula)).find(documents("nothing", f"So {formula}")).rows(named=True)
    assert hit["words"] == 21
    assert readings(formula)[0] == formula


def test_words_that_are_written_like_tags_are_found_where_they_stand_so() -> None:
    text = "if x <b and c> y or z <i then p> q or r <s else u> v"
    (hit,) = Benchmarks(items(text)).find(documents(f"{text} once more")).rows(named=True)
    assert hit["words"] == 18


def test_an_item_with_markup_is_one_item() -> None:
    frame = with_readings(items(SCRAPED, PLAIN))
    assert frame["item_id"].to_list() == ["i0", "i0", "i1"]
    assert Benchmarks(items(SCRAPED, "too <b>short</b>")).coverage.rows() == [("bench", 2, 1, 1)]


def test_no_items_have_no_readings() -> None:
    none = pl.DataFrame(schema={"benchmark": pl.String(), "item_id": pl.String(), "text": pl.String()})
    assert with_readings(none).is_empty()
