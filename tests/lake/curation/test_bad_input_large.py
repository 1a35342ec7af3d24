"""Sizes that no row or corpus should have: 50 MB in one text, and many times the memory that a search is given."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stillroom.curation import find_duplicates
from stillroom.curation.benchmark_search import SEARCHES
from tests.lake.curation.test_bad_input import GRAM
from tests.lake.curation.test_duplicates import WORDS, documents, representatives_of
from tests.unit.curation.test_contamination import items


@pytest.mark.slow
def test_one_text_of_50_mb():
    """It is compared with a copy, one that lacks its end, and one that is half of it, and searched to its end."""
    import time
    t=time.perf_counter()
    generator = random.Random(5)
    words = [f"{one}{two}" for one in WORDS for two in range(300)]
    giant = " ".join(generator.choices(words, k=6_500_000))
    assert len(giant) > 50_000_000
    print("made", time.perf_counter()-t)

    found = find_duplicates(documents([giant, "small", giant + " \n", giant[:-1_000_000], giant[: len(giant) // 2]]))
    print("found", time.perf_counter()-t)

    assert representatives_of(found) == {"d002": "d000", "d003": "d000"}
    held = f"{giant} {GRAM}"
    for search, expected in zip(SEARCHES, (1, 0, 0), strict=True):
        assert len(search(items(GRAM)).find(pl.DataFrame({"id": ["giant"], "text": [held]}))) == expected
        print(search, time.perf_counter()-t)
