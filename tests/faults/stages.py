"""Which stages of a build were under way when it was killed, as far as the lake, its journals and its files tell."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stillroom.journal import journal_at
from stillroom.lake import Lake
from stillroom.lake.files import data_files
from stillroom.lake.location import locate
from stillroom.runs import load_run, unfinished_shards
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry
from stillroom.seeding.plan import Record, is_begun
from tests.faults.accounts import journals

STAGES = ("seeding", "generation", "verification", "commit", "curation", "publication")
_BEFORE_SAMPLES = {"run", "prompts", "teacher"}
_AFTER_CURATION = {"curation", "publish"}
_UNMEASURED = """
SELECT count(DISTINCT check_id) AS n FROM lake.verdicts
WHERE run_id = ? AND outcome = 'pass' AND check_id NOT IN (SELECT check_id FROM lake.test_strengths)
"""


def stages_at(lake: Lake, *, lost: Counter[str], was_committing: bool) -> set[str]:
    """The stages, of which several may be under way at once: prompts are written while others are answered.

    Args:
        lake: as the kill left it.
        lost: what was in flight, by kind.
        was_committing: files were written of a commit that never came.
    """
    found = {"commit"} if was_committing else set[str]()
    runs = lake.rows("SELECT run_id FROM lake.current_runs WHERE state = 'opened' ORDER BY created_at DESC LIMIT 1")
    last = last_commit(lake)
    if not runs or last in _BEFORE_SAMPLES:
        return found | {"publication" if last in _AFTER_CURATION else "seeding"}
    if last in _AFTER_CURATION:
        return found | {"publication"}
    run_id = runs[0]["run_id"]
    open_shards = unfinished_shards(lake, load_run(lake, run_id))
    found |= _writing(lake, run_id) | _sampling(lake, run_id, open_shards)
    found |= {"generation"} if lost["sample"] else set()
    found |= {"seeding"} if lost["writing"] else set()
    if found - {"commit"}:
        return found
    if open_shards:
        return found | {"generation"}
    # The shards are done: their tests are measured, then it is decided about all samples.
    return found | {"verification" if lake.rows(_UNMEASURED, [run_id])[0]["n"] else "curation"}


def last_commit(lake: Lake) -> str:
    """The first word of the key that was committed last, "nothing" where none was."""
    rows = lake.rows("SELECT key FROM lake.commits ORDER BY created_at DESC LIMIT 1")
    return str(rows[0]["key"]).partition(":")[0] if rows else "nothing"


def orphans(lake: Lake) -> set[Path]:
    """Data files that no catalogue row names: their commit was cut off."""
    data = locate(lake.root).data
    assert isinstance(data, Path)
    named = {one.path for one in data_files(lake._connection, data)}
    return set(data.rglob("*.parquet")) - named


def _writing(lake: Lake, run_id: str) -> set[str]:
    for name, place in journals(lake, "writing"):
        run, _, number = name.partition("/writing-")
        is_open = run == run_id and not lake.committed(f"seed:{run}:{number}")
        if is_open and is_begun(journal_at(place, Record).read().records):
            return {"seeding"}
    return set()


def _sampling(lake: Lake, run_id: str, open_shards: Sequence[int]) -> set[str]:
    found: set[str] = set()
    open_ones = {f"{run_id}/shard-{number}" for number in open_shards}
    for name, place in journals(lake, "shard"):
        if name in open_ones:
            entries = journal_at(place, Entry).read().records
            samples = {entry.sample.sample_id for entry in entries if isinstance(entry, SampleEntry)}
            judged = {entry.verdict.sample_id for entry in entries if isinstance(entry, VerdictEntry)}
            found |= {"verification"} if samples - judged else {"generation"} if samples else set()
    return found
