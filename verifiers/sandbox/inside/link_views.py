"""Stands in for an instance of a subclass of data that cannot change: the data is here, what else it has is there.

A named tuple, a member of an ``IntEnum``: tests compare them with plain data, which is done here, and ask them for
attributes, methods and texts of their own, which is asked over the link.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# pyright: basic, reportArgumentType=false, reportCallIssue=false
from link_claims import DATA_NAMES, MEMORY_CLAIMS, TEXT_CLAIMS, claims_equality
from link_failures import noting_all
from link_proxies import Proxy, of
from unseen import Closed, opened

BASES = {kind.__name__: kind for kind in (frozenset, tuple, str, bytes, int, float, complex)}


@noting_all
class _View:
    """What all views have beside their data."""

    _stillroom_state_ = None  # of the instance: the link, and the object's number

    def __getattr__(self, name):
        link, number = state_of(self)
        if link.is_tests and name in MEMORY_CLAIMS:
            link.asked.is_denied = link.asked.is_denied or _asked(self, "hasattr", name) is True
            raise AttributeError(name)
        if link.is_tests and name in TEXT_CLAIMS:
            link.refuse(f"{name} of a result: data was expected that says it itself")
        found = link.ask("attr", number, name)
        if link.is_tests and type(found) is Proxy and (name in DATA_NAMES or claims_equality(name)):
            of(found).data_method, of(found).owner = name, number
        return found

    def __str__(self):
        return _text(self, "str")

    def __repr__(self):
        return _text(self, "repr")

    def __format__(self, spec):
        return _text(self, "format", spec) if spec else str(self)


def _text(view, name, *arguments):
    found = _asked(view, name, *arguments)
    return found if type(found) is str else "<no text>"


def _asked(view, name, *arguments):
    link, _ = state_of(view)
    return link.ask("op", name, [link.values.pack(view), *map(link.values.pack, arguments)])


_kinds: dict[tuple[str, str], type] = {}


def view(link, number: int, base: str, name: str, data: object):
    """A view of the object of this number, whose data is ``data``.

    Raises:
        ValueError: where the data is not of that kind.
    """
    kind = BASES.get(base)
    if kind is None or type(data) is not kind:
        raise ValueError(f"a {name} without the data of one")
    if (base, name) not in _kinds:
        _kinds[base, name] = type(name, (_View, kind), {})
    made = kind.__new__(_kinds[base, name], data)
    made.__dict__["_stillroom_state_"] = Closed((link, number))
    return made


def state_of(view) -> tuple:
    """The link of a view, and the number of the object that it stands for."""
    return opened(view.__dict__["_stillroom_state_"])


def number_of(value: object, link) -> int | None:
    """The number of the object that a view of this link stands for; None for anything else."""
    state = state_of(value) if issubclass(type(value), _View) else None
    return state[1] if state is not None and state[0] is link else None
