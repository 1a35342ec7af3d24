"""The scratch database takes frames and numbers as they are, and nothing that takes long to load."""

import subprocess
import sys

import duckdb
import polars as pl
import pytest

from stillroom.curation.scratch import open_scratch
from stillroom.curation.settings import DedupSettings

LOADED = """
import sys
import polars as pl
from stillroom.curation import find_duplicates
texts = ["one and the same text", "one and the same text", "one and the same text!"]
new = pl.DataFrame({"id": ["a", "b", "c"], "text": texts, "rank": 0})
assert len(find_duplicates(new).drops) == 2
print(sorted({"pandas", "pyarrow.dataset"} & sys.modules.keys()))
"""


def test_a_frame_is_read_once_and_numbers_are_those_that_were_given():
    frame = pl.DataFrame({"text": ["plain", "é問", None], "number": [1, None, 1 << 62]})
    with open_scratch(DedupSettings()) as scratch:
        with scratch.view("given", frame):
            scratch.execute("CREATE TABLE kept AS SELECT * FROM given")
            with pytest.raises(duckdb.InvalidInputException, match="already been consumed"):
                scratch.rows("SELECT * FROM given")
        assert scratch.frame("FROM kept").equals(frame)
        third = scratch.rows("SELECT $third, $many, $yes, 'not $$one'", third=0.1 + 0.2, many=1 << 62, yes=True)
        assert third == [(0.1 + 0.2, 1 << 62, True, "not $one")]


def test_a_search_loads_no_library_that_it_has_no_use_for():
    done = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
