"""Puts data into texts, for the forms of which it is known beforehand that the text stays short."""

import re
from typing import cast

from verifiers.bounds import Budget, Unsupported

MAX_FORM_CHARS = 10_000  # of a text with fields, each of which may become a thousand characters

_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?#?0?\d{0,3}[,_]?(?:\.\d{1,3})?[bcdeEfFgGnosxX%]?")
_FIELD = re.compile(r"\{\{|\}\}|\{(\d{0,2})(?:!([rs]))?(?::([^{}]*))?\}")
_PERCENT = re.compile(r"%(?:%|[-+ #0]*\d{0,3}(?:\.\d{1,3})?[diouxXeEfFgGcrs])")


def inserted(value: object, conversion: int, spec: str, budget: Budget) -> str:
    """A value as it stands in an f-string.

    Args:
        value: plain data.
        conversion: as in ``ast.FormattedValue``: -1, or the code of ``r`` or ``s``.
        spec: what stands after the colon.
        budget: pays for it.

    Raises:
        Unsupported: for a form that is not known to be short.
        ValueError: for one that Python refuses, and TypeError likewise.
    """
    if not _SPEC.fullmatch(spec) or conversion not in (-1, ord("r"), ord("s")):
        raise Unsupported(f"the format {spec!r}")
    budget.digits([value])
    if conversion != -1:
        value = repr(value) if conversion == ord("r") else str(value)
    return format(value, spec)


def formatted(text: str, arguments: list[object], budget: Budget) -> str:
    """``text.format(*arguments)``.

    Raises:
        Unsupported: for other than plain fields by position.
        LookupError: where there are fewer arguments than fields.
    """
    if len(text) > MAX_FORM_CHARS or re.search(r"[{}]", _FIELD.sub("", text)):
        raise Unsupported("a format that is long or has other fields than by position")
    fields = [field for field in _FIELD.finditer(text) if field[0] not in ("{{", "}}")]
    if len({bool(field[1]) for field in fields}) > 1:
        raise ValueError("fields with numbers and without")
    found: list[str] = []
    at = 0
    for position, field in enumerate(fields):
        value = arguments[int(field[1] or position)]
        found.append(_unescaped(text[at : field.start()]))
        found.append(inserted(value, ord(field[2]) if field[2] else -1, field[3] or "", budget))
        at = field.end()
    return "".join((*found, _unescaped(text[at:])))


def percent(text: str, values: object, budget: Budget) -> str:
    """``text % values``.

    Raises:
        Unsupported: for other than plain fields by position.
        TypeError: where values do not fit the fields, as in Python.
    """
    if len(text) > MAX_FORM_CHARS or "%" in _PERCENT.sub("", text):
        raise Unsupported("a format that is long or has other fields than by position")
    budget.size(text)
    budget.digits(cast("tuple[object, ...]", values) if isinstance(values, tuple) else [values])
    return text % values


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
