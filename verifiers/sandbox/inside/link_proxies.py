"""Stands in for an object of the other process: whatever is done to a ``Proxy`` is asked over the link.

An object of the solution never decides whether it equals data, but where a test made the object itself.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN202, ANN204, D102
# pyright: basic


class Proxy:
    """An object of the other process."""

    def __call__(self, *arguments, **keywords):
        own = self.__dict__
        return own["_link"].call(own["_number"], own["_asked"], arguments, keywords)

    def __getattr__(self, name):
        own = self.__dict__
        if name.startswith("__") and name.endswith("__") and name != "__dict__":
            raise AttributeError(name)
        return own["_link"].ask("attr", own["_number"], name)

    def __setattr__(self, name, value):
        own = self.__dict__
        own["_link"].ask("set", own["_number"], name, own["_link"].values.pack(value))

    def __instancecheck__(self, value):
        return type(value) is Proxy and _operate("isinstance", value, self) is True

    def __iter__(self):
        return iter(_operate("list", self)) if self.__dict__["_link"].is_tests else _Walk(_operate("iter", self))

    def __contains__(self, value):
        if self.__dict__["_made"] or not self.__dict__["_link"].is_tests:
            return _operate("contains", self, value) is True
        return any(value is each or value == each for each in self)

    def __eq__(self, other):
        return _compare("eq", self, other, False)

    def __ne__(self, other):
        return _compare("ne", self, other, True)

    def __hash__(self):
        return int(_operate("hash", self))

    def __bool__(self):
        return _operate("bool", self) is True

    def __enter__(self):
        return _method(self, "__enter__")

    def __exit__(self, kind, error, trace):
        return bool(_method(self, "__exit__", None, None, None)) and kind is None


class _Walk:
    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self

    def __next__(self):
        return _operate("next", self.iterator)


def _method(proxy, name, *arguments):
    own = proxy.__dict__
    return own["_link"].ask("attr", own["_number"], name)(*arguments)


def _operate(name, *operands):
    link = next(each for each in operands if type(each) is Proxy).__dict__["_link"]
    return link.ask("op", name, [link.values.pack(each) for each in operands])


def _compare(name, left, right, otherwise):
    """Objects of the solution compare among themselves; with data only where a test made the object itself."""
    link = left.__dict__["_link"]
    if link.is_tests and not (type(right) is Proxy or left.__dict__["_made"]):
        if name in ("eq", "ne"):
            return otherwise
        return NotImplemented
    return _operate(name, left, right) is True


def _forward(method, name, convert=None, swapped=False):
    def forwarded(self, *arguments):
        operands = (*arguments, self) if swapped else (self, *arguments)
        value = _operate(name, *operands)
        return value if convert is None else convert(value)

    forwarded.__name__ = method
    setattr(Proxy, method, forwarded)


def _text(value):
    return value if type(value) is str else "<no text>"


for _name, _convert in (("len", int), ("str", _text), ("repr", _text), ("int", int), ("float", float), ("abs", None)):
    _forward(f"__{_name}__", _name, _convert)
for _name in ("getitem", "setitem", "delitem", "next", "round", "neg", "reversed"):
    _forward(f"__{_name}__", _name)
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _forward(f"__{_name}__", _name)
    _forward(f"__r{_name}__", _name, swapped=True)
for _name in ("and", "or", "xor"):
    _forward(f"__{_name}__", f"{_name}_")
for _name in ("lt", "le", "gt", "ge"):
    setattr(Proxy, f"__{_name}__", lambda left, right, name=_name: _compare(name, left, right, NotImplemented))
