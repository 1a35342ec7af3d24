"""Uses up the gaps in a template's memory, so that what a program allocates lies together.

Memory that was freed leaves gaps between objects that are still there. A clone that puts a few bytes into one copies
the whole page for it; in pages of its own a hundred such bytes cost one.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, RUF100
# pyright: basic
import ctypes

import confine

POOL = 16 << 10  # bytes of a pool of Python's small objects, which are of one size
POOL_HEAD = 48
ALIGNMENT = 16
LARGEST_SMALL = 512  # bytes; what is larger comes from the C library
BYTES_HEAD = 33  # of a ``bytes``, beside its content
LARGER = (
    *(65_536, 32_768, 16_384, 8_192, 4_096, 2_048),
    *range(1_040, LARGEST_SMALL, -ALIGNMENT),  # of each the C library keeps some that were freed apart
)


def fill_gaps():
    """Fill the gaps that are there; returns what fills them, which is to be kept for as long as the process lives."""
    kept = []
    _fill_pools(kept)
    _fill_heap(kept)
    return kept


def heap_end():
    """Where the C library's heap ends, with nothing left over: what lies below is in a gap."""
    confine.libc.sbrk.restype = ctypes.c_void_p
    confine.libc.malloc_trim(0)
    return confine.libc.sbrk(0)


def _fill_pools(kept):
    """Python's own pools: until objects of a size come one after the other, which they do in a pool that was empty."""
    for make in (object, float):  # 16 and 24 bytes, of which no ``bytes`` is
        kept += [make() for _ in range(4 * POOL // ALIGNMENT)]
    for size in range(BYTES_HEAD // ALIGNMENT * ALIGNMENT + ALIGNMENT, LARGEST_SMALL + 1, ALIGNMENT):
        in_a_row, before = 0, 0
        while in_a_row < (POOL - POOL_HEAD) // size - 1:
            kept.append(bytes(size - BYTES_HEAD))
            in_a_row = in_a_row + 1 if id(kept[-1]) == before + size else 0
            before = id(kept[-1])


def _fill_heap(kept):
    """The C library's heap: until it has to be made larger. What it was made larger by is given back."""
    end = heap_end()
    for size in LARGER:
        while id(block := bytes(size - BYTES_HEAD)) < end:
            kept.append(block)
    del block
    confine.libc.malloc_trim(0)
