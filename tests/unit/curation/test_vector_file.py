"""Vectors and lists of rows on disk are read as they were written, and a folder without room is told."""

import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.row_lists import RowLists
from stillroom.curation.vector_file import VectorFile
from stillroom.errors import LakeError
from tests.fakes.disks import fill, small_disk


def numbered(count: int, dims: int = 3) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.arange(count * dims, dtype=np.float32).reshape(count, dims)


def test_vectors_are_read_by_id_in_whatever_order_and_however_they_came(tmp_path: Path):
    rows = numbered(5)
    file = VectorFile(3, tmp_path)
    file.add(["a", "b"], rows[:2])
    assert np.array_equal(file.rows(["b", "a"]), rows[[1, 0]])
    file.add_frame(pl.DataFrame({"id": ["c", "d"], "vector": rows[2:4].tolist()}))
    file.add([], rows[:0])
    file.add(["e"], rows[4:])

    assert (len(file), file.ids, "c" in file, "f" in file) == (5, ["a", "b", "c", "d", "e"], True, False)
    assert np.array_equal(file.rows(["e", "c", "c"]), rows[[4, 2, 2]])
    assert file.rows([]).shape == (0, 3)
    (frame,) = file.frames()
    assert frame.rows() == [(id_, row) for id_, row in zip(file.ids, rows.tolist(), strict=True)]
    assert list(tmp_path.iterdir()) == []


def test_some_of_a_file_go_by_other_names_also_when_the_file_is_forgotten():
    rows = numbered(3)
    file = VectorFile(3)
    file.add(["a", "b", "c"], rows)
    some = file.named({"c": "see", "a": "a", "z": "zed"})
    del file
    assert some.ids == ["a", "see"]
    assert np.array_equal(some.rows(["see", "a"]), rows[[2, 0]])


def test_a_folder_without_room_is_told_with_what_to_do(tmp_path: Path):
    with small_disk(tmp_path / "disk", "16m"):
        file = VectorFile(1_024, tmp_path / "disk")
        fill(tmp_path / "disk", keep=1 << 20)
        with pytest.raises(LakeError, match=rf"embeddings in {tmp_path}/disk: .*No space left.*Free space"):
            file.add([str(row) for row in range(1_000)], numbered(1_000, 1_024))
    with pytest.raises(LakeError, match="missing"):
        VectorFile(3, tmp_path / "missing")


@given(st.lists(st.lists(st.integers(0, 2**31 - 2), max_size=4), max_size=8), st.integers(1, 3))
def test_lists_are_those_that_were_given(lists: list[list[int]], size: int):
    pairs = [(row, member) for row, of_row in enumerate(lists) for member in of_row]
    parts = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    arrays = ((np.array([row for row, _ in part]), np.array([member for _, member in part])) for part in parts)
    found = RowLists(len(lists), arrays)
    assert [found.of(row) for row in range(len(lists))] == lists


def test_parts_of_lists_take_no_room_of_all_rows():
    parts = ((np.array([row]), np.array([7])) for row in range(0, 1_000_000, 100_000))
    tracemalloc.start()
    found = RowLists(1_000_000, parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * 8 * 1_000_000
    assert [found.of(row) for row in (0, 1, 900_000)] == [[7], [], [7]]
