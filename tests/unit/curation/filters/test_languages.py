"""The language of prose is told; code and short texts have none, and are never dropped for it."""

import sysconfig
import time
from pathlib import Path

import pytest

from stillroom.curation.filters.languages import LanguageFilter, known_languages
from stillroom.curation.filters.prose import letters, prose
from stillroom.recipe import Languages
from stillroom.recipe.filters import LANGUAGES

ENGLISH = LanguageFilter(Languages(allowed=("en",)))
FRENCH = (
    "Écrivez une fonction qui prend une liste de nombres entiers et qui renvoie la somme de tous les nombres pairs. "
    "La fonction doit renvoyer zéro si la liste est vide."
)
TEXTS = {
    "en": (
        "Write a function that takes a list of whole numbers and returns the sum of all those that are even. "
        "It returns zero where the list is empty."
    ),
    "fr": FRENCH,
    "de": (
        "Schreibe eine Funktion, die eine Liste ganzer Zahlen nimmt und die Summe aller geraden Zahlen zurückgibt. "
        "Ist die Liste leer, so gibt sie null zurück."
    ),
    "es": (
        "Escribe una función que reciba una lista de números enteros y devuelva la suma de todos los números pares. "
        "Si la lista está vacía, debe devolver cero."
    ),
    "ru": (
        "Напишите функцию, которая принимает список целых чисел и возвращает сумму всех чётных чисел. "
        "Если список пуст, функция возвращает ноль."
    ),
    "zh": "编写一个函数 接受一个整数列表 并返回所有偶数的总和。如果列表为空 则函数应当返回零。请不要使用任何外部库。",
    "ja": (
        "整数のリストを受け取り、すべての偶数の合計を返す関数を書いてください。"
        "リストが空の場合は、ゼロを返してください。"
    ),
    "hi": (
        "एक फ़ंक्शन लिखिए जो पूर्णांकों की एक सूची लेता है और सभी सम संख्याओं का योग लौटाता है। यदि सूची खाली हो तो फ़ंक्शन शून्य लौटाए।"
    ),
}


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_prose_is_dropped_for_its_language_unless_that_is_allowed(code: str) -> None:
    other = "nl" if code == "en" else "en"
    found = LanguageFilter(Languages(allowed=(other,))).find(TEXTS[code])

    assert found is not None
    assert found.reason == f"language:{code}"
    assert f"is in language {code} by its prose" in found.said
    assert LanguageFilter(Languages(allowed=(other, code))).find(TEXTS[code]) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Bonjour tout le monde", id="short"),
        pytest.param("", id="empty"),
        pytest.param("\0\x01\x02" * 100, id="binary"),
        pytest.param(f"```python\n# {FRENCH}\nprint('{FRENCH}')\n```", id="code in a fence"),
        pytest.param(f"```\n{FRENCH}\n", id="code that was cut off"),
        pytest.param(f"{TEXTS['en']}\n\n```text\n{FRENCH}\n{FRENCH}\n```", id="English with a quotation"),
        pytest.param("    " + FRENCH.replace(". ", ".\n    "), id="indented"),
        pytest.param("x = 1\n" * 200, id="program"),
        pytest.param(" ".join(f"`{word}`" for word in FRENCH.split()), id="names"),
        pytest.param(
            "https://fr.wikipedia.org/wiki/Liste_des_nombres_premiers_et_des_nombres_parfaits " * 9, id="links"
        ),
    ],
)
def test_what_has_no_language_is_not_dropped(text: str) -> None:
    assert ENGLISH.find(text) is None


def test_prose_around_code_has_its_language() -> None:
    found = ENGLISH.find(f"{FRENCH}\n\n```python\nfor number in numbers:\n    print('the sum of it', number)\n```\n")
    assert found is not None
    assert found.reason == "language:fr"


PRICES = (
    "Un comerciante vende manzanas a {} cada una. El lunes vendió cuarenta manzanas y el martes vendió el doble que el "
    "lunes, pero el miércoles llovió y nadie vino a la tienda. Si gastó {} en transporte, ¿cuánto ganó?"
)


@pytest.mark.parametrize(
    "prices", [("$2", "$50"), ("2$", "50$"), ("$ 2", "$ 50"), ("US$2", "US$50"), ("\\$2", "\\$50")]
)
def test_prose_between_two_prices_is_no_formula(prices: tuple[str, str]) -> None:
    found = ENGLISH.find(PRICES.format(*prices))
    assert found is not None
    assert found.reason == "language:es"


@pytest.mark.parametrize(
    "formula", ["$x$", "$f(x) = 2$", "$$ a + b $$", "$$a+b$$", "$x$-$y$", "$\\frac{a}{b}$", "$c = \\$2$", "$5x$"]
)
def test_a_formula_is_no_prose(formula: str) -> None:
    kept = prose(f"From {formula}, and {formula} we see that all of it holds.")
    assert kept.replace("-", " ").split() == ["From", ",", "and", "we", "see", "that", "all", "of", "it", "holds."]


def test_a_name_of_a_region_counts_as_its_language() -> None:
    cantonese = "佢哋琴日去咗邊度食飯呀。我哋聽日一齊去睇戲啦 你話好唔好。嗰間餐廳啲嘢好好食㗎 你一定要試吓至得。"
    assert LanguageFilter(Languages(allowed=("zh",))).find(cantonese) is None


def test_the_confidence_of_the_recipe_decides_about_mixed_texts() -> None:
    mixed = (
        "Le menu: ratatouille, boeuf bourguignon, crème brûlée, salade niçoise, soupe au pistou, "
        "and then a slice of apple pie with cream on top"
    )
    assert LanguageFilter(Languages(allowed=("en",))).find(mixed) is None
    found = LanguageFilter(Languages(allowed=("en",), least_confidence=0.65)).find(mixed)
    assert found is not None
    assert found.reason == "language:fr"


def test_programs_without_a_fence_are_in_no_other_language() -> None:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:60]
    assert len(files) == 60
    assert [file.name for file in files if ENGLISH.find(file.read_text(encoding="utf-8", errors="replace"))] == []


def test_the_recipe_knows_just_the_languages_that_are_told_apart() -> None:
    assert known_languages() == LANGUAGES


def test_letters_of_scripts_without_spaces_count_threefold() -> None:
    assert (letters("ab 1"), letters("每一")) == (2, 6)


@pytest.mark.parametrize("unit", ["a", "`", "```\n", "<", "$a", "a://", "\n", "    x\n", "周", "word "])
def test_a_giant_text_takes_bounded_time(unit: str) -> None:
    begun = time.process_time()
    ENGLISH.find(unit * (50_000_000 // len(unit)))
    assert time.process_time() - begun < 5


def test_of_a_giant_text_both_ends_are_looked_at() -> None:
    found = prose(f"first words\n{'x = 1' * 100_000}\nlast words")
    assert found == "first words\nlast words"
