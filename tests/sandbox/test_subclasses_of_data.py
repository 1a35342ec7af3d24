"""What a result of another type than a built-in one says for itself counts, also where only its data reaches the driver."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

COUNT = "from collections import Counter\ndef f(s): return Counter(s)\n"
LEVELS = "from enum import IntEnum\nclass L(IntEnum):\n LOW = 1\n HIGH = 2\n def __str__(self): return self.name\ndef f(): return [L.LOW, L.HIGH]\n"
PAIR = "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)\n"
ONE_BASED = "class OneBased(list):\n def __getitem__(self, i): return super().__getitem__(i - 1)\ndef f(xs): return OneBased(xs)\n"
COLOR = "from enum import Enum\nclass Color(str, Enum):\n RED = 'red'\ndef f(): return Color.RED\n"

RIGHT = [
    pytest.param(COUNT, "assert f('aab')['a'] == 2\nassert f('aab')['z'] == 0", id="missing-key"),
    pytest.param(COUNT, "def check(candidate):\n    r = candidate('aab')\n    assert r['a'] == 2\n    assert r['z'] == 0", id="missing-key-of-a-name"),
    pytest.param(COUNT, "for text, ch, n in [('ab', 'a', 1), ('ab', 'z', 0)]:\n    assert f(text)[ch] == n", id="missing-key-in-a-loop"),
    pytest.param(COUNT, "assert f('aab') - f('a') == {'a': 1, 'b': 1}", id="difference"),
    pytest.param(COUNT, "assert f('aab') + f('b') == {'a': 2, 'b': 2}", id="sum"),
    pytest.param("from collections import defaultdict\ndef f(xs):\n d = defaultdict(list)\n for x in xs: d[len(x)].append(x)\n return d\n", "r = f(['a', 'bb'])\nassert r[1] == ['a']\nassert r[7] == []", id="defaultdict"),
    pytest.param("from collections import defaultdict\ndef f(s):\n d = defaultdict(lambda: 0)\n for c in s: d[c] += 1\n return d\n", "r = f('aab')\nassert r['a'] == 2\nassert r['z'] == 0 and r == {'a': 2, 'b': 1, 'z': 0}", id="defaultdict-of-a-function"),
    pytest.param("from collections import defaultdict\ndef f(s):\n d = defaultdict(lambda: defaultdict(int))\n for c in s: d[c][c] += 1\n return d\n", "r = f('aab')\nassert r['a']['a'] == 2\nassert r['z']['z'] == 0", id="nested-defaultdict"),
    pytest.param("from collections import defaultdict\ndef f(s, d=None):\n d = defaultdict(lambda: 7) if d is None else d\n d[s] += 1\n return d\n", "import random\nr = f('a')\nf('b', r)\nassert r == {'a': 8, 'b': 8}", id="defaultdict-that-goes-back"),
    pytest.param("def f(d, keys): return sum(d[k] for k in keys)\n", "from collections import defaultdict\nd = defaultdict(lambda: 0, a=1)\nassert f(d, ['a', 'z']) == 1\nassert d == {'a': 1, 'z': 0}", id="defaultdict-of-a-function-of-the-tests"),
    pytest.param("def f(d, words):\n for w in words: d[len(w)].add(w)\n return d\n", "from collections import defaultdict\nclass Bag(set):\n    def add(self, x): super().add(x.lower())\nd = f(defaultdict(Bag), ['A', 'b', 'cd'])\nassert d[1] == {'a', 'b'} and d[2] == {'cd'} and d[3] == set()", id="defaultdict-of-a-class-of-the-tests"),
    pytest.param(LEVELS, "assert [str(x) for x in f()] == ['LOW', 'HIGH']", id="text-of-members"),
    pytest.param(LEVELS, "assert ','.join(map(str, f())) == 'LOW,HIGH'", id="joined-members"),
    pytest.param(COLOR, "assert f() == 'red' and len(f()) == 3", id="member-that-is-a-text"),
    pytest.param(COUNT, "assert sorted(f('aab')) == ['a', 'b'] and isinstance(f('a'), dict)", id="keys"),
    pytest.param(PAIR, "assert f'{f()}' == 'P(x=1, y=2)'", id="text-of-a-named-tuple"),
    pytest.param(ONE_BASED, "r = f([5, 6])\nassert r[1] == 5\nassert r[2] == 6", id="items-of-its-own"),
    pytest.param("from collections import OrderedDict\ndef f(): return OrderedDict([('a', 1), ('b', 2)])\n", "d = f()\nd.move_to_end('a')\nassert list(d) == ['b', 'a']", id="order"),
]  # fmt: skip

NOT_FAILED = [
    pytest.param("from collections import defaultdict\ndef f():\n t = lambda: defaultdict(t)\n return t()\n", "t = f()\nassert t['a']['b'] == {}", id="tree"),
    pytest.param("class CI(dict):\n def __getitem__(self, k): return super().__getitem__(k.lower())\n def __contains__(self, k): return super().__contains__(k.lower())\ndef f(d): return CI((k.lower(), v) for k, v in d.items())\n", "d = f({'A': 1})\nassert d['A'] == 1\nassert 'A' in d", id="keys-in-any-case"),
    pytest.param("class Mod7(int):\n def __add__(self, o): return Mod7((int(self) + int(o)) % 7)\ndef f(x): return Mod7(x % 7)\n", "assert f(5) + f(4) == 2", id="sum-of-its-own"),
]  # fmt: skip

WRONG = [
    pytest.param("from collections import Counter\ndef f(s): return Counter(s[1:])\n", "assert f('aab')['a'] == 2", id="count"),
    pytest.param(COUNT, "assert f('aab')['z'] == 1", id="missing-key"),
    pytest.param("from collections import defaultdict\ndef f(s): return defaultdict(lambda: 3)\n", "assert f('aab')['z'] == 0", id="missing-key-by-a-function"),
    pytest.param(COUNT, "assert f('aab') == {'a': 2}", id="dictionary"),
    pytest.param(PAIR, "assert f() == (2, 1)", id="named-tuple"),
    pytest.param(COUNT, "assert type(f('aab')) == dict", id="type-of-a-counter"),
    pytest.param(COUNT, "assert type(f('aab')) is dict", id="type-of-a-counter-itself"),
    pytest.param(COLOR, "assert f'{f()}' == 'red'", id="text-of-a-member"),
    pytest.param(COLOR, "assert '%s' % f() == 'red'", id="formatted-member"),
    pytest.param(COLOR, "assert ','.join(map(str, [f()])) == 'red'", id="joined-text-of-a-member"),
    pytest.param(ONE_BASED, "assert f([5, 6])[0] == 5", id="item-of-its-own"),
    pytest.param("class L(list):\n def __eq__(self, other): return True\n __hash__ = None\ndef f(x): return L()\n", "assert f(2) == [1]", id="liar-equality"),
    pytest.param("from collections import defaultdict\nclass L:\n def __eq__(self, other): return True\n __hash__ = None\ndef f(x): return defaultdict(L)\n", "assert f(2)['a'] == 3", id="liar-factory"),
    pytest.param("class D(dict):\n def __missing__(self, key): return self\n def __eq__(self, other): return True\n __hash__ = None\ndef f(x): return D()\n", "assert f(2)['a'] == 3", id="liar-missing"),
    pytest.param("class I(int):\n def __add__(self, other): return 7\n __radd__ = __add__\ndef f(x): return I(0)\n", "assert f(2) + 3 == 7", id="liar-sum"),
    pytest.param("class S(str):\n def __format__(self, spec): return S('right')\n def __eq__(self, other): return True\n __hash__ = str.__hash__\ndef f(x): return S('wrong')\n", "assert f(2) == 'right'", id="liar-text"),
]  # fmt: skip


@pytest.mark.parametrize(("solution", "tests"), RIGHT)
def test_a_type_that_knows_more_than_its_data_is_asked(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.outcome is Outcome.PASS, judgement


@pytest.mark.parametrize(("solution", "tests"), NOT_FAILED)
def test_an_answer_that_only_its_type_could_give_is_no_wrong_one(bench, solution, tests):
    assert bench.judge(solution, tests, "f").reason in ("", "tests:undecided")


@pytest.mark.parametrize(("solution", "tests"), WRONG)
def test_a_wrong_result_of_such_a_type_does_not_pass(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.outcome is not Outcome.PASS, judgement


@pytest.mark.parametrize(("solution", "tests"), WRONG[:6])
def test_a_wrong_result_whose_type_claims_nothing_fails(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.reason == "wrong-answer", judgement
