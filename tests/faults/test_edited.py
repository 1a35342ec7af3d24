"""A recipe that is edited whenever its build dies comes to what its last edit says; nothing is lost or paid twice."""

import json
from pathlib import Path

from stillroom.lake import Lake
from stillroom.publication import snapshots
from tests.faults.accounts import Accounts
from tests.faults.campaign import opened
from tests.faults.dying import EDITS
from tests.faults.killing import IN_FLIGHT, killed, paid


def wanted(*, samples: int, keep: int, threshold: float = 0.9, seconds: float = 10.0) -> str:
    """What a person changes: how many samples, how many of them stay, what is near, how long a test may take."""
    return f"""
sampling: {{adaptive: false, samples: {samples}, wave: 4}}
execution: {{prompts_per_shard: 1}}
selection: {{keep: {keep}}}
curation: {{near_answers: {{threshold: {threshold}}}}}
verification: {{min_test_strength: null, timeout_seconds: {seconds}}}
"""


EDITED = (
    wanted(samples=4, keep=1),
    wanted(samples=8, keep=1),
    wanted(samples=6, keep=2, threshold=0.8),
    wanted(samples=8, keep=2, seconds=5.0),
    wanted(samples=4, keep=2),
    wanted(samples=8, keep=3),
)


def test_a_recipe_that_is_edited_between_kills_loses_nothing_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    accounts, root = Accounts(), tmp_path / "lake"
    (tmp_path / EDITS).write_text(json.dumps(EDITED), encoding="utf-8")
    Lake.open(root, create=True).close()

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=IN_FLIGHT)

    kills = killed(root, tmp_path, "edited", steps=7, look=look)

    assert kills >= len(EDITED) - 1, "each of them was built by"
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert lake.rows("SELECT count(*) AS n FROM lake.samples") == [{"n": 2 * 8}]
        newest = snapshots(lake)[-1]
        assert newest.rows == 2 * 3
        assert lake.rows("SELECT run_id, state, note FROM lake.current_runs") == [
            {"run_id": "tiny-r1", "state": "published", "note": newest.label}
        ]
