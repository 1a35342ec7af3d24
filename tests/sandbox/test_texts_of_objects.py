"""What tests make a text of, a group of exceptions or a queue, is judged as what it is; what nothing comes to is not."""

# ruff: noqa: E501 - programs: they are data
import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

TEXT = (
    "class Text:\n    def __init__(self, text): self.text = text\n    def __str__(self): return self.text\n"
    "    def __repr__(self): return f'Text({self.text!r})'\n    def __format__(self, spec): return format(self.text, spec)\n"
)
GROUP = "def run():\n    raise ExceptionGroup('failed', [ValueError('a'), ExceptionGroup('more', [TypeError('b')])])\n"
OWN_GROUP = (
    "class Failures(ExceptionGroup):\n    def derive(self, found): return Failures(self.message, found)\n" + GROUP
)
LAST = "from collections import deque\ndef last(xs, n): return deque(xs, maxlen=n)\n"
HONEST = {
    "f-string": (TEXT, "t = Text('a')\nassert f'{t}' == 'a'\nassert f'{t!r}' == \"Text('a')\"\nassert f'{t:>3}' == '  a'\n"),
    "format": (TEXT, "t = Text('a')\nassert '{}'.format(t) == 'a'\nassert format(t, '>3') == '  a'\n"),
    "percent": (TEXT, "t = Text('a')\nassert '%s' % t == 'a'\nassert 'one of %s and %r' % (t, t) == \"one of a and Text('a')\"\n"),
    "of-a-list": (TEXT, "assert repr([Text('a')]) == \"[Text('a')]\"\nassert str([Text('a'), 1]) == \"[Text('a'), 1]\"\n"),
    "join": (TEXT, "assert ', '.join(str(x) for x in [Text('a'), Text('b')]) == 'a, b'\n"),
    "group": (GROUP, "import pytest\ndef test_run():\n    with pytest.raises(ExceptionGroup) as found:\n        run()\n"
              "    a, more = found.value.exceptions\n    assert found.value.message == 'failed' and isinstance(a, ValueError)\n"
              "    assert [str(each) for each in more.exceptions] == ['b']\n"),
    "group-in-parts": (GROUP, "def test_run():\n    got = []\n    try:\n        run()\n    except* ValueError as found:\n"
                       "        got += [str(each) for each in found.exceptions]\n    except* TypeError as found:\n"
                       "        got += [type(found).__name__]\n    assert got == ['a', 'ExceptionGroup']\n"),
    "own-group": (OWN_GROUP.replace("ExceptionGroup('f", "Failures('f"), "import pytest\ndef test_run():\n"
                  "    with pytest.raises(Failures) as found:\n        run()\n    assert len(found.value.exceptions) == 2\n"),
    "longest": (LAST, "from collections import deque\nkept = last([1, 2, 3], 2)\nassert kept == deque([2, 3])\nassert kept.maxlen == 2\n"
                "kept.append(4)\nassert list(kept) == [3, 4] and last([], None).maxlen is None\n"),
}  # fmt: skip


@pytest.mark.parametrize("start", [pytest.param("", id="calls"), pytest.param("import random\n", id="process")])
@pytest.mark.parametrize(("source", "tests"), [pytest.param(*each, id=name) for name, each in HONEST.items()])
def test_what_is_made_of_objects_is_judged(bench, source, tests, start):
    found = bench.judge(source, start + tests)
    assert found.outcome is Outcome.PASS, found


WRONG = {
    "f-string": (TEXT.replace("format(self.text", "format('b'"), HONEST["f-string"][1]),
    "of-a-list": (TEXT, "assert repr([Text('a')]) == \"[Text('b')]\"\n"),
    "group": (GROUP.replace("ValueError", "KeyError"), HONEST["group"][1]),
    "longest": (LAST.replace("maxlen=n", "maxlen=9"), HONEST["longest"][1]),
}  # fmt: skip
LYING = (
    "class Text(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
    "class Same:\n    def __init__(self, text): pass\n    def __format__(self, spec): return Text('b')\n"
)


@pytest.mark.parametrize(("source", "tests"), [pytest.param(*each, id=name) for name, each in WRONG.items()])
def test_what_is_made_of_wrong_objects_fails(bench, source, tests):
    found = bench.judge(source, tests)
    assert found.outcome is Outcome.FAIL, found


def test_no_text_of_its_own_passes_for_what_it_should_be(bench):
    assert bench.judge(LYING, "assert f'{Same(\"a\")}' == 'a'\n").outcome is not Outcome.PASS


ENDS = {
    "sys-exit": "import sys\nassert f(2) in (0, 4)\nsys.exit(0)\nassert f(2) == 4\n",
    "exit": "assert f(2) in (0, 4)\nexit()\nassert f(2) == 4\n",
    "in-a-test": "import sys\ndef test_f():\n    assert f(2) in (0, 4)\n    sys.exit()\n    assert f(2) == 4\n",
    "by-the-system": "import os\nassert f(2) in (0, 4)\nos._exit(0)\nassert f(2) == 4\n",
}


@pytest.mark.parametrize("tests", [pytest.param(each, id=name) for name, each in ENDS.items()])
def test_assertions_behind_the_tests_own_end_are_none(bench, tests):
    found = bench.judge("def f(x): return 0\n", tests)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable"), found


def test_tests_may_end_by_an_exit_behind_all_that_they_assert(bench):
    found = bench.judge("def f(x): return 4\n", "import sys\nassert f(2) == 4\nsys.exit(0)\n")
    assert found.outcome is Outcome.PASS, found
