"""A formula is found however it is written: in LaTeX of any spelling, in Unicode, in HTML or on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.benchmark_search import searches
from stillroom.curation.contamination import Benchmarks
from stillroom.curation.markup import readings
from stillroom.curation.word_readings import readings_of_words
from stillroom.wording import words_in
from tests.unit.curation.test_contamination import documents, items

WRITTEN = {  # each in ways that chat models and copies of benchmarks have
    "powers": (
        "Let $x$, $y$ and $z$ be reals with $x^2+y^2+z^2=1$. Find the maximum of $x^3+y^3+z^3-3xyz$.",
        "Let x, y and z be reals with x²+y²+z²=1. Find the maximum of x³+y³+z³\u22123xyz.",
        "Let x, y and z be reals with x<sup>2</sup>+y<sup>2</sup>+z<sup>2</sup>=1. Find"
        " the maximum of x<sup>3</sup>+y^3+z^3-3xyz.",
    ),
    "indices": (
        "If $a_1 = 2$ and $a_{n+1} = a_n^2 - 1$, what is the value of $a_5$ modulo $10^3$?",
        "If a₁ = 2 and aₙ₊₁ = aₙ² \u2212 1, what is the value of a₅ modulo 10³?",
    ),
    "fractions": (
        r"Let $z=\cos \frac{4 \pi}{7} + \sin \frac{4 \pi}{7}.$ Compute $\frac{z}{1 + z^2} + \frac{z^2}{1 + z^4}.$",
        r"Let $z=\cos \dfrac{4 \pi}{7} + \sin \tfrac{4 \pi}{7}.$ Compute $\dfrac{z}{1 + z^2} + \dfrac{z^2}{1 + z^4}.$",
        "Let z=cos(4π/7) + sin(4π/7). Compute z/(1 + z²) + z²/(1 + z⁴).",
    ),
    "relations": (
        r"Find all real $x$ with $2^{x+1} + 3^{x} \le 10^2$ and $x^2 - 4x + 3 \ge \frac12$.",
        r"Find all real $x$ with $2^{x+1} + 3^{x} \leq 10^2$ and $x^2 - 4x + 3 \geq \frac{1}{2}$.",
        "Find all real x with 2ˣ⁺¹ + 3ˣ ≤ 10² and x² \u2212 4x + 3 ≥ ½.",
    ),
    "sums": (
        r"So \(3 * 3 = 9\) sprints are run by him, then \(9 * 60 = 540\) metres are run",
        r"So \(3 \times 3 = 9\) sprints are run by him, then \(9 \cdot 60 = 540\) metres are run",
        "So 3 \u00d7 3 = 9 sprints are run by him, then 9 · 60 = 540 metres are run",
    ),
    "environments": (
        r"Take \begin{align*} x + y &= 3, \\ x - y &= 1 \pmod{7} \end{align*} and give the product of x and y",
        r"Take \begin{cases} x + y = 3, \\ x - y = 1 \bmod 7 \end{cases} and give the product of x and y",
        "Take x + y = 3, x - y = 1 (mod 7) and give the product of x and y",
    ),
    "in plain ASCII": (
        r"Find the value of $\frac{4\pi}{7}$ when $x \le \sqrt{2}$ and $\sin\theta \le \frac{1}{2}$ in \triangle ABC",
        "Find the value of 4*pi/7 when x <= sqrt(2) and sin(theta) <= 1/2 in triangle ABC",
        "Find the value of 4π/7 when x ≤ √2 and sin θ ≤ 1/2 in △ABC",
    ),
    "degrees": (
        r"In a triangle angle A is $30^\circ$ and angle B is $45^{\circ}$ so what is angle C",
        "In a triangle angle A is 30° and angle B is 45° so what is angle C",
        "In a triangle angle A is 30 degrees and angle B is 45 degrees so what is angle C",
    ),
    "chemistry": (
        "how many moles of CO2 and of H2O come from 3 moles of C2H4 when all of it burns in O2",
        "how many moles of CO₂ and of H₂O come from 3 moles of C₂H₄ when all of it burns in O₂",
    ),
}
PAIRS = [(name, one, other) for name, ways in WRITTEN.items() for one in ways for other in ways]


@pytest.mark.parametrize(("item", "held"), [pytest.param(one, other, id=name) for name, one, other in PAIRS])
def test_a_formula_is_found_in_every_way_of_writing_it(item: str, held: str) -> None:
    (hit,) = (
        Benchmarks(items(item)).find(documents("nothing", f"The task was: {held} Now I solve it.")).rows(named=True)
    )
    assert (hit["id"], hit["words"] >= 13) == ("d1", True)


@pytest.mark.parametrize("held", ["log2(8) + log3(27) plus x1 and x2", "log_2(8) + log_3(27) plus x_1 and x_2"])
def test_indices_are_found_on_the_line(held: str) -> None:
    item = r"What is $\log_2 8 + \log_{3} 27$ plus $x_1$ and $x_{2}$ and the sum of all"
    written = f"What is {held} and the sum of all"
    for one, other in ((item, written), (written, item)):
        assert Benchmarks(items(one)).find(documents("nothing", other))["id"].to_list() == ["d1"]


def test_a_short_item_is_found_with_another_word_and_another_spelling() -> None:
    item = r"find the positive root $r$ of $\dfrac{r}{2} \geq x^2$"
    held = "find the negative root r of r/2 ≥ x²"
    found = {index.method.split("@")[0] for index in searches(items(item)) if len(index.find(documents(held)))}
    assert found == {"short-items"}


@given(st.lists(st.sampled_from(["x", "12", "so", "\\frac", "\\le ", "²", "ₙ", " ", "π", "\\n", "&lt;"]), max_size=25))
def test_every_reading_of_markup_is_one_of_words(parts: list[str]) -> None:
    text = "".join(parts)
    found = readings_of_words(text)
    assert found[: len(readings(text))] == readings(text)
    assert len(set(found)) == len(found) <= 14


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no formula: 3 * 3 = 9, x^2 and a_1",
        "naïve, “quoted” … and 编写",
        "re.compile('[0-9]+')",
        r"a \{ b \$ c \, d",
        r"no more than an escape that was cut: \xff and \uwe",
        "Ελλάδα είναι μια χώρα",
    ],
)
def test_what_has_no_formula_is_read_once(text: str) -> None:
    assert readings_of_words(text) == [text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(r"\sin^2 x \leq \frac12", "sin 2 x 1 2", id="functions are said"),
        pytest.param(r"\max_{i} a_i \pmod 7", "max i a i mod 7", id="with what stands below them"),
        pytest.param(r"\infty \int x \lim\limits", "x lim", id="no command that begins like a function"),
        pytest.param(r"\begin{array}{c|cc} a & b \end{array}", "a b", id="environments"),
        pytest.param(r"\text{if } x", "if x", id="texts"),
        pytest.param(r"\\frac{1}{2}", "1 2", id="escaped as in JSON"),
        pytest.param("4π/7 + Δx", "4 7 x", id="Greek letters"),
        pytest.param("πr² and αβ", "r 2 and", id="with others"),
    ],
)
def test_commands_and_lone_letters_of_greek_are_no_words(text: str, words: str) -> None:
    found = readings_of_words(f"Find what is asked: {text}")
    assert words_in(found[1]) == ["find", "what", "is", "asked", *words.split()]


@pytest.mark.parametrize(
    "text", [r"\{1, 2, 3\} \cup \{4, 5\}", "4π/7 + 2π", r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}"]
)
def test_what_is_nothing_but_a_formula_keeps_its_commands(text: str) -> None:
    """Else bare numbers and letters would be an item."""
    assert readings_of_words(text) == [text]


def test_environments_that_are_never_named_are_read_to_their_end() -> None:
    text = "Find what is asked: " + "\\begin{" * 150_000 + "x"
    assert words_in(readings_of_words(text)[-1])[-1] == "x"
