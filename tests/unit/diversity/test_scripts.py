"""Measures tell monotonous texts from varied ones also in scripts without spaces, and with vowel signs."""

import random
from collections.abc import Callable

import pytest

from stillroom.diversity import (
    Corpus,
    GramCounts,
    coverage,
    distinct_n,
    expected_new,
    opening,
    self_bleu,
    self_repetition,
)


def monotonous_chinese(number: int) -> str:
    return f"请编写一个函数,计算列表中第{number}个元素的平方,然后返回这个结果。"


def varied_chinese(number: int) -> str:
    draw = random.Random(number)
    return "".join(chr(draw.randrange(0x4E00, 0x9F00)) for _ in range(30)) + "。"


def monotonous_hindi(number: int) -> str:
    return f"कृपया एक फ़ंक्शन लिखें जो सूची के अंक {number} का वर्ग लौटाए।"


def varied_hindi(number: int) -> str:
    draw = random.Random(number)
    return " ".join("".join(draw.choices("कखगघचछजझटठडढणतथदधनपफबभमयरलवशसह", k=4)) + "ि" for _ in range(12))


SETS = [
    pytest.param(monotonous_chinese, varied_chinese, id="Chinese"),
    pytest.param(monotonous_hindi, varied_hindi, id="Hindi"),
]


@pytest.mark.parametrize(("monotonous", "varied"), SETS)
def test_texts_of_one_mould_are_told_from_varied_ones(
    monotonous: Callable[[int], str], varied: Callable[[int], str]
) -> None:
    same, other = (Corpus.read([text(number) for number in range(200)]) for text in (monotonous, varied))

    for n, most, least in ((1, 0.25, 0.75), (2, 0.3, 0.9)):
        low, high = distinct_n(same, n, words=1_000), distinct_n(other, n, words=1_000)
        assert low is not None
        assert high is not None
        assert low.value < most
        assert high.value > least
    assert self_repetition(same, 4) > 5 > 0.5 > self_repetition(other, 4)
    assert self_bleu(same) > 0.7 > 0.2 > self_bleu(other)


@pytest.mark.parametrize(("monotonous", "varied"), SETS)
def test_a_teacher_of_one_mould_brings_nothing_new(
    monotonous: Callable[[int], str], varied: Callable[[int], str]
) -> None:
    same, other = GramCounts(4), GramCounts(4)
    same.add([[monotonous(number % 90)] for number in range(2_000)])
    other.add([[varied(number)] for number in range(2_000)])

    assert coverage(same.seen()).value > 0.99
    assert expected_new(same.seen(), 1_000).value < 100
    assert coverage(other.seen()).value < 0.1
    assert expected_new(other.seen(), 1_000).value > 5_000


def test_openings_have_as_much_text_in_each_script() -> None:
    assert opening("编写一个函数,计算列表之和") == opening("编写一个函数来排序") == "编 写 一 个 函 数"
    assert opening("编写一段程序,计算列表之和") != opening("编写一个函数来排序")
    assert opening("कृपया एक वाक्य लिखें") == "कृपया एक वाक्य"
    assert opening("कृष्ण ने एक वाक्य लिखा") != opening("कृपया एक वाक्य लिखें")
    assert opening("- Write a function, please") == "write a function"
