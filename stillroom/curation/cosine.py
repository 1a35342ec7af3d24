"""Cosine similarities of vectors of unit length, of which the products are cosines.

Every pair is judged by its product in double precision, which does not hang on what else is searched. Vectors may be a
memory map: some thousands are looked at together.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int64]

SLACK = 1e-5  # what single precision may be off by
_NUMBERS_AT_A_TIME = 1 << 20
_ROWS_AT_A_TIME = 8_192


def cosines(vectors: Vectors, left: Rows, right: Rows) -> NDArray[np.float64]:
    """Cosine similarities of pairs of rows, in double precision."""
    found = np.zeros(len(left))
    at_a_time = max(1, _NUMBERS_AT_A_TIME // vectors.shape[1])
    for start in range(0, len(left), at_a_time):
        some = slice(start, start + at_a_time)
        found[some] = (vectors[left[some]].astype(np.float64) * vectors[right[some]]).sum(axis=1)
    return found


def all_before(vectors: Vectors, row: int, threshold: float) -> Rows:
    """All rows before this one that are similar enough, ascending."""
    likely = [np.zeros(0, np.int64)]
    for start in range(0, row, _ROWS_AT_A_TIME):
        products = vectors[start : min(start + _ROWS_AT_A_TIME, row)] @ vectors[row]
        likely.append(start + np.flatnonzero(products >= threshold - SLACK))
    rows = np.concatenate(likely)
    return rows[cosines(vectors, np.full(len(rows), row), rows) >= threshold]
