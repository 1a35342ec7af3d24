"""Sees by whom an answer's own comparisons are run: by what the answer computes, or by what its tests ask.

An answer puts its own entries on a heap and compares them as it likes. Once one of these comparisons runs because the
tests compare, or call a method of the prompt's that does, it could say itself what they hear. So while they ask, each
call of Python code is seen, until the answer's own code computes. The same goes for what the end of an answer's object
runs within the prompt's code.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# pyright: basic
import os
import sys
import types

from kept_names import codes_in
from kept_shapes import ORDERS, bases_of, vars_of

_COMPARING = frozenset(("__eq__", "__ne__", "__bool__"))
_JUDGED = frozenset(("__contains__", "__ge__", "__gt__", "__hash__", "__le__", "__len__", "__lt__"))
"""What else the prompt's code has run where it compares, which is a doubt where it looks for a truth."""
ENDING = "__del__"
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Runs:
    """The answer's own comparisons in this process, and whether the tests have one of them run.

    Args:
        filename: of the solution's code.
        tell: what is called with the reason of a doubt.
    """

    def __init__(self, filename, tell):
        self._filename, self._tell = filename, tell
        self._own, self._watched, self._judged = (
            {},
            {},
            {},
        )  # codes by their ids, which are kept, so that no other has its id
        self._ending = {}
        self._orders = []  # classes of the prompt, with the orders that they and their bases have
        self._asked, self._tested = set(), set()  # ids of codes of classes that are asked, and of that under test
        self._is_asking, self._is_for_data = False, False

    def own(self, code):
        """Note one of the answer's statements, with all that is in it."""
        for each in codes_in(code):
            self._own[id(each)] = each
            if each.co_name in _COMPARING:
                self._watched[id(each)] = each
            elif each.co_name in _JUDGED:
                self._judged[id(each)] = each
            elif each.co_name == ENDING:
                self._ending[id(each)] = each

    def ask(self, kind, *, is_tested):
        """Note a class of the answer's that is asked what its instances equal.

        Args:
            kind: the class.
            is_tested: whether it is the entry point, whose own comparison is under test whoever has it run.
        """
        for base in bases_of(kind):
            codes = [id(each.__code__) for each in vars_of(base).values() if type(each) is types.FunctionType]
            (self._tested if is_tested else self._asked).update(codes)

    def know(self, kind):
        """Note a class of the prompt, which may get an order that it has not, if that can be seen to be run."""
        own = vars_of(kind)
        self._orders = [each for each in self._orders if each[0] is not kind]
        self._orders.append((kind, own, {name: own[name] for name in ORDERS if name in own}))

    def renew(self):
        """Note all of them once more, since the prompt's own code has run."""
        for kind, *_ in [*self._orders]:
            self.know(kind)

    def come(self):
        """The order of a class that is another, or that has come and is not seen to be run; "" where there is none."""
        for kind, own, held in self._orders:
            for name in ORDERS:
                value = own.get(name)
                if value is not held.get(name) and (name in held or _has(kind, name) or not self._watch(value)):
                    return f"{name} of {kind.__name__} is another than it was"
        return ""

    def is_watched(self, name, method):
        """Whether a method of this name is one whose runs are seen."""
        if type(method) is not types.FunctionType:
            return False
        code = method.__code__
        return code.co_name == name and (self._ending if name == ENDING else self._watched).get(id(code)) is code

    def _watch(self, function):
        """See the runs of a function, too; whether it is the answer's own, so that they can be seen."""
        if type(function) is not types.FunctionType or id(function.__code__) not in self._own:
            return False
        self._watched.setdefault(id(function.__code__), function.__code__)
        if self._is_asking:
            sys.setprofile(self._see)
        return True

    def asked(self, function, *, is_for_data):
        """Call a function, and say whether the tests hold what it gives but against data of theirs."""
        before, self._is_for_data = self._is_for_data, is_for_data
        try:
            return function()
        finally:
            self._is_for_data = before

    def steps(self, given):
        """The steps of a plan; what each of them runs is seen."""
        self._is_asking = True
        return _Steps(given, self._profile)

    def _profile(self, is_on):
        if not is_on:
            sys.setprofile(None)
        elif self._is_any():
            sys.setprofile(self._see)

    def _is_any(self):
        return bool(self._watched or self._judged or self._ending)

    def serve(self, serving):
        """Have what each request of the tests runs be seen."""
        carry_out = serving.carry_out

        def carried_out(*request):
            before = sys.getprofile()
            self._begin()
            try:
                return carry_out(*request)
            finally:
                self._end(before)

        serving.carry_out = carried_out

    def _begin(self):
        self._is_asking = True
        if self._is_any():
            sys.setprofile(self._see)

    def _end(self, before):
        self._is_asking = before is not None
        if before is not None or self._is_any():
            sys.setprofile(before)

    def _see(self, frame, event, _):
        code = frame.f_code
        if event != "call" or code.co_filename != self._filename:
            return
        first, each = frame, frame.f_back
        while each is not None and not each.f_code.co_filename.startswith(_OURS):
            if each.f_code.co_filename == self._filename:
                first = each
            each = each.f_back
        number, by = id(code), id(first.f_code)
        if number in self._ending and by not in self._own:
            self._tell(f"{code.co_qualname} of the answer is run within the prompt's code")
        elif number in self._ending and by == number:
            return  # between what the tests ask
        elif by in self._own and by not in self._watched and by not in self._judged:
            sys.setprofile(None)  # the answer computes
        elif number in self._judged and number not in self._watched:
            if by not in self._own and not (self._is_for_data or number in self._tested or number in self._asked):
                self._tell(f"{code.co_qualname} of the answer is run by what the tests ask")
        elif number in self._watched and number not in self._tested and (number not in self._asked or by != number):
            self._tell(f"{code.co_qualname} of the answer says what the tests ask")


class _Steps:
    """Steps, of which what each runs is profiled; no generator, whose frame what they run would see."""

    def __init__(self, given, profile):
        self._given, self._profile = iter(given), profile

    def __iter__(self):
        return self

    def __next__(self):
        self._profile(False)
        step = next(self._given)
        self._profile(True)
        return step


def _has(kind, name):
    """Whether a class has an order of its bases."""
    return any(name in vars_of(each) for each in bases_of(kind)[1:] if each is not object)
