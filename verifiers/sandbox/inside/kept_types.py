"""Finds classes whose instances say themselves what they equal, and which were not there before a solution was loaded.

Two objects of a solution are compared by whatever these classes have as ``__eq__``. How a class was made, or got its
method, does not matter here: all that there are are looked through.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import dataclasses
import os
import types

import hidden
from kept_data import COMPARING, OF_DATA
from kept_runs import ENDING
from kept_shapes import ClassShape, bases_of, is_changeable, vars_of

_COMPARING = ("__eq__", "__ne__", "__bool__", "__class__")
_OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "link_kinds.py")
_OF_ONE_CLASS = "unittest.case"
"""Whose comparison finds only instances of one class equal."""
_PARTS = ("co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars")
_subclasses = type.__subclasses__


class Types:
    """The classes of this process and how they compare.

    Args:
        namespace: the solution's, whose functions are no library's.
        asked: the name of its class whose own comparison is under test, if it is one.
        wrote: says of a function whether the prompt wrote it.
        is_watched: says of a method under its name whether it is seen by whom it is run.
    """

    def __init__(self, namespace, asked, wrote, is_watched):
        self._namespace, self._asked, self._wrote, self._is_watched = namespace, asked, wrote, is_watched
        self._codes = {}  # by the names of fields: of the ``__eq__`` that is made for them
        self._known = {}  # by id: the class, which is kept, so that no other has its id
        self._changeable = []  # of these, those that could get another comparison, with what looks into them
        self._written = []  # what the comparisons that libraries wrote in Python ask of these
        self._sound = set()  # ids of methods of classes that are known to compare as they should
        self._prompts = {}  # by id: the classes that the prompt's own statements made
        for each in _alive():
            self._note(each)
        self._first = frozenset(self._known)

    def _note(self, kind):
        self._known[id(kind)] = kind
        if is_changeable(kind):
            look = vars_of(kind).get
            self._changeable.append((kind, look, *map(look, _COMPARING)))
            method = look("__eq__")
            if self._is_of_library(method):
                own = vars_of(kind)
                self._written += [(kind, look, name, own[name]) for name in ClassShape(kind).reads if name in own]

    def of_data(self):
        """The classes in Python by which libraries compare data of theirs."""
        found = [kind for kind, *_ in self._changeable if vars_of(kind).get("__module__") in OF_DATA]
        return [
            each for each in found if any(type(vars_of(each).get(name)) is types.FunctionType for name in COMPARING)
        ]

    def forget(self, kind):
        """Have a class looked at as a new one, since what the prompt itself did with it is its own."""
        self._known.pop(id(kind), None)
        self._changeable = [each for each in self._changeable if each[0] is not kind]

    def know(self, kind):
        """Take a class, and those in it, for one that compares as it should."""
        left = [kind]
        while left:
            each = left.pop()
            self.own(each)
            if id(each) not in self._known:
                self._note(each)
                self._sound |= {id(method) for _, method in _compared(each)}
                left += [one for one in vars_of(each).values() if isinstance(one, type)]

    def own(self, value):
        """Take a class that the prompt has under a name, such as a named tuple, for its own."""
        if isinstance(value, type) and id(value) not in self._first:
            self._prompts[id(value)] = value

    def is_prompts(self, kind):
        """Whether a class is the prompt's own."""
        return id(kind) in self._prompts

    def prompts(self):
        """The classes that the prompt has under a name."""
        return [*self._prompts.values()]

    def was_there(self, kind):
        """Whether a class was there before the solution was, or is none that Python code can make."""
        return id(kind) in self._first or not is_changeable(kind)

    def stranger(self):
        """The name of a class that compares otherwise than any did before, or ""."""
        asked = self._namespace.get(self._asked)
        if isinstance(asked, type) and id(asked) not in self._known:
            self._known[id(asked)] = asked
        for each in [one for one in _alive() if id(one) not in self._known]:
            is_sound = self._is_seen_ending(each) and all(self._is_sound(each, *one) for one in _compared(each))
            if not is_sound or not self._is_heir(each):
                return _name(each)
            if self.is_librarys(each):  # others may be made anew in each call: none of them is kept
                self._note(each)
        for kind, look, equal, unequal, truth, claim in self._changeable:  # which takes most of the time
            if (
                look("__eq__") is not equal
                or look("__ne__") is not unequal
                or look("__bool__") is not truth
                or look("__class__") is not claim
            ):
                return _name(kind)
        return next((_name(kind) for kind, look, name, value in self._written if look(name) is not value), "")

    def _is_seen_ending(self, kind):
        """Whether what the end of an object runs is seen, and no function that has got another's name."""
        method = vars_of(kind).get(ENDING) if is_changeable(kind) else None
        is_prompts = type(method) is types.FunctionType and self._wrote(method)
        return method is None or is_prompts or self.is_librarys(kind) or self._is_watched(ENDING, method)

    def _is_heir(self, kind):
        """Whether what a new class inherits is built in, the prompt's, dataclass's, or that of what is asked."""
        for name in ("__eq__", "__ne__"):
            home = next(each for each in bases_of(kind) if name in vars_of(each))
            method = vars_of(home)[name]
            if home is kind or id(method) in self._sound or self.is_librarys(kind):
                continue
            if self._is_of_library(method):
                is_ours = method.__code__.co_filename == _OURS  # of what stands for a class of the tests
                if not is_ours and method.__globals__.get("__name__") != _OF_ONE_CLASS:
                    return False
            if type(method) is types.WrapperDescriptorType and str(home.__module__).startswith("numpy"):
                return False
        return True

    def _is_of_library(self, method):
        """Whether a library has a method in Python."""
        is_python = type(method) is types.FunctionType
        return is_python and method.__globals__ is not self._namespace and not _is_made(method)

    def is_librarys(self, kind):
        """Whether a class is one that a library has under its name, and nothing in it is the solution's."""
        own = vars_of(kind)
        home = hidden.module(str(own.get("__module__")))
        return (
            home is not None
            and vars(home) is not self._namespace
            and vars(home).get(_name(kind)) is kind
            and not any(getattr(each, "__globals__", None) is self._namespace for each in own.values())
        )

    def is_made(self, kind, method):
        """Whether ``dataclass`` has made a method of a class that it made to be compared by its fields."""
        is_its = type(method) is types.FunctionType and _is_made(method)
        return is_its and self._is_of_dataclass(kind, vars_of(kind).get("__eq__"))

    def _is_sound(self, kind, name, method):
        """Whether a method of a new class is the prompt's, a library's own, or one that ``dataclass`` has made."""
        if self._is_watched(name, method):
            return True
        if id(method) in self._sound:  # such as of a class that ``dataclass`` made anew, with slots
            return True
        if type(method) is types.WrapperDescriptorType:
            return method.__objclass__ is kind
        if type(method) is not types.FunctionType:
            return False
        if method.__code__.co_name == name and self._wrote(method):  # such as of a class that is made in a function
            return True
        if method.__globals__ is not self._namespace and not _is_made(method):
            home = hidden.module(str(method.__globals__.get("__name__")))
            if home is None or vars(home) is not method.__globals__:
                return False
            if method.__code__.co_filename == _OURS:  # of what stands for a class of the tests
                return True
            return method.__code__.co_qualname == f"{_qualified(kind)}.{name}"
        return name == "__eq__" and self._is_of_dataclass(kind, method)

    def _is_of_dataclass(self, kind, method):
        """Whether a method has the very code that ``dataclass`` makes for the fields of a class."""
        if "__dataclass_fields__" not in vars_of(kind) or type(method) is not types.FunctionType:
            return False
        try:
            names = tuple([str(each.name) for each in dataclasses.fields(kind) if each.compare])
            if names not in self._codes:
                made = dataclasses.make_dataclass("made", names)
                self._note(made)
                self._codes[names] = made.__eq__.__code__
        except (AttributeError, TypeError, ValueError):  # no such fields
            return False
        code, made = method.__code__, self._codes[names]
        return all(getattr(code, each) == getattr(made, each) for each in _PARTS) and not method.__defaults__


def _alive():
    """All the classes that there are."""
    found, left = {id(object): object}, [object]
    while left:
        for each in _subclasses(left.pop()):
            if id(each) not in found:
                found[id(each)] = each
                left.append(each)
    return found.values()


def _compared(kind):
    """The methods by which a class that could be changed compares, where they are its own."""
    own = vars_of(kind) if is_changeable(kind) else {}
    return [(name, own[name]) for name in _COMPARING if name in own]


def _is_made(method):
    return method.__code__.co_filename == "<string>"


def _qualified(kind):
    return type.__dict__["__qualname__"].__get__(kind)


def _name(kind):
    return type.__dict__["__name__"].__get__(kind)
