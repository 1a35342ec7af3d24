"""Carries out what one process asks of the other: calls, attributes, operators and names.

The solution's side serves whatever its tests ask. The tests' side is asked by a solution that may lie: it calls what it
has given out, and gives no attribute that leads to frames, code or state.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002
# pyright: basic, reportArgumentType=false, reportOptionalCall=false
import collections
import copy
import inspect
import io
import os
import random
import types
from collections.abc import Callable

import link_carried
import link_decorated
import link_kinds
import link_owned
import link_underneath
import runner
from link_failures import Unsendable, note
from link_forms import CONTAINER, PLAIN
from link_streams import Surrounded
from link_tasks import Tasks
from link_values import Values

_HIDDEN_PREFIXES = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "im_")
_SHOWN = frozenset(("__name__", "__qualname__", "__doc__", "__module__", "__signature__", "__code__"))
_FUNCTIONS = (types.FunctionType, types.MethodType)
_OPERATORS = "add sub mul truediv floordiv mod pow matmul lshift rshift and_ or_ xor".split()  # noqa: SIM905
_SERVED = frozenset((
    *"len getitem setitem delitem contains iter next eq ne lt le gt ge hash str repr format bool".split(),  # noqa: SIM905
    *"int float complex index abs round neg pos invert divmod reversed bytes dir isinstance issubclass".split(),  # noqa: SIM905
    *_OPERATORS,
    *(f"i{name.rstrip('_')}" for name in _OPERATORS),
))  # fmt: skip
_FILES = (io.StringIO, io.BytesIO)
_OWNERS = (list, dict, set, collections.deque, *_FILES)  # whose methods a test may hand out, as in ``f(found.append)``
_MOCKS = "unittest.mock"
_PROTOCOL = frozenset(("__enter__", "__exit__", "__aenter__", "__aexit__", "__aiter__", "__anext__"))


class Unserved(AttributeError):
    """The tests' side does not do what the solution asks, which may be honest."""


class Serving:
    """What one end of a link does for the other.

    Args:
        values: reads requests and says answers.
        is_tests: whether this is the trusted end.
        lookup: on the solution's side, fetches a name.
    """

    def __init__(self, values: Values, *, is_tests: bool, lookup: Callable[[str], object] | None) -> None:
        self.values = values
        self.is_tests = is_tests
        self._lookup = lookup
        self._raised: dict[int, BaseException] = {}  # by iterators that gave items first
        self._served = {"call": self._call, "attr": self._attribute, "set": self._set, "op": self._operate,
                        "kind": self._kind}  # fmt: skip
        if not is_tests:
            self._served |= {"name": self._name, "await": self._await, "cancel": self._cancel, "plain": self._plain,
                             "copy": self._copy, "take": self._take, "seed": self._seed,
                             "folder": self._folder}  # fmt: skip
        self.watched = None  # what has to see what is given to a call or an operator before it is carried out
        self._tasks = None  # on the solution's side, once something is awaited: the loop that all of it runs in

    def carry_out(self, kind: str, *rest) -> tuple:
        """The answer to one request, as a message says it.

        Raises:
            Unserved: where the tests' side does not do that.
            Unsendable: where the answer cannot cross.
        """
        served = self._served.get(kind)
        if served is None:
            raise Unserved("unknown request")
        return served(*rest)

    def _call(self, number, arguments, keywords, surroundings) -> tuple:
        function = self.values.exports[number]
        owner = getattr(function, "__self__", None)
        if self.is_tests and isinstance(function, types.BuiltinFunctionType) and type(owner) not in _OWNERS:
            raise Unserved("the solution calls a built-in function of the tests")
        given = [self._read(each) for each in arguments]
        named = {name: self._read(each) for name, each in keywords}
        for held in (arguments, keywords):  # of data they hold the very containers, and are held by the message
            held.clear()
        if self.watched is not None:
            self.watched(function, [*given, *named.values()])
        taken = self.values.shared.taken([*given, *named.values()])
        result: list = []
        heard: list = [None, None, 0]
        try:
            if surroundings is None or self.is_tests:
                result.append(function(*given, **named))  # type: ignore[operator]
            else:
                with Surrounded(surroundings, heard, self._read):
                    result.append(function(*given, **named))  # type: ignore[operator]
        finally:
            given.clear()
            named.clear()
            self.values.shared.adopt(taken, result)
        keep = isinstance(function, type) and not self.is_tests
        return (CONTAINER, "reply", [self._said(result, keep=keep), (PLAIN, heard)])

    def _read(self, spec) -> object:
        """The value that a request's part stands for."""
        try:
            return self.values.unpack(spec)
        except Exception as error:
            note(error)
            raise

    def _told(self, value, *, keep=False) -> tuple:
        """A value as a message says it."""
        try:
            return self.values.pack(value, keep=keep)
        except Exception as error:
            note(error)
            raise

    def _said(self, box, *, keep=False) -> tuple:
        """The value in a list, which alone holds it; what else is held of it is shared from now on."""
        self.values.shared.share(box)
        return self._told(box[0], keep=keep)

    def _attribute(self, number, name) -> tuple:
        if (
            self.is_tests
            and name in link_decorated.ASKED
            and isinstance(self.values.exports[number], (*_FUNCTIONS, type))
        ):
            return self._told(link_decorated.told(self.values.exports[number], name))
        owner = self._reachable(number, name)
        if name == "__signature__" and self.is_tests:
            return self._told(inspect.signature(owner))
        if self.is_tests and hasattr(type(owner), "assertEqual"):  # what a test case holds is the tests' alone
            return self._told(getattr(owner, name))
        return self._said([getattr(owner, name)])

    def _set(self, number, name, *value) -> tuple:
        owner = self._reachable(number, name)
        if self.is_tests and not link_owned.is_changeable(owner, name):
            raise Unserved(f"the solution changes what belongs to the tests: {name!r} of a {type(owner).__name__}")
        if value:
            setattr(owner, name, self._read(value[0]))
        else:
            delattr(owner, name)
        return (PLAIN, None)

    def _operate(self, name, operands) -> tuple:
        if self.is_tests and name not in _SERVED:
            raise Unserved(f"the solution asks the tests for {name!r}")
        given = [self._read(each) for each in operands]
        if name == "dir":
            return (PLAIN, [str(each) for each in dir(*given)])
        if self.watched is not None:
            given = self.watched(name, given)
        operation = link_carried.OPERATIONS.get(name) or runner.operation(name)
        return self._said([operation(*given)])

    def _kind(self, number, of_itself) -> tuple:
        owner = self.values.exports[number]
        return (PLAIN, link_kinds.described(owner if of_itself else type(owner)))

    def _name(self, name, _) -> tuple:
        """What is defined under a name, and whether it can be called; the tests say whether it makes objects."""
        box = [self._lookup(name)]
        is_callable = callable(box[0])
        return (CONTAINER, "tuple", [self._said(box, keep=True), (PLAIN, is_callable)])

    def _await(self, number, seconds) -> tuple:
        if self._tasks is None:
            self._tasks = Tasks()
        if self._tasks.is_running:
            raise Unsendable("what the solution awaits asks the tests to await something of it")
        result = self._tasks.awaited(number, self.values.exports[number], seconds)
        others = (PLAIN, self._tasks.are_others_left())
        value = self._said(result) if result else (PLAIN, None)
        return (CONTAINER, "tuple", [(PLAIN, bool(result)), others, value])

    def _cancel(self, number) -> tuple:
        if self._tasks is not None and not self._tasks.is_running:
            self._tasks.cancel(number)
        return (PLAIN, None)

    def _plain(self, number) -> tuple:
        """What an object is underneath, as ``link_underneath.said`` says it."""
        return (PLAIN, link_underneath.said(self.values.exports[number], self.values.pack, is_first=False))

    def _copy(self, number, is_deep) -> tuple:
        return self._told((copy.deepcopy if is_deep else copy.copy)(self.values.exports[number]), keep=True)

    def _take(self, number, count) -> tuple:
        """Up to so many items of an iterator; an exception after some of them comes with the next request."""
        if number in self._raised:
            raise self._raised.pop(number)
        items = []
        try:
            while len(items) < count:
                items.append(next(self.values.exports[number]))
        except StopIteration:
            pass
        except BaseException as error:
            if not items:
                raise
            self._raised[number] = error
        self.values.shared.share(items)
        return (CONTAINER, "list", [self._told(each) for each in items])

    def _seed(self, *arguments) -> tuple:
        random.seed(*[self._read(each) for each in arguments])
        return (PLAIN, None)

    def _folder(self, path) -> tuple:
        os.mkdir(path)
        return (PLAIN, None)

    def _reachable(self, number: int, name: str) -> object:
        owner = self.values.exports[number]
        if not self.is_tests:
            return owner
        is_function = isinstance(owner, _FUNCTIONS)
        if is_function and name in _SHOWN:
            return owner
        is_own = (
            link_owned.TESTS in (type(owner).__module__, getattr(owner, "__module__", ""))
            or type(owner) in _FILES
            or type(owner).__module__ == _MOCKS
        )
        is_hidden = type(name) is not str or (name.startswith(_HIDDEN_PREFIXES) and name not in _SHOWN | _PROTOCOL)
        is_hidden = is_hidden or (not name.startswith("_") and link_owned.is_of_runner(owner, name))
        if is_function or is_hidden or not isinstance(type(owner), type) or not is_own:
            raise Unserved(f"the solution asks something of the tests for {str(name)!r}")
        return owner
