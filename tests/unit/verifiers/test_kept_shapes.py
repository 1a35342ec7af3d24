"""Of a class it is told when something of it acts otherwise than before, and not when it only counts or keeps."""

import importlib
from pathlib import Path

import pytest

import verifiers.sandbox.inside

SOURCE = """
import dataclasses, enum, functools, typing
def made_by(f):
    @functools.wraps(f)
    def inner(self): return f(self)
    return inner
class Base:
    def who(self): return 1
@dataclasses.dataclass
class Point(Base):
    x: int
    y: int = 0
    made = 0
    slack = 0.5
    kept = {}
    first = None
    class Inner:
        def f(self): pass
    @property
    def size(self): return self.x
    @functools.cached_property
    def far(self): return self.x
    @staticmethod
    def new(): return Point(1)
    @made_by
    def wrapped(self): return 2
    def __lt__(self, other): return self.near(other)
    def near(self, other): return abs(self.x - other.x) < self.slack
class Way(enum.Enum):
    UP = 1
    DOWN = 2
class Pair(typing.NamedTuple):
    a: int
    b: int
def helper(a, b=1, *, c=2): return a
"""


@pytest.fixture
def shapes(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    return importlib.import_module("kept_shapes").shapes


def changed(shapes, name, code):
    namespace = {"__name__": "solution"}
    exec(SOURCE, namespace)  # noqa: S102 - our own code
    before = [*shapes(namespace[name])]
    assert not any(each.change() for each in before)
    exec(code, namespace)  # noqa: S102 - our own code
    return [what for each in before if (what := each.change())]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("Point", "Point.x = property(lambda s: 0)", id="property"),
        pytest.param("Point", "Point.y = property(lambda s: 0)", id="in-place-of-data"),
        pytest.param("Point", "Point.near = lambda *given: True", id="method"),
        pytest.param("Point", "Point.__eq__ = lambda *given: True", id="comparison"),
        pytest.param("Point", "del Point.__lt__", id="left-out"),
        pytest.param("Point", "Point.__getattribute__ = lambda *given: 0", id="access"),
        pytest.param("Point", "Point.slack = 9.0", id="what-its-comparison-reads"),
        pytest.param("Point", "Point.Inner = Base", id="class-in-it"),
        pytest.param("Point", "Point.Inner.f = lambda s: 0", id="method-of-a-class-in-it"),
        pytest.param("Point", "Base.who = lambda s: 0", id="base"),
        pytest.param("Point", "class L(Base): pass\nPoint.__bases__ = (L,)", id="bases"),
        pytest.param("Point", "Point.near.__code__ = (lambda s, o: True).__code__", id="code"),
        pytest.param("Point", "Point.size.fget.__code__ = (lambda s: 0).__code__", id="code-of-a-property"),
        pytest.param("Point", "Point.new.__code__ = (lambda: 0).__code__", id="code-of-a-static-method"),
        pytest.param(
            "Point", "vars(Point)['far'].func.__code__ = (lambda s: 0).__code__", id="code-of-a-cached-property"
        ),
        pytest.param(
            "Point", "Point.wrapped.__wrapped__.__code__ = (lambda s: 0).__code__", id="code-within-a-decorator"
        ),
        pytest.param("Point", "Point.wrapped.__closure__[0].cell_contents = len", id="closure"),
        pytest.param("Point", "Point.__dataclass_fields__.pop('y')", id="fields"),
        pytest.param("Point", "dataclasses.fields(Point)[1]._field_type = None", id="kind-of-a-field"),
        pytest.param("Way", "Way._member_map_['UP'] = Way.DOWN", id="member"),
        pytest.param("Way", "Way._value2member_map_[1] = Way.DOWN", id="member-by-its-value"),
        pytest.param("Way", "type.__setattr__(Way, 'UP', Way.DOWN)", id="member-as-an-attribute"),
        pytest.param("Pair", "Pair._fields = ()", id="fields-of-a-named-tuple"),
        pytest.param("Pair", "Pair.a = Pair.b", id="item-of-a-named-tuple"),
        pytest.param("helper", "helper.__code__ = (lambda a, b=1, *, c=2: 0).__code__", id="function"),
        pytest.param("helper", "helper.__defaults__ = (3,)", id="default"),
        pytest.param("helper", "helper.__kwdefaults__['c'] = 3", id="default-by-name"),
    ],
)
def test_what_acts_otherwise_is_told(shapes, name, code):
    assert changed(shapes, name, code)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("Point", "Point.made += 1", id="counter"),
        pytest.param("Point", "Point.first = Point(1)", id="first-instance"),
        pytest.param("Point", "Point.kept = {1: 2}\nPoint.kept[3] = 4", id="cache"),
        pytest.param("Point", "Point.more = [1]", id="another-attribute"),
        pytest.param("Point", "Point.slack = 1 / 2", id="same-number"),
        pytest.param("Point", "Point.__doc__ = 'A point.'", id="text"),
        pytest.param("Point", "p = Point(1)\np.far\np.near(p)\np == Point(2)\nclass P(Point): pass", id="use"),
        pytest.param("Way", "Way(1), Way['UP'], [*Way], repr(Way.UP)", id="use-of-members"),
        pytest.param("Pair", "Pair(1, 2)._asdict()", id="use-of-a-named-tuple"),
        pytest.param("helper", "helper(1)\nhelper.calls = 1", id="attribute-of-a-function"),
    ],
)
def test_what_is_counted_or_kept_is_not(shapes, name, code):
    assert changed(shapes, name, code) == []
