"""Makes exceptions of one process anew in the other: with their types' families, so that ``except`` finds them by type.

A type crosses by its name and the names of its bases. Built-in ones are the built-in ones here, and so are the public
ones of libraries that are imported; one that this side gave out comes back as itself; for the others types of the same
names are made under the same bases. What a test's own machinery ends or skips a test by never comes of the other side,
whatever it calls its types.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN202, ANN204, BLE001, S302
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import builtins
import marshal
import sys

import runner
from link_libraries import is_library, is_machinery
from unseen import Closed, opened

MAX_BASES = 64  # of one exception's type, all told
MAX_ATTRIBUTES = 50
MAX_CAUSES = 3
MAX_MEMBERS = 50  # of a group; deeper than ``MAX_CAUSES`` in one another it has but its text
REMOTE = "_stillroom_remote_"  # what marks an exception of the other side

_MRO, _BASES = type.__dict__["__mro__"], type.__dict__["__bases__"]


def origin(error: BaseException) -> tuple | None:
    """Name, bases, message and what was missing of an exception of the other side; None for one of this side."""
    return getattr(error, "__dict__", {}).get(REMOTE)


def family(kind: type) -> list:
    """A type of exceptions as its name and its bases' names, and theirs: plain data."""
    kinds = [each for each in _MRO.__get__(kind) if issubclass(each, BaseException)][:MAX_BASES]
    return [(str(each.__name__), [str(base.__name__) for base in _BASES.__get__(each)]) for each in kinds]


class _OfMade(type):
    """The type of made types: whoever reads the bases of one has a name of the solution's for them."""

    @property
    def __bases__(cls):
        return _named(cls, _BASES.__get__(cls))

    @property
    def __mro__(cls):
        return _named(cls, _MRO.__get__(cls))

    @property
    def __base__(cls):
        return _named(cls, type.__dict__["__base__"].__get__(cls))


def _named(kind, found):
    named = type.__getattribute__(kind, "__dict__").get("_stillroom_named_")
    if named is not None:
        opened(named).update(each for each in _MRO.__get__(kind) if each is not object and not issubclass(each, _Made))
    return found


_MEMBERS, _MESSAGE = BaseExceptionGroup.__dict__["exceptions"], BaseExceptionGroup.__dict__["message"]


class _Made:
    """What exceptions of made types have besides: the text and the attributes of the other side's."""

    def __str__(self):
        found = origin(self)
        return found[2] if found is not None else super().__str__()

    def __getattr__(self, name):
        if name.startswith("_") or origin(self) is None:
            raise AttributeError(name)
        opened(self.__dict__["_stillroom_link_"]).give_up(f"the tests ask an exception of the solution for {name!r}")


class Errors:
    """The exceptions of one end of a link.

    Args:
        values: says and reads what they hold.

    Attributes:
        given: types of this side that the other knows, by name.
        named: types that there are on this side anyway and that the other gave out: it may have any name for them.
    """

    def __init__(self, values) -> None:
        self.values = values
        self.given: dict[str, type] = {}
        self.named: set[type] = set()
        self._made: dict[tuple, type] = {}

    def give(self, kind: type) -> list:
        """The family of a type of this side, which is to come back as itself."""
        for each in _MRO.__get__(kind):
            is_own = issubclass(each, BaseException) and each.__module__ != "builtins" and not issubclass(each, _Made)
            if is_own and not is_machinery(each.__module__):
                self.given.setdefault(str(each.__name__), each)
        return family(kind)

    def described(self, error: BaseException, causes: int = MAX_CAUSES) -> tuple:
        """An exception as a message says it."""
        _, names, message, missing = marshal.loads(runner.describe(error))
        try:
            arguments = self.values.pack(BaseException.args.__get__(error))
        except BaseException:
            arguments = self.values.pack((message,))
        attributes = []
        for attribute, value in list(getattr(error, "__dict__", {}).items())[:MAX_ATTRIBUTES]:
            if type(attribute) is str and not attribute.startswith("_"):
                attributes.append((attribute, self.values.pack(value)))
        cause = error.__cause__
        told = self.described(cause, causes - 1) if cause is not None and causes else None
        members = None
        if isinstance(error, BaseExceptionGroup) and causes:
            members = [self.described(each, causes - 1) for each in _MEMBERS.__get__(error)[:MAX_MEMBERS]]
            arguments = self.values.pack((str(_MESSAGE.__get__(error)),))
        return self.give(type(error)), names, message, missing, arguments, attributes, told, members

    def made(self, description: tuple, link) -> BaseException:
        """The exception that a message describes, of a type of the same name and family."""
        kinds, names, text, missing, arguments, attributes, cause, members = description
        kind = self.type_of(kinds)
        given = self.values.unpack(arguments)
        if members is not None:
            given = (*given, [self.made(each, link) for each in members])
        try:
            error = kind(*given)
        except Exception:
            error = _bare(kind, str(text))
        kept = error.__dict__
        kept.update({str(name): self.values.unpack(value) for name, value in attributes})
        kept[REMOTE] = (str(kinds[0][0]), [str(each) for each in names], str(text), str(missing))
        kept["_stillroom_link_"] = Closed(link)
        if cause is not None:
            error.__cause__ = self.made(cause, link)
        return error

    def taken(self, kinds: list) -> type:
        """A type that the other side gives out, as what a name of it stands for, say."""
        found = self.type_of(kinds)
        if not issubclass(found, _Made):
            self.named.add(found)
        return found

    def type_of(self, kinds: list) -> type:
        """The type of this family here: built in, given out before, or made."""
        families = {str(name): [str(base) for base in bases] for name, bases in reversed(kinds[:MAX_BASES])}
        return self._type(str(kinds[0][0]), families, MAX_BASES)

    def _type(self, name: str, families: dict, depth: int) -> type:
        found = getattr(builtins, name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
        if name in self.given:
            return self.given[name]
        if (known := _imported(name, families.get(name))) is not None:
            return known
        bases = [self._type(base, families, depth - 1) for base in families.get(name, ()) if base in families and depth]
        key = (name, *bases)
        if key not in self._made:
            own = {"_stillroom_named_": Closed(self.named)}
            self._made[key] = _new(name, list(dict.fromkeys(bases)) or [Exception], own)
        return self._made[key]


def _imported(name: str, bases: list | None) -> type | None:
    """A library's public type of this name and these bases that is imported here: ``json.JSONDecodeError``.

    Of errors alone: by what is no ``Exception``, such as ``asyncio.CancelledError``, libraries end things in silence.
    """
    if name.startswith("_"):
        return None
    for module_name, module in list(sys.modules.items()):
        found = getattr(module, "__dict__", {}).get(name)
        if not isinstance(found, type) or not issubclass(found, Exception) or issubclass(found, _Made):
            continue
        if not is_library(module_name, module) or is_machinery(found.__module__):
            continue
        if [str(base.__name__) for base in found.__bases__] == bases:
            return found
    return None


def _bare(kind: type, text: str) -> BaseException:
    """An exception of a type that cannot be made of what it was made of."""
    try:
        error = kind.__new__(kind)
    except Exception:  # a group, say, whose members are none
        error = kind.__new__(kind, text, [Exception(text)])
    error.args = (text,)
    return error


def _new(name: str, bases: list, own: dict) -> type:
    """A new type of exceptions; where its bases do not go together, one under the first of them."""
    first = () if any(issubclass(base, _Made) for base in bases) else (_Made,)
    try:
        return _OfMade(name, (*first, *bases), {**own})
    except TypeError:
        return _OfMade(name, (*first, bases[0]), {**own})
