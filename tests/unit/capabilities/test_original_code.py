"""An answer's source says where it has a prompt's own classes, so that its process can look after them."""

import pytest

from stillroom.capabilities.python_code.given_code import doubted
from stillroom.records import NO_ORIGINALS, Answer, Originals

IMPORT = "from dataclasses import dataclass\n"
POINT = "@dataclass\nclass Point:\n    x: int\n    y: int\n"
ASKED = "def move(p):\n    ...\n"
MOVE = "def move(p):\n    return Point(p.x + 1, p.y + 2)\n"
TESTS = "assert move(Point(1, 2)) == Point(2, 4)"


def found(source: str, prompt: str = IMPORT + POINT + ASKED, tests: str = TESTS) -> Originals:
    return doubted(Answer(text=source), tests, prompt, "move").originals


def test_a_class_that_the_tests_use_is_looked_after_where_it_stands() -> None:
    assert found(IMPORT + POINT + MOVE) == Originals(
        names=("Point", "dataclass"),
        places=(1,),
        taken=(("dataclasses", "dataclass"),),
        modules=("dataclasses",),
        functions=("move",),
        classes=("Point",),
    )


def test_what_is_said_again_need_not_be_run_again() -> None:
    one = found(IMPORT + POINT + IMPORT + POINT + MOVE)
    with_a_text = found(IMPORT + POINT + POINT + "    def __repr__(self): return ''\n" + MOVE)
    assert (one.places, one.repeated) == ((1,), (2, 3))
    assert (with_a_text.places, with_a_text.repeated) == ((1, 2), ())


def test_all_is_run_again_where_a_name_of_the_prompts_is_anothers() -> None:
    prompt = "NONE = object()\nMORE = 1\n" + IMPORT + POINT + ASKED
    one = found(prompt.removesuffix(ASKED) + "MORE = 2\nNONE = object()\n" + POINT + MOVE, prompt)
    assert (one.places, one.repeated) == ((3, 5, 6), ())


def test_what_a_class_rests_on_is_looked_after_too() -> None:
    prompt = (
        "import math\nEPS = 0.1\ndef close(a, b):\n    return math.fabs(a - b) < EPS\nclass Base:\n    pass\n"
        "class Point(Base):\n    def __eq__(self, other):\n        return close(self.x, other.x)\n"
        "class Other:\n    pass\ndef unused():\n    return 1\n"
    )
    one = found(prompt + MOVE, prompt + ASKED)
    assert one.names == ("Base", "EPS", "Point", "close", "math")
    assert one.taken == (("math", "fabs"),)
    assert one.places == (1, 2, 3, 4, 5, 6)


def test_modules_of_branches_are_none_that_a_solution_imports_in_any_case() -> None:
    one = found(
        IMPORT + POINT + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
        "try:\n    import heapq\nexcept ImportError:\n    import queue\n" + MOVE + "    import math\n"
        "if __name__ == '__main__':\n    import json\n"
    )
    assert one.modules == ("dataclasses", "heapq", "math", "typing")


@pytest.mark.parametrize(
    ("prompt", "tests"),
    [
        pytest.param("def helper(s):\n    return s\n" + ASKED, "assert move(helper(1)) == 1", id="no-class"),
        pytest.param(IMPORT + POINT + ASKED, "assert move(1) == 1", id="that-the-tests-do-not-use"),
        pytest.param("class move:\n    pass\n", "assert move().x == 1", id="that-is-asked-for"),
    ],
)
def test_nothing_is_looked_after_without_a_class_that_the_tests_use(prompt: str, tests: str) -> None:
    assert found(prompt + MOVE, prompt, tests) == NO_ORIGINALS


def test_nothing_is_looked_after_in_an_answer_of_which_no_pass_would_count() -> None:
    answer = doubted(Answer(text=IMPORT + POINT + MOVE + "Point.x = 1\n"), TESTS, IMPORT + POINT + ASKED, "move")
    assert answer.doubt
    assert answer.originals == NO_ORIGINALS


def test_classes_under_one_of_its_own_may_be_asked_for() -> None:
    prompt = IMPORT + POINT + ASKED
    own = "class A: pass\ndef move(p):\n    return [*A.__subclasses__(), *Point.__subclasses__()]\n"
    assert doubted(Answer(text=prompt + own), TESTS, prompt, "move").doubt == ""
    for other in (
        "object.__subclasses__()",
        "type(p).mro()[1].__subclasses__()",
        "getattr(object, '__subclasses__')()",
    ):
        assert doubted(Answer(text=f"{prompt}def move(p):\n    return {other}\n"), TESTS, prompt, "move").doubt


def test_a_class_is_looked_after_whose_methods_tests_ask_though_they_do_not_name_it() -> None:
    board = (
        "class Board:\n    def is_solved(self):\n        return self.done\n    def later(self):\n        ...\n"
        "    def count(self, n):\n        return n\n"
    )
    asked, answer = board + "def move(p):\n    ...\n", "def move(p):\n    return Board()\n"
    one = found(board + answer, asked, "assert move(1).is_solved()")
    assert (one.names, one.places, one.methods) == (("Board",), (0,), ("count", "is_solved"))
    assert found(board + answer, asked, "assert move(1).later()") == NO_ORIGINALS
    assert found(board + answer, asked, "assert move(1).done") == NO_ORIGINALS
    assert found(board + answer, asked, "assert move(1).count(2)") == NO_ORIGINALS


def test_what_a_class_that_is_like_the_prompts_has_beside_it_is_told() -> None:
    point = "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n"
    answer = point.replace("x, y", "a, b").replace("self.a, self.b", "self.x, self.y")
    answer += "    def __eq__(self, other): return True\n    def helper(self): self.z = 1\n"
    one = found(answer + MOVE, point + ASKED)
    assert (one.places, one.remade, one.added) == ((0,), ("Point",), ((0, ("__eq__", "helper")),))
