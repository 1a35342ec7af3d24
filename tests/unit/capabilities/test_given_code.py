"""What a task's prompt defines is the tests' own where they use it, so that no answer can define it anew."""

import pytest

from stillroom.capabilities.python_code.given_code import with_given_code

ASKED = 'def decode(s):\n    """Undo ``encode``."""\n'
ENCODE = "def encode(s):\n    return s[::-1]\n"
TESTS = "assert decode(encode('abc')) == 'abc'\n"


def given(prompt: str, tests: str = TESTS) -> str:
    return with_given_code(tests, prompt, "decode").removesuffix(tests.rstrip("\n")).rstrip("\n")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param(ENCODE + ASKED, ENCODE, id="function"),
        pytest.param("import math\n" + ENCODE + ASKED, ENCODE, id="what-is-not-used-stays"),
        pytest.param(
            "N = 26 * 2\nimport math\ndef encode(s):\n    return math.pow(N, len(s))\n" + ASKED,
            "N = 26 * 2\nimport math\ndef encode(s):\n    return math.pow(N, len(s))\n",
            id="with-what-it-needs",
        ),
        pytest.param(
            "def shift(c):\n    return c\ndef encode(s):\n    return shift(s)\n" + ASKED,
            "def shift(c):\n    return c\ndef encode(s):\n    return shift(s)\n",
            id="helper-of-a-helper",
        ),
        pytest.param(
            "import functools\n@functools.cache\ndef encode(s):\n    return s\n" + ASKED,
            "import functools\n@functools.cache\ndef encode(s):\n    return s\n",
            id="decorated",
        ),
        pytest.param(
            "from typing import List\ndef encode(s: List[str]):\n    return s\n" + ASKED,
            "from typing import List\ndef encode(s: List[str]):\n    return s\n",
            id="annotated",
        ),
        pytest.param(ENCODE + ASKED + "    return s\n", ENCODE, id="whole-prompt"),
        pytest.param(
            "class Node:\n    pass\ndef encode(s):\n    return Node()\n" + ASKED,
            "def encode(s):\n    return Node()\n",
            id="class-stays-with-the-answer",
        ),
    ],
)
def test_tests_begin_with_what_they_use_of_the_prompt(prompt: str, expected: str) -> None:
    assert given(prompt) == expected.rstrip("\n")


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param(ASKED, id="nothing-there"),
        pytest.param("def encode(s):\n    '''Yours as well.'''\n" + ASKED, id="left-open"),
        pytest.param("def encode(s):\n    raise NotImplementedError\n" + ASKED, id="not-implemented"),
        pytest.param("class encode:\n    def __init__(self, s): self.s = s\n" + ASKED, id="class"),
        pytest.param("seen = []\ndef encode(s):\n    seen.append(s)\n    return s\n" + ASKED, id="that-keeps-things"),
        pytest.param(
            "n = 0\ndef encode(s):\n    global n\n    n += 1\n    return s\n" + ASKED, id="that-counts-its-calls"
        ),
        pytest.param("Write `decode`, which undoes `encode`.", id="prose"),
    ],
)
def test_what_the_answer_has_to_define_or_may_change_stays_with_it(prompt: str) -> None:
    assert with_given_code(TESTS, prompt, "decode") == TESTS


def test_tests_that_define_a_name_themselves_keep_their_own() -> None:
    tests = "def encode(s):\n    return s\n" + TESTS

    assert with_given_code(tests, ENCODE + ASKED, "decode") == tests


def test_what_has_to_stand_first_stays_there() -> None:
    tests = "from __future__ import annotations\n" + TESTS

    assert with_given_code(tests, ENCODE + ASKED, "decode").splitlines()[:2] == [
        "from __future__ import annotations",
        "def encode(s):",
    ]


def test_the_entry_point_is_never_the_tests_own() -> None:
    prompt = ENCODE + ASKED + "    return s[::-1]\n"

    assert "def decode" not in with_given_code(TESTS, prompt, "decode")
