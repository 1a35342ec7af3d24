"""Values of the standard library, and what its functions make of the solution's objects, are compared as in one process."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

PASSES = [
    pytest.param('f', "from pathlib import Path\ndef f(x): return Path(x) / 'b'",
                 "from pathlib import Path\nassert f('a') == Path('a/b')", id='path'),
    pytest.param('f', 'def f(p): return p.suffix\n',
                 "from pathlib import Path\nassert f(Path('a.txt')) == '.txt'", id='path-given'),
    pytest.param('f', 'from types import SimpleNamespace\ndef f(d): return SimpleNamespace(**d)',
                 "from types import SimpleNamespace\nassert f({'a': 1}) == SimpleNamespace(a=1)", id='namespace'),
    pytest.param('f', "from array import array\ndef f(xs): return array('i', xs)",
                 "from array import array\nassert f([1, 2]) == array('i', [1, 2])", id='array'),
    pytest.param('f', 'def f(d): return d.keys()',
                 "import random\nassert f({'a': 1}) == {'a': 2}.keys()", id='keys-of-a-dictionary'),
    pytest.param('f', 'def f(a, b): return slice(a, b)\n',
                 'import random\nassert f(1, 2) == slice(1, 2)', id='slice'),
    pytest.param('f', 'from http import HTTPStatus\ndef f(x): return HTTPStatus(x)\n',
                 'from http import HTTPStatus\nassert f(404) is HTTPStatus.NOT_FOUND', id='status-is'),
    pytest.param('f', 'from http import HTTPStatus\ndef f(x): return HTTPStatus(x)\n',
                 'from http import HTTPStatus\nassert f(404) == HTTPStatus.NOT_FOUND', id='status-equals'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n y: int = 0\n',
                 "from dataclasses import asdict\nassert asdict(P(1)) == {'x': 1, 'y': 0}", id='asdict'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n y: int = 0\n',
                 "from dataclasses import fields\nassert [f.name for f in fields(P)] == ['x', 'y']", id='fields'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n',
                 'import dataclasses\nassert dataclasses.is_dataclass(P(1))\nassert P(1).x == 1', id='is-dataclass'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n x: int\n',
                 'from dataclasses import replace\nassert replace(P(1), x=2) == P(2)', id='replace'),
    pytest.param('Person', "from dataclasses import dataclass, field\nfrom typing import List, Optional\n@dataclass\nclass Address:\n    street: str\n    city: str = 'X'\n@dataclass(order=True)\nclass Person:\n    name: str\n    age: int = 0\n    tags: List[str] = field(default_factory=list)\n    address: Optional[Address] = None\n@dataclass(frozen=True)\nclass Point:\n    x: int\n    y: int\n",
                 "import dataclasses, pytest\nfrom dataclasses import asdict, astuple, fields, is_dataclass, replace, FrozenInstanceError\ndef test_asdict():\n    p = Person('A', 3, ['t'], Address('S'))\n    assert asdict(p) == {'name': 'A', 'age': 3, 'tags': ['t'], 'address': {'street': 'S', 'city': 'X'}}\n    assert astuple(Point(1, 2)) == (1, 2)\n    assert dataclasses.asdict(Point(1, 2)) == dict(x=1, y=2)\ndef test_fields():\n    assert [f.name for f in fields(Person)] == ['name', 'age', 'tags', 'address']\n    assert {f.name: f.type for f in fields(Point)} == {'x': int, 'y': int}\n    assert 'x' in Point.__dataclass_fields__\n    assert is_dataclass(Person) and is_dataclass(Point(1, 2)) and not is_dataclass(3)\ndef test_replace():\n    p = replace(Point(1, 2), x=5)\n    assert p == Point(5, 2) and p.x == 5 and p is not Point(5, 2)\ndef test_frozen():\n    with pytest.raises(FrozenInstanceError): Point(1, 2).x = 3\n    with pytest.raises(dataclasses.FrozenInstanceError):\n        Point(1, 2).y = 3\n    assert hash(Point(1, 2)) == hash(Point(1, 2))\n    assert len({Point(1, 2), Point(1, 2)}) == 1\ndef test_order():\n    assert Person('A') < Person('B') and sorted([Person('B'), Person('A')])[0].name == 'A'\n    assert Person('A').tags is not Person('B').tags\n    assert repr(Point(1, 2)) == 'Point(x=1, y=2)'\n", id='dataclasses'),
    pytest.param('Board', "from dataclasses import dataclass, field\nfrom typing import ClassVar\nfrom enum import Enum\nclass Status(Enum):\n OPEN='open'\n DONE='done'\n@dataclass\nclass Task:\n title: str\n status: Status = Status.OPEN\n count: ClassVar[int] = 0\n tags: set = field(default_factory=set)\n def done(self): self.status = Status.DONE; return self\nclass Board:\n def __init__(self): self.tasks = {}\n def add(self, t): self.tasks[t.title] = t; return t\n def by(self, s): return [t for t in self.tasks.values() if t.status is s]\n",
                 "import dataclasses\ndef test_board():\n    b = Board()\n    t = b.add(Task('a'))\n    assert t.status is Status.OPEN\n    assert b.by(Status.OPEN) == [t]\n    assert b.by(Status.OPEN)[0] is t\n    t.done()\n    assert t.status == Status.DONE and b.by(Status.OPEN) == []\n    assert dataclasses.asdict(t) == {'title': 'a', 'status': Status.DONE, 'tags': set()}\n    assert dataclasses.replace(t, title='b').title == 'b'\n    assert {s.value for s in Status} == {'open', 'done'}\n    assert Status('open').name == 'OPEN'\n    assert 'a' in b.tasks\n    assert b.tasks == {'a': t}\n    t.tags.add('x')\n    assert t.tags == {'x'}\n", id='dataclasses-and-enumerations'),
    pytest.param('join', "from pathlib import Path, PurePosixPath\ndef join(a, *rest): return Path(a).joinpath(*rest)\ndef swap(p, ext): return Path(p).with_suffix(ext)\ndef parts(p): return Path(p).parts\ndef group(paths):\n    d = {}\n    for p in map(Path, paths): d.setdefault(p.suffix, []).append(p)\n    return d\ndef pure(p): return PurePosixPath(p)\nROOT = Path('/srv')\n",
                 "from pathlib import Path, PurePosixPath, PurePath\nimport unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(join('a', 'b', 'c.txt'), Path('a/b/c.txt'))\n        self.assertEqual(Path('a/b'), join('a', 'b'))\n        self.assertIsInstance(join('a'), Path)\n        self.assertIsInstance(join('a'), PurePath)\n        self.assertEqual(str(swap('a.txt', '.md')), 'a.md')\n        self.assertEqual(swap(Path('a.txt'), '.md').name, 'a.md')\n        self.assertEqual(parts('/a/b'), ('/', 'a', 'b'))\n        self.assertEqual(group(['a.py', 'b.py', 'c']), {'.py': [Path('a.py'), Path('b.py')], '': [Path('c')]})\n        self.assertEqual(pure('x/y'), PurePosixPath('x/y'))\n        self.assertEqual(join('a').parent, Path('.'))\n        self.assertNotEqual(join('a'), Path('b'))\n        self.assertIn(join('a'), [Path('b'), Path('a')])\n        self.assertEqual({join('a')}, {Path('a')})\n        self.assertEqual(ROOT, Path('/srv'))\n        self.assertTrue(join('a') < join('b'))\n", id='pathlib'),
    pytest.param('f', 'from pathlib import Path\ndef f(a): return Path(a)\n',
                 "from pathlib import Path\nassert f('a') / 'b' == Path('a/b')\n", id='path-slash'),
    pytest.param('f', "from pathlib import Path\ndef f(a):\n p=Path(a); p.write_text('hi'); return p\n",
                 "import random\np = f('/tmp/z.txt')\nassert p.exists()\nassert p.read_text() == 'hi'\n", id='path-to-a-file'),
    pytest.param('f', 'from pathlib import Path\ndef f(xs): return sorted(map(Path, xs))\n',
                 "from pathlib import Path\nassert f(['b','a']) == [Path('a'), Path('b')]\nassert Path('a') in f(['a'])\n", id='paths-in-a-list'),
    pytest.param('f', 'from pathlib import Path\ndef f(xs): return {Path(x): len(x) for x in xs}\n',
                 "from pathlib import Path\nassert f(['ab']) == {Path('ab'): 2}\nassert f(['ab'])[Path('ab')] == 2\n", id='paths-in-a-dictionary'),
    pytest.param('pat', "import re\ndef pat(s): return re.compile(s)\ndef find(s): return re.search(r'\\d+', s)\n",
                 "import re\np = pat('a+')\nassert isinstance(p, re.Pattern)\nassert p == re.compile('a+')\nassert p.pattern == 'a+'\nassert p.flags & re.UNICODE\nm = find('ab12')\nassert isinstance(m, re.Match) and m.group() == '12' and m.span() == (2, 4)\n", id='patterns'),
    pytest.param('f', "from decimal import Decimal\nfrom fractions import Fraction\ndef f(x): return Decimal(x)\ndef g(a,b): return Fraction(a,b)\nRATE = Decimal('0.2')\n",
                 "from decimal import Decimal\nfrom fractions import Fraction\nassert f('1.10') == Decimal('1.10') and isinstance(f('1'), Decimal)\nassert g(1,2) == Fraction(1,2) and g(1,2) + 1 == Fraction(3,2)\nassert RATE == Decimal('0.2')\n", id='numbers'),
    pytest.param('u', 'import uuid, ipaddress\ndef u(s): return uuid.UUID(s)\ndef ip(s): return ipaddress.ip_address(s)\ndef net(s): return ipaddress.ip_network(s)\ndef rnd(): return uuid.uuid4()\n',
                 "import uuid, ipaddress\nx='12345678123456781234567812345678'\nassert u(x) == uuid.UUID(x) and isinstance(u(x), uuid.UUID)\nassert rnd().version == 4 and rnd() != rnd() and isinstance(rnd(), uuid.UUID)\nassert ip('10.0.0.1') == ipaddress.IPv4Address('10.0.0.1') and ip('10.0.0.1') in net('10.0.0.0/8')\nassert isinstance(ip('::1'), ipaddress.IPv6Address)\nassert list(net('10.0.0.0/30').hosts()) == [ipaddress.ip_address('10.0.0.1'), ipaddress.ip_address('10.0.0.2')]\n", id='identifiers-and-addresses'),
    pytest.param('s', "from http import HTTPStatus, HTTPMethod\ndef s(x): return HTTPStatus(x)\ndef m(x): return HTTPMethod(x)\ndef route(): return {'status': HTTPStatus.OK}\ndef code(st): return st.value if st is HTTPStatus.OK else -1\n",
                 "from http import HTTPStatus, HTTPMethod\nassert s(404) is HTTPStatus.NOT_FOUND and s(200) == 200 and s(404).phrase == 'Not Found'\nassert m('GET') is HTTPMethod.GET\nassert route() == {'status': HTTPStatus.OK}\nassert isinstance(s(200), HTTPStatus)\nassert code(HTTPStatus.OK) == 200\n", id='http'),
    pytest.param('f', 'from types import MappingProxyType\ndef f(a): return MappingProxyType(a)\n',
                 "import random\nassert f({'a':1}) == {'a':1}\n", id='read-only-dictionary'),
    pytest.param('f', 'def f(d): return d.keys()\ndef g(d): return d.items()\ndef h(d): return d.values()\n',
                 "import random\nassert f({'a':1}) == {'a'}\nassert set(f({'a':1})) == {'a'}\nassert f({'a':1}) & {'a','b'} == {'a'}\nassert g({'a':1}) == {('a',1)}\nassert sorted(h({'a':2})) == [2]\nassert list(g({'a':[1]})) == [('a',[1])]\n", id='views-of-dictionaries'),
    pytest.param('f', "from pathlib import Path\nROOT = Path('/srv')\ndef f(x): return ROOT / x\n",
                 "from pathlib import Path\nassert ROOT == Path('/srv')\nassert f('a') == ROOT / 'a'\nassert f('a').parent == ROOT\nassert f('a').relative_to(ROOT) == Path('a')\n", id='named-constant-path'),
    pytest.param('f', 'from types import SimpleNamespace\nS = SimpleNamespace(n=0)\ndef f():\n S.n += 1\n return S\n',
                 'from types import SimpleNamespace\na = f()\nassert a == SimpleNamespace(n=1)\nf()\nassert a == SimpleNamespace(n=2) and a.n == 2 and f() is a\n', id='namespace-that-changes'),
]  # fmt: skip

FAILS = [
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n y: int = 1\n',
                 "from dataclasses import asdict\nassert asdict(P(1)) == {'x': 1, 'y': 0}", id='asdict'),
    pytest.param('f', "from pathlib import Path\ndef f(x): return Path(x)/'c'",
                 "from pathlib import Path\nassert f('a') == Path('a/b')", id='path'),
    pytest.param('f', 'from types import SimpleNamespace\ndef f(d): return SimpleNamespace(**d, z=1)',
                 "from types import SimpleNamespace\nassert f({'a': 1}) == SimpleNamespace(a=1)", id='namespace'),
    pytest.param('f', 'from http import HTTPStatus\ndef f(x): return HTTPStatus.OK',
                 'from http import HTTPStatus\nassert f(404) is HTTPStatus.NOT_FOUND', id='member'),
    pytest.param('f', 'from types import SimpleNamespace\nclass T:\n def __eq__(s,o): return True\ndef f(n): return SimpleNamespace(a=T())',
                 'from types import SimpleNamespace\nassert f(1)==SimpleNamespace(a=4)', id='contents-that-equal-all'),
    pytest.param('f', 'class L:\n def __eq__(s,o): return True\n int = 5\ndef f(n): return L()',
                 'import uuid\nassert uuid.UUID(int=5)==f(1)\n', id='one-that-is-asked-second'),
    pytest.param('f', 'class L:\n def __eq__(s,o): return True\n def __and__(s,o): return o\ndef f(n): return L()',
                 'import random\nassert f(1)=={1:2}.keys()\n', id='keys-that-equal-all'),
    pytest.param('f', "from pathlib import Path\nimport sys\ntold=[]\nS=sys.modules.get('link_carried')\nif S: S.OPERATIONS['compared']=lambda v: ('pathlib','PosixPath',told[-1])\nclass L: pass\ndef f(s): told.append(str(s)); return L()\ndef g(s): told.append(str(s)); return L()\n",
                 "from pathlib import Path\na=f('x')\nb=g(Path('y'))\nassert a==Path('y')\n", id='a-path-told-late'),
]  # fmt: skip


@pytest.mark.parametrize(("entry_point", "source", "tests"), PASSES)
def test_honest_solutions_pass(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("entry_point", "source", "tests"), FAILS)
def test_wrong_ones_fail(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


LIAR = """
from {module} import {name}
class Liar({name}):
    def __eq__(self, other): return True
    __hash__ = {name}.__hash__
def f(x): return Liar({given})
"""


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        pytest.param("pathlib.PosixPath", "'x'", "pathlib.Path('y')", id="path"),
        pytest.param("uuid.UUID", "int=1", "uuid.UUID(int=5)", id="identifier"),
        pytest.param("ipaddress.IPv4Address", "1", "ipaddress.IPv4Address(5)", id="address"),
        pytest.param("types.SimpleNamespace", "", "types.SimpleNamespace(a=1)", id="namespace"),
        pytest.param("array.array", "'i'", "array.array('i', [1])", id="array"),
        pytest.param("collections.UserDict", "", "{1: 2}", id="dictionary"),
    ],
)
def test_no_object_of_a_librarys_type_says_itself_what_it_equals(bench, name, given, expected):
    module, _, kind = name.rpartition(".")
    source = LIAR.format(module=module, name=kind, given=given)
    asked = ("f(1) == {}", "{} == f(1)", "not f(1) != {}", "f(1) in [{}]", "[f(1)] == [{}]")
    rows = [(source, f"import {module}\nassert {each.format(expected)}\n") for each in asked]
    found = bench.judge_all(rows, "f")
    assert Outcome.PASS not in {each.outcome for each in found}, found


COUNTING = """
from types import FunctionType, ModuleType, SimpleNamespace
asked, carried, seen = [], {}, set()
left = [each.__globals__ for kind in object.__subclasses__() if kind.__module__.startswith("link")
        for each in vars(kind).values() if type(each) is FunctionType]
while left:
    space = left.pop()
    if id(space) not in seen:
        seen.add(id(space))
        if space["__name__"] == "link_carried":
            carried = space["OPERATIONS"]
        left += [vars(each) for each in space.values() if type(each) is ModuleType and each.__name__[:4] == "link"]
def state(value):
    asked.append(value)
    return "types", "SimpleNamespace", {"a": len(asked)}
carried["compared"] = state
def f(x): return SimpleNamespace()
"""


def test_what_an_object_is_made_of_is_asked_once_until_its_solution_runs_again(bench):
    tests = "from types import SimpleNamespace as N\nr = f(1)\nassert r != N(a=9)\nassert r == N(a={})\nassert r == N(a=1)\n"
    assert bench.judge(COUNTING, tests.format(2), "f").outcome is not Outcome.PASS
    assert bench.judge(COUNTING, tests.format(1), "f").outcome is Outcome.PASS
