"""What goes wrong between two processes: one has ended or sends too much, or a value has no form to cross in."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202
# pyright: basic
import types

_NOTED = "_stillroom_failed_"  # what an exception bears that is the doing of what joins the two processes


class PartnerGone(BaseException):
    """The other process has ended; not an Exception, so that tests do not take it for an expected one."""


class TooMuchSent(PartnerGone):
    """The other process sent more than is read."""


class Unsendable(Exception):
    """A value has no form in which it can cross."""


def note(error: Exception) -> None:
    """Note an exception that our own code raises: it has passed no frame that is shown (``unseen.py``)."""
    if error.__traceback__ is None and not isinstance(error, StopIteration | StopAsyncIteration):
        error.__dict__[_NOTED] = True


def is_noted(error: BaseException) -> bool:
    """Whether an exception was."""
    return BaseException.__dict__["__dict__"].__get__(error).get(_NOTED, False)


def noting(function):
    """A method by which a program comes to our code, with what that raises noted."""

    def noted(*given, **named):
        try:
            return function(*given, **named)
        except Exception as error:
            note(error)
            raise

    noted.__name__ = function.__name__
    return noted


def noting_all(kind: type) -> type:
    """A class all of whose methods are such."""
    for name, value in list(vars(kind).items()):
        if type(value) is types.FunctionType:
            setattr(kind, name, noting(value))
    return kind
