"""Says what is believed of a method that data have, too, or that claims equality: ``count``, ``issubset``, ``isclose``.

Such a method of an object that was given data of the tests knows what they look for. Its plain result is not believed,
and an object that it returns is tainted: any object is true, and unequal to -1.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic, reportArgumentType=false
from link_claims import CHANGING, DATA_NAMES, claims_equality
from link_proxies import METHOD, Proxy, is_of_partner, made, of
from link_standing import INSTANCE

_LOOKING_UP = frozenset(("get", "pop", "setdefault"))
"""What gives None or not: ``f(2).get("Bob") is not None`` holds of every object, and is asked of none."""


def is_judge(state, given) -> bool:
    """Whether a method would say whether its object is what the tests expect, which are about to tell it."""
    if state.standing == INSTANCE or not claims_equality(state.data_method):
        return False
    return not all(map(is_of_partner, given))


def believed(state, result, given):
    """What is believed of what a method gave.

    Args:
        state: of the method.
        result: what it gave.
        given: what it was told.

    Raises:
        Undecided: where that could be the answer that the tests look for.
    """
    name = state.data_method
    if name not in DATA_NAMES or not given or (result is None and name in CHANGING):
        return state.answered(result)
    if type(result) is not Proxy or name in _LOOKING_UP:
        decline(state)
    if all(map(is_of_partner, given)):
        return state.answered(result)
    if of(result).number == state.owner and name in CHANGING:  # the object may be asked further, what it gave may not
        result = made(state.link, state.owner, state.standing)
    of(result).taint = METHOD
    return state.answered(result)


def decline(state):
    """Do not believe a method.

    Raises:
        Undecided: always.
    """
    state.link.give_up(f"{state.data_method}() of a result: only the object itself could say")
