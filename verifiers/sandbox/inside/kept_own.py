"""Finds what an answer has of its own where a prompt's judge may ask: in objects, and in classes of the answer's.

A class may have what it likes under names that no judge reads, and what the prompt leaves to be written.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import types

from kept_callables import is_of_data
from kept_data import BUILT_IN
from kept_judges import METHODS, acts, is_special
from kept_names import CONSTRUCTING, CONVERTING
from kept_shapes import bases_of, vars_of
from kept_stores import held_by, is_field

_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_SPARE = frozenset((
    "__abstractmethods__", "__annotations__", "__copy__", "__dataclass_fields__", "__dataclass_params__",
    "__deepcopy__", "__doc__", "__getnewargs__", "__getstate__", "__hash__", "__init__", "__init_subclass__",
    "__match_args__", "__module__", "__new__", "__orig_bases__", "__parameters__", "__post_init__", "__repr__",
    "__setstate__", "__slots__", "__str__", "__weakref__",
))  # fmt: skip
"""What a class may have for itself: no judge calls it, but by what is named here."""
_OWN = frozenset(("__call__", "__enter__", "__exit__"))
"""The same where the prompt has no such: a handler of the answer's is what it is given to be called."""
_CALLING = {
    "__copy__": ("copy",), "__deepcopy__": ("deepcopy",), "__init__": (CONSTRUCTING, "replace"),
    "__repr__": (CONVERTING, "ascii", "format", "repr", "str"), "__str__": (CONVERTING, "format", "print", "str"),
}  # fmt: skip
_FORMATTED = ("__repr__", "__str__")


class Own:
    """What there is of an answer's own in values.

    Args:
        kinds: the ``kept_types.Types`` of the process.
        stores: the ``kept_stores.Stores`` of the prompt.
        compared: the ``kept_compared.Compared`` of the process.
        judges: gives the ``kept_judges.Judges`` of the prompt.
    """

    def __init__(self, kinds, stores, compared, judges):
        self._kinds, self._stores, self._compared, self._judges = kinds, stores, compared, judges

    def hiding(self, value, kind, judging):
        """The name under which a value itself has what a class of the prompt's has as a method."""
        held = held_by(value, kind)
        if not held:
            return ""
        if any(type(each) is not str for each in held):  # which may equal any name
            return "a name that is no text"
        if judging.isdisjoint(held):
            return ""
        names = [each for each in held if each in judging and not self.may_hold(kind, each)]
        return next((each for each in names if not self._judges().say_nothing(each, kind)), "")

    def is_written(self, value, kind, name):
        """Whether what a value has under a name is in a class of the answer's, and not in itself or by any name."""
        own = [each for each in bases_of(kind) if self._compared.is_answers(each)]
        is_there = any(name in vars_of(each) for each in own) and name not in (held_by(value, kind) or ())
        return is_there and not any("__getattribute__" in vars_of(each) for each in own)

    def may_hold(self, kind, name):
        """Whether instances may have something of their own under a name that the prompt has in a class."""
        bases = [each for each in bases_of(kind) if not self._compared.is_answers(each)]
        home = next((each for each in bases if name in vars_of(each)), None)
        return self._stores.stores_itself(name, kind) or (home is not None and is_field(name, home, bases))

    def added(self, kind, reads, is_data):
        """The name of what an answer's class has of its own that a judge may call."""
        judges = self._judges()
        for each in bases_of(kind):
            if not self._compared.is_answers(each):
                continue
            slot = vars_of(each).get("__dict__")
            for name, value in vars_of(each).items():
                if is_special(name):
                    is_spare = name in _SPARE and reads.isdisjoint(_CALLING.get(name, ()))
                    is_spare = is_spare and not (name == "__hash__" and is_of_data(kind))
                    is_spare = is_spare and not (name in _FORMATTED and "__format__" in reads and _formats_itself(kind))
                    is_free = is_spare or (name in _OWN and name not in judges) or self._kinds.is_made(each, value)
                    if not is_free and not (value is slot and type(slot) in _SLOTS):
                        return name
                elif name not in reads:
                    continue
                elif name in judges:
                    if not (judges.say_nothing(name, kind) or (is_data and judges.is_default(name, kind))):
                        return name
                elif (type(value) not in METHODS and acts(value)) or self._hides(kind, name):
                    return name  # but a method under a name of its own is its own
        return ""

    def _hides(self, kind, name):
        """Whether a class of the prompt's under an answer's has data under a name, which is none of its instances'."""
        bases = [each for each in bases_of(kind) if self._compared.is_prompts(each)]
        home = next((each for each in bases if name in vars_of(each)), None)
        return home is not None and not (is_field(name, home, bases) or self._stores.stored(name, kind))


def _formats_itself(kind):
    """Whether a class has a way of its own to be formatted, which may make a text of the object, as ``Enum`` does."""
    home = next(each for each in bases_of(kind) if "__format__" in vars_of(each))
    return home is not object and id(home) not in BUILT_IN
