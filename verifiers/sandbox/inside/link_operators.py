"""The operators of a ``Proxy``: what of them the solution may answer, and what only its data can.

An operation with data gives an object, or nothing that is believed: its plain result could be the answer that the tests
look for, made of what they expect. Objects compare with data by the data that they are underneath.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN202
# pyright: basic
import copy

import link_compared
import runner
from link_failures import noting
from link_proxies import OPERATION, Proxy, asked, is_of_partner, number, of, operate
from link_standing import DATA


def _arithmetic(name, *operands):
    """An operation whose result is an object, or data that the solution made without being told any."""
    proxies = [each for each in operands if type(each) is Proxy]
    own = min(map(of, proxies), key=lambda each: each.standing)
    is_told = own.link.is_tests and not all(map(is_of_partner, operands))
    if is_told:  # before anything is told: what is asked later could be answered with it
        given = [_data_of(each, f"__{name.rstrip('_')}__", is_kept=False) for each in operands]
        if not any(type(each) is Proxy for each in given):
            return runner.operation(name)(*given)
    result = asked(name, *operands)
    taint = max(OPERATION * is_told, *(of(each).taint for each in proxies))
    if not taint:
        return result
    if type(result) is not Proxy:
        own.decline(f"{name} of an object and data")
    of(result).taint = of(result).taint or taint
    return result


def _data_of(value, method, *, is_kept=True):
    """The data that an object is underneath, where this method is that of such data; else the value itself.

    Args:
        value: an operand.
        method: what the operator calls.
        is_kept: whether nothing comes of it that could be changed, so that it need not be a copy.
    """
    if type(value) is not Proxy or of(value).taint or of(value).is_own(method):
        return value
    if of(value).number in of(value).link.values.received.made_of:
        return link_compared.path(of(value)) or value
    data = of(value).data()
    if not data:
        return value
    return data[0] if is_kept else _copied(data[0])


def _copied(value):
    """A copy of data that is changed in place; objects of the solution in it are not copied."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return kind(map(_copied, value))
    if kind is dict:
        return {key: _copied(each) for key, each in value.items()}
    return value if is_of_partner(value) else copy.deepcopy(value)


def _equal(left, right):
    """Objects of the solution compare among themselves; whether one of them equals data is said by its data alone."""
    own = of(left)
    if is_of_partner(right) or not own.link.is_tests:
        return asked("eq", left, right) is True
    if right is None:
        return False
    if not own.link.values.is_data(right):
        return link_compared.equal(left, right)
    if own.taint:
        return own.decline("whether the result of an operation with data equals data")
    data = own.data()
    if data and ((same := data[0] == right) or not own.is_own("__eq__")):
        return same
    if own.standing != DATA or (own.underneath is not None and own.underneath.is_untold()):
        return own.decline("whether an object equals data")
    own.link.asked.is_denied = not own.is_excused()
    return False


def _same(self, other):
    return _equal(self, other)


def _different(self, other):
    if is_of_partner(other) or not of(self).link.is_tests:
        return asked("ne", self, other) is True
    same = _equal(self, other)
    return same if same is NotImplemented else not same


def _compare(name, left, right):
    own = of(left)
    if is_of_partner(right) or not own.link.is_tests:
        return asked(name, left, right) is True
    data = _data_of(left, f"__{name}__")
    if type(data) is not Proxy:
        return runner.operation(name)(data, right)
    return own.decline("the order of an object and data")


def _text(value):
    return value if type(value) is str else "<no text>"


def _define(method, function):
    function.__name__ = method
    setattr(Proxy, method, noting(function))


def _forward(method, name, convert=None):
    def forwarded(self, *arguments):
        value = operate(name, self, *arguments)
        return value if convert is None else convert(value)

    _define(method, forwarded)


def _forward_number(method, name, convert=None):
    def forwarded(self, *arguments):
        value = number(self, asked(name, self, *arguments))
        if type(value) is Proxy:
            of(value).taint = of(value).taint or of(self).taint
        return value if convert is None else convert(value)

    _define(method, forwarded)


for _name, _convert in (("str", _text), ("repr", _text), ("format", _text), ("bytes", None)):
    _forward(f"__{_name}__", _name, _convert)
for _name, _convert in (("len", int), ("getitem", None), ("setitem", None), ("delitem", None), ("reversed", None)):
    _forward(f"__{_name}__", _name, _convert)
for _name, _convert in (("int", int), ("float", float), ("complex", complex), ("index", int)):
    _forward_number(f"__{_name}__", _name, _convert)
for _name in ("abs", "round", "neg", "pos", "invert"):
    _forward_number(f"__{_name}__", _name)
for _name in "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor divmod".split():  # noqa: SIM905
    _operator = f"{_name}_" if _name in ("and", "or") else _name
    _define(f"__{_name}__", lambda self, *rest, name=_operator: _arithmetic(name, self, *rest))
    _define(f"__r{_name}__", lambda self, other, name=_operator: _arithmetic(name, other, self))
    if _name != "divmod":
        _define(f"__i{_name}__", lambda self, other, name=f"i{_name}": _arithmetic(name, self, other))
for _name in ("lt", "le", "gt", "ge"):
    _define(f"__{_name}__", lambda left, right, name=_name: _compare(name, left, right))
_define("__eq__", _same)
_define("__ne__", _different)
