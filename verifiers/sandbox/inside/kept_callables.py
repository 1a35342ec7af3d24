"""Says of what a prompt's judge may call in its data whether it is whose it should be.

Two kinds of calls go into data: of what is a function itself, ``self.rule(self.cells)``, and of the methods that data
has, ``self.cells.count(0)``. A rule is the tests' where they give rules, and ``count`` is what a list does, or it could
say what the answer likes.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import datetime
import decimal
import fractions
import types

from kept_data import BUILT_IN, PLAIN
from kept_shapes import bases_of, vars_of

_HAVING = (types.BuiltinFunctionType, types.FunctionType, types.MethodType, types.ModuleType, type)
WITHOUT = PLAIN - {*map(id, _HAVING)}
"""Types of what can neither be called nor has anything under a name that is not data's."""
_OF_DATA = frozenset(
    name
    for kind in (
        bytes, complex, dict, float, int, list, set, str, tuple, collections.Counter, collections.OrderedDict,
        collections.deque, datetime.datetime, datetime.timedelta, decimal.Decimal, fractions.Fraction,
    )
    for name in dir(kind)
    if name[:1] != "_"
)  # fmt: skip
"""Methods of data: who calls such does not look for an object's."""
_HOMES = frozenset(("collections", "datetime", "decimal", "fractions"))
_MOST = 1_000  # items of a container in which the tests give functions


class Callables:
    """What may be called of the data that a prompt's methods read.

    Args:
        compared: the ``kept_compared.Compared`` of the process.
        stores: the ``kept_stores.Stores`` of the prompt.
    """

    def __init__(self, compared, stores):
        self._compared, self._stores = compared, stores
        self._given = {}  # by id: what the tests gave to be called
        self._named = {}  # by what a judge reads: which of these names methods of data have

    def give(self, values):
        """Note what the tests give, of which some may be there to be called."""
        for value in [each for each in values if id(type(each)) not in WITHOUT]:
            items = value[:_MOST] if type(value) in (list, tuple) else value.values() if type(value) is dict else ()
            for each in (value, *items):
                is_class = type in bases_of(type(each))
                if callable(each) and not is_class and not self._compared.is_prompts(type(each)):
                    self._given[id(each)] = each

    def are_given(self):
        """Whether the tests gave anything to be called: then it is theirs to say what is."""
        return bool(self._given)

    def doubt(self, value):
        """Why what a judge may call is neither the tests' nor the prompt's; "" also of what cannot be called."""
        kind = type(value)
        is_tests = id(value) in self._given or "_stillroom_state_" in vars_of(kind)  # which stands for one of theirs
        if not callable(value) or is_tests or self._compared.is_prompts(kind):
            return ""
        function = value.__func__ if kind is types.MethodType else value
        if type(function) is types.FunctionType:
            return "" if self._stores.wrote(function) else _told(function.__code__.co_name)
        if type in bases_of(kind):
            is_its = self._compared.is_prompts(value) or self._stores.knows(_name(value))
            return "" if is_its or not self._compared.is_answers(value) else _told(_name(value))
        if kind is types.BuiltinFunctionType:
            return "" if self._stores.knows(value.__name__) else _told(value.__name__)
        return _told(f"an instance of {_name(kind)}")

    def named(self, reads):
        """Which of the names that a judge reads are those of methods of data."""
        if reads not in self._named:
            self._named[reads] = reads & _OF_DATA
        return self._named[reads]

    def posing(self, value, names):
        """The name of a method of data that a function, a module or a class has; "" where it has none."""
        kind = type(value)
        if type in bases_of(kind):
            held = [vars_of(each) for each in (*bases_of(value), *bases_of(kind)) if self._compared.is_answers(each)]
        elif kind is types.MethodType:
            held = [value.__func__.__dict__] if type(value.__func__) is types.FunctionType else []
        else:
            held = [value.__dict__] if kind in (types.FunctionType, types.ModuleType) else []
        return next((name for name in (*names, "__getattr__") if any(name in each for each in held)), "")

    def instead(self, value, held, names, is_free, is_left):
        """The name of a method of data under which a value has something of the answer's own; "" where it has not.

        Args:
            value: the value.
            held: its own dictionary, or None.
            names: of methods of data that a judge reads.
            is_free: whether a class of the answer's under which is no data may have such.
            is_left: says of a name whether such a class may have that, since nobody looks for data's there.
        """
        kind = type(value)
        for name in () if is_free or not held else names & held.keys():
            is_field = self._compared.is_prompts(kind) and self._stores.stores_itself(name, kind)
            if not is_field and self._is_others(held[name]):
                return name
        if not is_of_data(kind):
            names = () if is_free else {each for each in names if not is_left(each)}
        if not names:
            return ""
        for each in [each for each in bases_of(kind) if self._compared.is_answers(each)]:
            for name in names & vars_of(each).keys():
                what = vars_of(each)[name]
                if type(what) is types.MemberDescriptorType or type(what).__name__ == "_tuplegetter":
                    what = _in_field(what, value)
                if type(what) is staticmethod or type(what) is classmethod or self._is_others(what):
                    return name
        return ""

    def _is_others(self, value):
        is_prompts = type(value) is types.FunctionType and self._stores.wrote(value)
        return callable(value) and id(value) not in self._given and not is_prompts


def is_of_data(kind):
    """Whether data is underneath a class."""
    others = [each for each in bases_of(kind) if each is not object]
    return any(id(each) in BUILT_IN or vars_of(each).get("__module__") in _HOMES for each in others)


def _in_field(field, value):
    try:
        return type(field).__get__(field, value)
    except AttributeError:  # which is not set
        return None


def _told(name):
    return f"{name}, which a method of the prompt may call, is neither its nor the tests'"


def _name(kind):
    return type.__dict__["__name__"].__get__(kind)
