"""Much is read some at a time and committed as frames, within a bound of memory."""

import polars as pl
import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from tests.fakes.rows import row

SIGNED = {"curation_id": "c", "kind": "answer", "arrival": 1, "text_hash": "h", "characters": 3, "scheme": "s"}


def test_rows_and_frames_of_a_table_are_committed_together(lake: Lake):
    frame = pl.DataFrame({**SIGNED, "owner_id": ["a", "b"], "bands": [[1, 2], []]})
    alone = {**SIGNED, "owner_id": "c", "bands": [3], "shard": 7}

    lake.commit("k", {"dedup_signatures": [frame, alone]}, run_id="r", shard=4)

    found = lake.rows("SELECT owner_id, bands, shard, run_id FROM lake.dedup_signatures ORDER BY owner_id")
    assert [tuple(one.values()) for one in found] == [("a", [1, 2], 4, "r"), ("b", [], 4, "r"), ("c", [3], 7, "r")]


def test_a_frame_that_does_not_fit_its_table_is_refused(lake: Lake):
    for frame in (pl.DataFrame({"owner_id": ["a"]}), pl.DataFrame({**SIGNED, "owner_id": ["a"], "bands": ["x"]})):
        with pytest.raises(LakeError, match="does not fit its table"):
            lake.commit("k", {"dedup_signatures": [frame]}, run_id="r")
    assert not lake.committed("k")


def test_a_query_is_read_in_batches_while_others_are_asked(lake: Lake):
    lake.commit("k", {"scores": [row("scores", sample_id=f"{number:05}") for number in range(5_000)]}, run_id="r")
    seen: list[str] = []
    for batch in lake.batches("SELECT sample_id FROM lake.scores WHERE run_id = $run", {"run": "r"}, rows=2_048):
        assert len(batch) <= 2_048
        assert lake.committed("k")
        seen += batch["sample_id"].to_list()
    assert sorted(seen) == [f"{number:05}" for number in range(5_000)]


def test_a_query_in_batches_that_fails_is_an_error_of_the_lake(lake: Lake):
    with pytest.raises(LakeError, match="the query failed"):
        list(lake.batches("SELECT nothing FROM lake.scores", {}, rows=10))


def test_queries_within_a_bound_spill_and_are_free_again(lake: Lake):
    limit = "SELECT current_setting('memory_limit') AS bytes"
    (before,) = lake.rows(limit)
    with lake.within(256 << 20):
        (bound,) = lake.rows(limit)
    assert float(bound["bytes"].removesuffix(" MiB")) == pytest.approx(256 + _kept_mib(lake), abs=1)
    assert lake.rows(limit) == [before]


def test_what_duckdb_keeps_of_catalogues_stands_beside_the_bound(lake: Lake):
    lake.commit("k", {"scores": [row("scores")]}, run_id="r")
    bound = 64 << 10
    assert _kept_mib(lake) * 2**20 > bound, "the catalogue of a lake was small: DuckDB would have taken such a limit"
    with lake.within(bound):
        assert lake.rows("SELECT 1 AS one") == [{"one": 1}]


def _kept_mib(lake: Lake) -> float:
    (kept,) = lake.rows("SELECT sum(memory_usage_bytes) AS bytes FROM duckdb_memory() WHERE tag = 'OBJECT_CACHE'")
    return int(kept["bytes"]) / 2**20


def test_a_query_in_batches_that_fails_after_the_first_is_an_error_of_the_lake(lake: Lake):
    """What DuckDB says comes from pyarrow then, as an error of the system's."""
    query = "SELECT if(i = $last, error('a page is lost'), i) AS i FROM range($last + 1) t(i)"
    batches = lake.batches(query, {"last": 50_000_000}, rows=2_048)  # far more than is read ahead
    assert len(next(batches)) == 2_048
    with pytest.raises(LakeError, match=r"the query failed: .*a page is lost"):
        list(batches)
