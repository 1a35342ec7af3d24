"""Turns a value into canonical JSON and its sha256, and refuses whatever has no stable form.

Two things are the same exactly when their fingerprints are. A permissive ``str(value)`` fallback would
make an object's memory address, a set's order or a float's platform spelling part of an identity, and a
sample that was paid for would be bought again tomorrow. So anything but plain data raises.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"


def canonical_json(value: Plain) -> str:
    """Canonical JSON of plain data: sorted keys, no spaces, UTF-8 as it is.

    Floats that are whole numbers are written as integers, so ``1.0`` from YAML and ``1`` from Python agree.

    Raises:
        TypeError: for anything but None, bool, int, float, str, list, tuple and str-keyed mappings.
        ValueError: for NaN and infinities, and for text that is not valid Unicode.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Plain, *, length: int = 64) -> str:
    """The first ``length`` hex digits (64 = all) of sha256 over the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", errors="strict")).hexdigest()[:length]


def normalise_text(text: str) -> str:
    """Text as identity sees it: NFKC, line ends and runs of white space folded, outer space dropped.

    Indentation is kept, since it carries meaning in code. NFKC reads 11² as 112, which ids of lakes stand on: whether
    two texts are duplicates is asked without that (``stillroom/curation/texts.py``).
    """
    return fold_blanks(unicodedata.normalize("NFKC", text))


def fold_blanks(text: str) -> str:
    """Text with one line end, with single blanks but for indentation, and without outer space."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    folded = (line[: len(line) - len(line.lstrip())] + " ".join(line.split()) for line in lines)
    return "\n".join(folded).strip()


def _plain(value: object) -> Plain:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate raises here, not later in a hash
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no canonical form: fingerprints take finite numbers only")
        return int(value) if value.is_integer() else value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    raise TypeError(f"{type(value).__name__} has no canonical form: turn it into plain data first")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"fingerprints take mappings with text keys, found {key!r}")
    return key
