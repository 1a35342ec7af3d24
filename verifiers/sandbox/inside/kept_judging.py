"""Says of what tests ask an object whether the prompt's own code answers, and not something that is put before it.

A prompt's ``Board`` that has an ``is_solved`` of the answer's, in itself or by its class, says itself that it is right,
and so does whatever else has one. So where such a name is asked, the value's type and the value are looked at, and what
the prompt's method reads of what is in it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import gc
import itertools
import types

from kept_callables import WITHOUT, Callables
from kept_data import ITEMS, PLAIN, within
from kept_judges import BINARY, Judges, is_pythons_own, is_special, specials
from kept_own import Own
from kept_shapes import bases_of, vars_of
from kept_stores import held_by

ROOM, FEW = 40_000, 16
"""Values that are looked at in all that is asked of a program, and then still in each of it."""
_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.ModuleType)


class Judging:
    """What judges in this process.

    Args:
        kinds: the ``kept_types.Types`` of it.
        stores: the ``kept_stores.Stores`` of the prompt.
        compared: the ``kept_compared.Compared`` of it.
        namespace: the solution's.
        as_data: names of what the tests ask of objects and hold but against data of theirs, and whether that is
            never a number.

    Attributes:
        callables: what may be called of data.
    """

    def __init__(self, kinds, stores, compared, namespace, as_data):
        self._as_data, self.callables = as_data, Callables(compared, stores)
        self._kinds, self._stores, self._compared, self._namespace = kinds, stores, compared, namespace
        self._found, self._room = None, ROOM
        self._own = Own(kinds, stores, compared, self._judges)

    def knows(self, name):
        """Whether a class of the prompt has something under a name that judges."""
        return name in self._judges()

    def is_data(self, name):
        """Whether the tests hold what is under a name but against data of theirs, which who says it has to know."""
        return name in self._as_data

    def is_rich(self, name):
        """The same where none of that data is a number, which may count what is so."""
        return self._as_data.get(name, False)

    def read(self, value, name, asked=""):
        """Why what is read of a value under a name may judge it without being the prompt's; else "".

        Args:
            value: the value.
            name: of a method or another attribute.
            asked: the operation that calls it, if one does.
        """
        if type(name) is not str or not self.knows(name):
            return ""
        while type(value) is types.MethodType:  # which gives what its function has
            value = value.__func__
        kind, is_its = type(value), self._is_prompts_own(value, name)
        if is_its is None:
            return ""
        owner = value if type in bases_of(kind) else kind
        if self._judges().say_nothing(name, owner) or (not is_its and self._judges().judge_nothing(name)):
            return ""
        if is_its:
            home = next((each for each in bases_of(owner) if name in vars_of(each)), None)
            is_called = home is not None and self._judges().is_function(vars_of(home)[name])
            return (
                "" if is_called and not is_special(name) else self.within([value], name, asked or name)
            )  # looked at then
        if (
            self._own.is_written(value, kind, name)
            and self.is_data(asked or name)
            and self._judges().is_default(name, kind)
        ):
            return ""
        is_own_operator = is_special(name) and not self._is_of_prompt(owner)
        return "" if is_own_operator else f"{name} of {_told(kind)} is not the prompt's"

    def called(self, function, given):
        """The same of what a function of the prompt gives; "" of others."""
        if not self._stores.wrote(function) or self._judges().says_nothing(function):
            return ""
        return self.within(given, function, function.__code__.co_name)

    def operated(self, name, given):
        """The same of an operation; an object that has nothing to do with the prompt's classes may have its own."""
        asked_for = specials(name)
        asked = [(value, each) for value in given if not _is_data(value) for each in asked_for if self.knows(each)]
        for value, each in asked:
            if why := self.read(value, each, name):
                return why
        if name == "bool" and self.knows("__bool__") and self._is_true_by_itself(given[0]):
            return f"the truth of {_told(type(given[0]))} is not the prompt's"
        kinds = {id(type(value)) for value in given if not _is_data(value)}
        if name in BINARY and len(kinds) > 1 and any(self._is_of_prompt(type(value)) for value, _ in asked):
            return self.within(given, asked[0][1], name)  # since the prompt's is given the other
        return ""

    def within(self, values, name, asked):
        """Why what a method or function of the prompt reads in values may not be the prompt's, or data; else ""."""
        is_data, is_rich = self.is_data(asked), self.is_rich(asked)
        is_calling = self.callables.are_given() and not is_rich
        reads, judging = self._judges().reads(name), self._judges().read_of(name)
        names = self.callables.named(reads)
        is_asking = bool(names) and not is_rich
        skipped = WITHOUT if is_calling or is_asking else PLAIN
        left, seen = collections.deque(values), set()
        while left:
            each = left.popleft()
            kind = type(each)
            if id(kind) in skipped or id(each) in seen:
                continue
            if self._room <= 0 and len(seen) >= FEW:
                break
            seen.add(id(each))
            self._room -= 1
            if is_calling and (why := self.callables.doubt(each)):
                return why
            is_plain = id(kind) in PLAIN
            if is_asking and (is_plain or type in bases_of(kind)) and (why := self.callables.posing(each, names)):
                return f"{why} of {_told(kind)} is not data's"
            if is_plain:
                left.extend([each.__self__] if kind is types.MethodType else ())
            elif id(kind) in ITEMS:
                items = itertools.chain(each, each.values()) if kind is dict else each
                items = [*items] if self._room > 0 else [*itertools.islice(items, FEW)]
                left.extend([one for one in items if id(type(one)) not in skipped])
                self._room -= len(items) >> 4
            elif type in bases_of(kind) or self._compared.is_asked(kind):
                continue
            elif self._compared.is_prompts(kind):
                contents, hiding = self._stores.told(each, reads, self._compared.is_answers, skipped)
                hiding = hiding or self._own.hiding(each, kind, judging)
                if names and not hiding:
                    hiding = self._instead(each, names, is_rich)
                if hiding or self._compared.is_refused(kind):
                    return f"{hiding or 'a comparison'} of {_told(kind)} is not the prompt's"
                left.extend(contents)
            else:
                is_library = self._compared.is_of_library(kind)
                why = self._own.hiding(each, kind, judging) or (
                    "" if is_library else self._own.added(kind, reads, is_data)
                )
                if names and not why:
                    why = self._instead(each, names, is_rich)
                if why:
                    return f"{why} of {_told(kind)} is not the prompt's"
                left.extend(
                    within(each, kind) if is_library else [one for one in gc.get_referents(each) if one is not kind]
                )
        return ""

    def _instead(self, value, names, is_rich):
        """The name of a method of data under which a value has something of the answer's own, where data's is meant."""
        kind = type(value)
        return self.callables.instead(
            value, held_by(value, kind), names, is_rich, lambda name: self._is_left(name, kind)
        )

    def _is_left(self, name, kind):
        """Whether a method is there to be written in the class of whose objects it is called, or nobody reads it."""
        receivers = self._stores.receivers()
        if receivers is None:
            return False
        path = self._judges().left_by(name, kind)
        return receivers.drop(name) or bool(path and receivers.are_of(name, path))

    def _judges(self):
        if self._found is None:
            self._found = Judges(
                self._kinds.prompts(), self._function, self._stores.wrote, is_all_read=self._stores.knows("")
            )
        return self._found

    def _function(self, name):
        found = self._namespace.get(name)
        return found if type(found) is types.FunctionType and self._stores.wrote(found) else None

    def _is_of_prompt(self, kind):
        return any(map(self._compared.is_prompts, bases_of(kind)))

    def _is_true_by_itself(self, value):
        """Whether a value is an object with which the prompt has nothing to do, and true as any is."""
        is_its = self._compared.is_asked(type(value)) or self._compared.is_asked(value)
        return not (_is_data(value) or is_its or self._is_of_prompt(type(value)))

    def _is_prompts_own(self, value, name):
        """Whether the prompt's code is what a value has under a name; None where that is not in question.

        So it is with data, with what a library has, what is under test and what has nothing there.
        """
        kind = type(value)
        if _is_data(value) or self._compared.is_asked(kind) or self._compared.is_asked(value):
            return None
        if type in bases_of(kind):
            return self._gives((*bases_of(value), *bases_of(kind)), name)
        held = held_by(value, kind)
        if held is not None and name in held and not self._own.may_hold(kind, name):
            return False
        if any("__getattribute__" in vars_of(each) for each in bases_of(kind) if self._compared.is_answers(each)):
            return False
        return self._gives(bases_of(kind), name)

    def _gives(self, bases, name):
        """The same of the first of some classes that has the name."""
        home = next((each for each in bases if name in vars_of(each)), None)
        if home is None:
            others = [each for each in bases if "__getattr__" in vars_of(each)]
            return False if others and not is_special(name) and not self._compared.is_prompts(others[0]) else None
        if self._compared.is_prompts(home) or any(
            vars_of(each).get(name) is vars_of(home)[name] for each in bases if self._compared.is_prompts(each)
        ):
            return True
        is_over_it = any(self._compared.is_prompts(each) and name in vars_of(each) for each in bases)
        return None if self._compared.is_of_library(home) and not is_over_it and is_pythons_own(home, name) else False


def _is_data(value):
    kind = id(type(value))
    return kind in ITEMS or (kind in PLAIN and type(value) not in _FUNCTIONS and type(value) is not type)


def _told(kind):
    return f"an instance of {type.__dict__['__name__'].__get__(kind)}"
