"""The few names of pytest that model-written tests use, for the process that runs them."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, S101
# pyright: basic, reportAssignmentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
import re
import types


class Skipped(Exception):
    """A test asked to be left out."""


class raises:
    """``with raises(ValueError, match="..."): ...`` or ``raises(ValueError, f, x)``."""

    def __new__(cls, expected, function=None, *arguments, match=None, **keywords):
        """Call the function at once where there is one."""
        self = super().__new__(cls)
        self.expected, self.match, self.value, self.type = expected, match, None, None
        if function is not None:
            with self:
                function(*arguments, **keywords)
        return self

    def __init__(self, *arguments, **keywords):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert kind is not None, f"{self.expected} was not raised"
        if not issubclass(kind, self.expected):
            return False
        self.value, self.type = error, kind
        if self.match is not None:
            assert re.search(self.match, str(error)), f"{self.match!r} does not match {str(error)!r}"
        return True


class approx:
    """Equal within a relative tolerance of 1e-6 or an absolute one of 1e-12, as in pytest."""

    def __init__(self, expected, rel=None, abs=None, nan_ok=False):  # noqa: A002 - pytest's own name
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def _near(self, expected, found):
        if isinstance(expected, dict):
            return type(found) is dict and expected.keys() == found.keys() and all(
                self._near(value, found[key]) for key, value in expected.items()
            )  # fmt: skip
        if isinstance(expected, (list, tuple)):
            return len(expected) == len(found) and all(map(self._near, expected, found))
        if not isinstance(expected, (int, float, complex)) or isinstance(expected, bool):
            return expected == found
        if not isinstance(found, (int, float, complex)):
            return expected == found
        if expected == found:
            return True
        if expected != expected:
            return self.nan_ok and found != found
        if abs(expected) == float("inf"):  # no tolerance of it is one
            return False
        relative = (self.rel if self.rel is not None else 0 if self.abs is not None else 1e-6) * abs(expected)
        return abs(expected - found) <= max(relative, self.abs if self.abs is not None else 1e-12)

    def __eq__(self, found):
        return self._near(self.expected, found)

    __hash__ = None

    def __repr__(self):
        return f"approx({self.expected!r})"


def _parametrize(names, cases, **_):
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(function):
        rows = [case if len(names) > 1 else (case,) for case in cases]
        sets = [dict(zip(names, row, strict=True)) for row in rows]
        before = getattr(function, "parameter_sets", [{}])
        function.parameter_sets = [{**old, **new} for old in before for new in sets]
        return function

    return decorate


class _Mark:
    parametrize = staticmethod(_parametrize)

    def __getattr__(self, name):
        def mark(*arguments, **keywords):
            return arguments[0] if len(arguments) == 1 and callable(arguments[0]) and not keywords else mark

        return mark


def fail(reason="", *_, **__):
    """Fail the test."""
    raise AssertionError(reason)


def skip(reason="", *_, **__):
    """Leave the test out."""
    raise Skipped(reason)


def param(*values, **_):
    """A case of ``parametrize``."""
    return values if len(values) > 1 else values[0]


def fixture(*arguments, **_):
    """A function whose result a test of that parameter name gets."""

    def decorate(function):
        function.is_fixture = True
        return function

    return decorate(arguments[0]) if arguments and callable(arguments[0]) else decorate


def module():
    """A module ``pytest`` with these names."""
    made = types.ModuleType("pytest")
    made.__dict__.update(
        raises=raises,
        approx=approx,
        fail=fail,
        skip=skip,
        param=param,
        fixture=fixture,
        mark=_Mark(),
        main=lambda *_: 0,
    )
    return made
