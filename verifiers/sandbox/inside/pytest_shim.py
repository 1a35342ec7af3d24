"""The few names of pytest that model-written tests use, for the process that runs them."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportOptionalMemberAccess=false, reportArgumentType=false, reportOperatorIssue=false, reportAssignmentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
import importlib
import itertools
import numbers
import re
import types

from link_proxies import Proxy, of
from pytest_marks import Failed, Marks, Param, Skipped


class raises:
    """``with raises(ValueError, match="..."): ...`` or ``raises(ValueError, f, x)``, and what is known of the error."""

    link = None  # gives the tests up where they ask for what is not done here

    def __new__(cls, expected_exception, function=None, *arguments, match=None, check=None, **keywords):
        """Call the function at once where there is one."""
        self = super().__new__(cls)
        self.expected, self._pattern, self._check = expected_exception, match, check
        self.value, self.type = None, None
        if function is not None:
            with self:
                function(*arguments, **keywords)
        return self

    def __init__(self, *arguments, **keywords):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            fail(f"{self.expected} was not raised")
        if not issubclass(kind, self.expected):
            return False
        self.link.asked.expected(error, self.expected)
        self.value, self.type = error, kind
        if self._pattern is not None:
            self.match(self._pattern)
        if self._check is not None and not self._check(error):
            fail(f"the check of {error!r} does not hold")
        return True

    @property
    def typename(self):
        """The name of the error's type."""
        return self.type.__name__

    def match(self, pattern):
        """Fail unless the error's text matches."""
        if not re.search(pattern, str(self.value)):
            raises.link.asked.failed()
            raise AssertionError(f"{pattern!r} does not match {str(self.value)!r}")
        return True

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        self.link.give_up(f"the tests ask pytest.raises for {name!r}")


class approx:
    """Equal within a relative tolerance of 1e-6 or an absolute one of 1e-12, as in pytest."""

    __array_ufunc__ = None  # so that arrays leave it to this whether they are near
    __array_priority__ = 100

    def __init__(self, expected, rel=None, abs=None, nan_ok=False):  # noqa: A002 - pytest's own name
        self.is_array, expected = _is_of_numpy(expected), _listed(expected)
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def _near(self, expected, found):
        if isinstance(expected, dict):
            found = _mapping(found)
            return found is not None and expected.keys() == found.keys() and all(
                self._near(value, found[key]) for key, value in expected.items()
            )  # fmt: skip
        if isinstance(expected, (list, tuple)):
            if not hasattr(found, "__len__") or isinstance(found, (str, bytes, dict)):
                return False
            items = list(itertools.islice(found, len(expected) + 1))  # an object's length is not its word for them
            return len(expected) == len(items) and all(map(self._near, expected, items))
        if not isinstance(expected, numbers.Number) or isinstance(expected, bool):
            return expected == found
        if not isinstance(found, numbers.Number):
            return expected == found
        # By its name: the module would be in every program's memory for the few tests that have imported it themselves.
        if (type(expected).__module__, type(expected).__name__) == ("decimal", "Decimal") and type(found) is not Proxy:
            return self._near_decimal(expected, found)
        if expected == found:
            return True
        if expected != expected:
            return self.nan_ok and found != found
        if abs(expected) == float("inf"):  # no tolerance of it is one
            return False
        relative = (self.rel if self.rel is not None else 0 if self.abs is not None else 1e-6) * abs(expected)
        return abs(expected - found) <= max(relative, self.abs if self.abs is not None else 1e-12)

    def _near_decimal(self, expected, found):
        number = type(expected)
        if expected == found or not (expected.is_finite() and number(found).is_finite()):
            return expected == found or (self.nan_ok and expected.is_nan() and found != found)
        share = self.rel if self.rel is not None else 0 if self.abs is not None else "1e-6"
        least = self.abs if self.abs is not None else "1e-12"
        tolerance = max(number(str(share)) * abs(expected), number(str(least)))
        return abs(expected - number(found)) <= tolerance

    def __eq__(self, found):
        if _is_of_numpy(found):
            if found.ndim and not isinstance(self.expected, (list, tuple, dict)):
                return found.size > 0 and all(self._near(self.expected, each) for each in found.ravel().tolist())
            found = found.tolist()
        elif self.is_array and type(found) in (int, float, complex):
            return all(each == found for each in self._each())
        return self._near(self.expected, found)

    def _each(self):
        """One for each item of the array that is expected, which stands beside a single number."""
        rows = [self.expected]
        while rows:
            row = rows.pop()
            if isinstance(row, list):
                rows += row
            else:
                yield approx(row, self.rel, self.abs, self.nan_ok)

    __hash__ = None

    def __repr__(self):
        return f"approx({self.expected!r})"


def _is_of_numpy(value):
    """Whether a value is an array or a number of numpy's own, by its own type."""
    return type(value).__module__ == "numpy" and hasattr(type(value), "tolist")


def _listed(value):
    """Arrays and numbers of numpy's as Python's, also within lists and dictionaries."""
    if _is_of_numpy(value):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(map(_listed, value))
    return {key: _listed(each) for key, each in value.items()} if type(value) is dict else value


def _mapping(found):
    """What is a dictionary here, or is one underneath in the other process; None where it is none."""
    if type(found) is not Proxy:
        return found if issubclass(type(found), dict) else None
    data = of(found).data()
    if not data:
        of(found).decline("whether an object is near a dictionary")
    return data[0] if type(data[0]) is dict else None


def fail(reason="", *_, **__):
    """Fail the test."""
    raises.link.asked.failed()
    raise Failed(reason)


def skip(reason="", *_, **__):
    """Leave the test out."""
    raise Skipped(reason)


def importorskip(name, *_, **__):
    """The module of this name; leave the test out where there is none."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Skipped(f"there is no {name!r}") from None


def fixture(*arguments, scope="function", params=None, autouse=False, name=None, **_):
    """A function whose result a test of that parameter name gets."""

    def decorate(function):
        function.is_fixture, function.is_autouse, function.scope = True, autouse, scope
        function.fixture_name, function.has_parameters = name, params is not None
        return function

    return decorate(arguments[0]) if arguments and callable(arguments[0]) else decorate


class _Pytest(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raises.link.give_up(f"the tests use pytest.{name}")


def module(link):
    """A module ``pytest`` with these names; what else the tests ask of it gives them up."""
    raises.link = link
    return _MODULE


_MODULE = _Pytest("pytest")  # made once, in the template
_MODULE.__dict__.update(
    raises=raises,
    approx=approx,
    fail=fail,
    skip=skip,
    param=Param,
    xfail=skip,
    importorskip=importorskip,
    fixture=fixture,
    mark=Marks(),
    main=lambda *_: 0,
)
