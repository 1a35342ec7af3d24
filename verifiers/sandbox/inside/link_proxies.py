"""Stands in for an object of the other process: whatever is done to a ``Proxy`` is asked over the link.

What the tests' process may not ask of the solution's objects, because the answer would be a verdict, stands in
``link_standing.py``; here is where it is not asked.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, D102
# pyright: basic, reportArgumentType=false
import collections

from link_claims import CHANGING, DATA_NAMES, MEMORY_CLAIMS, TEXT_CLAIMS, claims_equality
from link_failures import noting_all
from link_standing import DATA, INSTANCE, OBJECT
from unseen import guard

FIRST_SINGLES = 32  # items taken one by one, so that what a generator does is seen when it does it
MOST_TAKEN = 1_024  # items taken at a time, later
OPERATION, METHOD = 1, 2  # what an object came of that is believed nothing


class State:
    """What one end knows of an object of the other.

    Attributes:
        name: the name by which the tests asked for it, or "".
        standing: what the tests let it answer.
        is_callable: whether it can be called, as far as that was told with its name.
        taint: ``OPERATION`` where it came of an operation with data, ``METHOD`` where of a method that data have, too,
            and that was given data: what is read from it would be an answer to data. Else 0.
        data_method: the name under which it is a method that data have, too, or that claims equality; "" where it is
            no such method.
        owner: the number of the object whose method it is then.
        kind: a type of this process that is like the object's, once that was asked.
        ahead: items that were taken from it and not used yet.
        underneath: on the tests' side, what was told of its data when it arrived; None where it is none.
    """

    __slots__ = (
        "ahead",
        "data_method",
        "is_callable",
        "kind",
        "link",
        "name",
        "number",
        "owner",
        "standing",
        "taint",
        "taken",
        "underneath",
    )

    def __init__(self, link, number, standing):
        self.link = link
        self.number = number
        self.standing = standing
        self.name = self.data_method = ""
        self.owner, self.taint = -1, 0
        self.is_callable = False
        self.kind = self.underneath = None
        self.ahead = collections.deque()
        self.taken = 0

    def decline(self, what):
        """Do not ask: an object where data belongs is wrong, and of others nothing can be said."""
        if self.standing == DATA and not self.is_excused():
            self.link.refuse(f"{what}: data was expected, and the solution returned an object")
        self.link.give_up(f"{what}: only the object itself could say")

    def data(self):
        """A list with the data that the object is underneath; an empty one where it is none."""
        return self.underneath.data(self.number) if self.underneath is not None else []

    def is_own(self, method):
        """Whether a method is the object's own, and not as of the data that it is underneath."""
        return self.underneath is not None and self.underneath.is_own(method)

    def is_excused(self):
        """Whether it may be what the tests expect: of a library's type, of a method, of data that nobody could say."""
        found = self.underneath
        return self.taint == METHOD or (found is not None and (found.is_of_library or found.is_untold()))

    def answered(self, found):
        """What was asked of the object: what comes of a tainted one is tainted, too, and no data from it is believed.

        But of instances of a class that the tests use as one: ``(Vector(1, 2) * 3).x``.
        """
        if self.taint and self.link.is_tests:
            if type(found) is Proxy:
                of(found).taint = of(found).taint or self.taint
            elif self.standing < INSTANCE:
                self.link.give_up("what came of an operation with data was asked: only the object itself could say")
        return found


@noting_all
class Proxy:
    """An object of the other process."""

    __slots__ = ("_stillroom_state_",)
    __doc__ = property(lambda self: of(self).link.ask("attr", of(self).number, "__doc__"))  # type: ignore[assignment]

    @property
    def __class__(self):  # what isinstance looks at where the type says no
        own = of(self)
        if own.kind is None:
            own.kind = own.link.kind(own.number)
        return own.kind

    def __call__(self, *arguments, **keywords):
        return of(self).link.call(of(self), arguments, keywords)

    def __getattr__(self, name):
        own = of(self)
        if own.link.is_tests and name in MEMORY_CLAIMS:
            if name in dir(self):
                own.link.unsure = own.link.unsure or f"the tests ask an object of the solution for its {name}"
            raise AttributeError(name)
        is_result = own.link.is_tests and own.standing < OBJECT and not own.name
        if is_result and (name in TEXT_CLAIMS or (own.taint and name in DATA_NAMES - CHANGING)):
            own.decline(f"{name} of a result")
        found = own.answered(own.link.ask("attr", own.number, name, standing=own.standing))
        is_claim = own.link.is_tests and not own.name and claims_equality(name)
        if type(found) is Proxy and (is_claim or (is_result and name in DATA_NAMES)):
            of(found).data_method, of(found).owner = name, own.number
        return found

    def __setattr__(self, name, value):
        own = of(self)
        own.link.ask("set", own.number, name, own.link.values.pack(value))

    def __delattr__(self, name):
        of(self).link.ask("set", of(self).number, name)

    def __instancecheck__(self, value):
        return is_of_partner(value) and asked("isinstance", value, self) is True

    def __subclasscheck__(self, kind):
        return type(kind) is Proxy and asked("issubclass", kind, self) is True

    def __mro_entries__(self, bases):
        of(self).link.give_up("the tests make a subclass of a class of the solution")

    def __reduce_ex__(self, protocol):
        of(self).link.give_up("the tests pickle an object of the solution")

    def __copy__(self):
        return of(self).answered(of(self).link.ask("copy", of(self).number, False, standing=of(self).standing))

    def __deepcopy__(self, memory):
        return of(self).answered(of(self).link.ask("copy", of(self).number, True, standing=of(self).standing))

    def __dir__(self):
        return list(asked("dir", self))

    def __iter__(self):
        iterator = operate("iter", self)
        if iterator is self:
            return self
        if not of(self).link.is_tests:
            return _Walk(iterator)
        return _Taking(iterator) if type(iterator) is Proxy else iter(iterator)

    def __next__(self):
        own = of(self)
        if not own.link.is_tests:
            return operate("next", self)
        if not own.ahead:
            count = 1 if own.taken < FIRST_SINGLES else min(own.taken, MOST_TAKEN)
            own.ahead.extend(own.link.take(own, count))
            own.taken += count
        if not own.ahead:
            raise StopIteration
        return own.ahead.popleft()

    def __contains__(self, value):
        own = of(self)
        if own.standing >= OBJECT or not own.link.is_tests or is_of_partner(value):
            return operate("contains", self, value) is True
        try:
            items = iter(self)
        except TypeError:
            return own.decline("membership in a result that has no items")
        return any(value is each or value == each for each in items)

    def __hash__(self):
        return int(operate("hash", self))

    def __bool__(self):
        if of(self).taint:
            of(self).decline("the truth of what an operation with data returned")
        return asked("bool", self) is True

    def __enter__(self):
        return _method(self, "__enter__")

    def __exit__(self, kind, error, trace):
        given = (None, None, None) if kind is None else (kind, error, None)
        return bool(_method(self, "__exit__", *given))

    def __floor__(self):
        return number(self, _method(self, "__floor__"))

    def __ceil__(self):
        return number(self, _method(self, "__ceil__"))

    def __trunc__(self):
        return number(self, _method(self, "__trunc__"))

    def __aenter__(self):
        return _method(self, "__aenter__")

    def __aexit__(self, kind, error, trace):
        given = (None, None, None) if kind is None else (kind, error, None)
        return _method(self, "__aexit__", *given)

    def __aiter__(self):
        return _method(self, "__aiter__")

    def __anext__(self):
        following, own = _method(self, "__anext__"), of(self)
        if type(following) is Proxy:  # what async generators give is no coroutine
            return own.link.awaitable(of(following).number, own.standing, own.answered)
        return following


_STATE = Proxy.__dict__["_stillroom_state_"]
guard(_STATE)


def of(proxy) -> State:
    """What is known of a proxy's object."""
    return _STATE.__get__(proxy)


def made(link, number, standing) -> Proxy:
    """A proxy of the other side's object of this number."""
    proxy = object.__new__(Proxy)
    _STATE.__set__(proxy, State(link, number, standing))
    return proxy


def is_of_partner(value) -> bool:
    """Whether a value stands for an object of the other process."""
    return hasattr(type(value), "_stillroom_state_")


@noting_all
class _Walk:
    """Items of the other side's iterator, one by one."""

    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self

    def __next__(self):
        return operate("next", self.iterator)


class _Taking:
    """Items of the solution's iterator, more at a time as there are more of them."""

    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self

    def __next__(self):
        return Proxy.__next__(self.iterator)


def _method(proxy, name, *arguments):
    own = of(proxy)
    return own.answered(own.link.ask("attr", own.number, name, standing=own.standing))(*arguments)


def operate(name, *operands):
    """The result of an operation that the other side carries out; of a tainted operand no data is believed."""
    found = asked(name, *operands)
    for each in operands:
        if type(each) is Proxy:
            found = of(each).answered(found)
    return found


def asked(name, *operands):
    """The same, but what may be believed of it is left to the caller."""
    proxies = [each for each in operands if type(each) is Proxy] or [operands[-1]]
    link = of(proxies[0]).link
    level = min(of(each).standing for each in proxies)
    return link.ask("op", name, [link.values.pack(each) for each in operands], standing=level)


def number(proxy, value):
    """``value``, read from an object, unless it would be the answer to data."""
    own = of(proxy)
    if own.link.is_tests and own.taint and type(value) is not Proxy:
        own.decline("a number read from what an operation with data returned")
    return value
