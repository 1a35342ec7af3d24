"""The marks of pytest: with what cases they have a test run, and whether they leave it out.

A test that is left out says nothing, so that no condition of the solution's may leave one out. Whatever a mark asks
that is not done here gives the tests up.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false
import types


class Failed(BaseException):
    """A test asked to fail; no Exception, as in pytest, so that tests do not take it for one of what they test."""


class Skipped(BaseException):
    """A test asked to be left out; no Exception either."""


class Mark:
    """``pytest.mark.NAME``, with what it was called with."""

    def __init__(self, name, arguments=(), keywords=None):
        self.name, self.arguments, self.keywords = name, arguments, keywords or {}

    def __call__(self, *arguments, **keywords):
        """Mark a test, or take more arguments."""
        if len(arguments) == 1 and not keywords and _is_test(arguments[0]):
            arguments[0].pytestmark = [*_marks_of(arguments[0]), self]
            return arguments[0]
        return Mark(self.name, (*self.arguments, *arguments), {**self.keywords, **keywords})


class Marks:
    """``pytest.mark``."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return _parametrize if name == "parametrize" else Mark(name)


class Param:
    """A case of ``parametrize`` with marks of its own."""

    def __init__(self, *values, marks=(), id=None):  # noqa: A002 - pytest's own name
        self.values, self.marks = values, [marks] if type(marks) is Mark else list(marks)


class Case:
    """What a test is run with: its parameters, and the marks that hold for it."""

    def __init__(self, parameters, marks):
        self.parameters, self.marks = parameters, marks

    @property
    def used(self):
        """Names of the fixtures that a mark asks for."""
        return [str(name) for each in self.marks if each.name == "usefixtures" for name in each.arguments]


def cases(*owners):
    """The cases of a test that bears the marks of these: itself, its class, its module."""
    marks = [mark for owner in owners for mark in _marks_of(owner)]
    found = [Case({}, [mark for mark in marks if mark.name != "parametrize"])]
    for mark in marks:
        if mark.name == "parametrize":
            rows = mark.arguments[0]
            found = [Case({**old.parameters, **row}, [*old.marks, *more]) for old in found for row, more in rows]
    return found


def held(case, run, joined, used_at_load):
    """``run``, unless a mark leaves it out, which is asked when it is called.

    Args:
        case: what it is run with.
        run: a test.
        joined: gives up what is not done here.
        used_at_load: whether the solution was used before the marks were made, so that a condition may be its own.
    """

    def run_held():
        for mark in case.marks:
            _hold(mark, joined, used_at_load)
        return run()

    return run_held


def _hold(mark, joined, used_at_load):
    """Raise what the mark asks for, or nothing."""
    if mark.name == "skip":
        raise Skipped(str(mark.keywords.get("reason", "skip")))
    if mark.name in ("skipif", "xfail") and _applies(mark, joined):
        if used_at_load or mark.keywords.get("strict"):
            joined.give_up(f"what {mark.name} says of a test may depend on the solution")
        raise Skipped(str(mark.keywords.get("reason", mark.name)))
    if mark.name == "filterwarnings" and str(mark.arguments[:1]).startswith("('error"):
        joined.give_up("warnings of the solution are not heard")
    if mark.name == "indirect":
        joined.give_up("parametrize by fixtures")


def _applies(mark, joined):
    conditions = [*mark.arguments, *([mark.keywords["condition"]] if "condition" in mark.keywords else [])]
    if any(isinstance(each, str) for each in conditions):
        joined.give_up(f"{mark.name} with a condition in a text")
    return any(conditions) if conditions else mark.name == "xfail"


def _parametrize(argnames, argvalues, indirect=False, **_):
    """A mark with the parameters and the marks of each case; where there are none, the test is left out."""
    names = [each.strip() for each in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    names = [name for name in names if name]
    rows = []
    for value in argvalues:
        is_param = type(value) is Param
        given = value.values if is_param else value if len(names) > 1 else (value,)
        marks = [*(value.marks if is_param else ()), *([Mark("indirect")] if indirect else ())]
        rows.append((dict(zip(names, given, strict=True)), marks))
    return Mark("parametrize", (rows or [({}, [Mark("skipif", (True,), {"reason": "no cases"})])],))


def _marks_of(owner):
    """The marks on a function, a class, or under ``pytestmark`` in a module."""
    found = owner.get("pytestmark", ()) if isinstance(owner, dict) else getattr(owner, "pytestmark", ())
    return [each for each in (found if type(found) in (list, tuple) else [found]) if type(each) is Mark]


def _is_test(value):
    """Whether a value is a function or a class of this process, by its own type: an object may claim any other."""
    return type(value) is types.FunctionType or issubclass(type(value), type)
