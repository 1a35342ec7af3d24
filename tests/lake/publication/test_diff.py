"""The difference of two snapshots: what the second has more, what it lacks, and why."""

import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.publication import retract, snapshots
from stillroom.runs import Cause
from tests.fakes.rows import row


def differences(lake: Lake, before: str | None, after: str | None) -> list[tuple[str, str, str]]:
    rows = lake.rows("SELECT change, reason, example_id FROM lake.snapshot_diff(?, ?)", [before, after])
    return [(one["change"], one["reason"], one["example_id"]) for one in rows]


@pytest.fixture
def two(published: Lake) -> tuple[Lake, list[str]]:
    """`tiny@2` without the first example of `tiny@1`, with another form of the second, and with a new one."""
    ids = [one["example_id"] for one in published.rows("SELECT example_id FROM lake.examples ORDER BY example_id")]
    first = published.rows("SELECT * FROM lake.examples ORDER BY example_id")
    again = {**first[1], "example_id": "another-form"}
    new = row("examples", example_id="brand-new", sample_id="new-sample", origin="written")
    members = [row("snapshot_members", name="tiny", version=2, example_id=one) for one in (*ids[2:], "another-form")]
    members.append(row("snapshot_members", name="tiny", version=2, example_id="brand-new"))
    snapshot = row("snapshots", name="tiny", version=2, path="snapshots/tiny/2")
    tables = {"examples": [again, new], "snapshots": [snapshot], "snapshot_members": members}
    published.commit("2", {**tables, "runs": [row("runs", dataset="tiny")]}, run_id="r2")
    return published, ids


def test_added_removed_and_changed_rows_are_told_apart(two: tuple[Lake, list[str]]) -> None:
    lake, ids = two
    assert differences(lake, "tiny@1", "tiny@2") == [
        ("added", "kept by run r2", "brand-new"),
        ("changed", "the same sample in another form", "another-form"),
        ("removed", "no longer a member", ids[0]),
    ]
    assert differences(lake, "tiny@2", "tiny@1") == [
        ("added", "taken out later: no longer a member", ids[0]),
        ("changed", "the same sample in another form", ids[1]),
        ("removed", "kept later, by run r2", "brand-new"),
    ]


def test_what_was_retracted_later_is_told_with_its_cause_also_backwards(published: Lake) -> None:
    cause = Cause(kind="seed", cause_id=published.rows("SELECT min(prompt_id) AS id FROM lake.examples")[0]["id"])
    retract(published, cause)

    for ends, change, reason in (
        (("tiny@1", "tiny@2"), "removed", "retracted"),
        (("tiny@2", "tiny@1"), "added", "taken out later: retracted"),
    ):
        rows = published.rows("SELECT change, reason, cause FROM lake.snapshot_diff(?, ?)", [*ends])
        assert rows == [{"change": change, "reason": reason, "cause": str(cause)}] * 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nobody", "there is no dataset 'nobody'; published so far: tiny"),
        ("nobody@1", "there is no dataset 'nobody'"),
        ("tiny@x", "'tiny@x' is no snapshot; expected NAME or NAME@N"),
        ("tiny@", "'tiny@' is no snapshot"),
        ("tiny@1@2", "'tiny@1@2' is no snapshot"),
        ("tiny@9", "tiny has no version 9; it has 1, 2"),
        ("tiny@99999999999999999999", "tiny has no version 9999"),
        (None, "null is no snapshot"),
    ],
)
def test_what_names_no_snapshot_is_refused_on_either_side(
    two: tuple[Lake, list[str]], wrong: str | None, said: str
) -> None:
    lake, _ = two
    for labels in ((wrong, "tiny@1"), ("tiny@1", wrong), (wrong, wrong)):
        with pytest.raises(LakeError, match=said):
            differences(lake, *labels)


def test_a_name_alone_is_the_newest_and_equal_snapshots_do_not_differ(two: tuple[Lake, list[str]]) -> None:
    lake, _ = two
    assert differences(lake, "tiny@1", "tiny") == differences(lake, "tiny@1", "tiny@2")
    assert differences(lake, "tiny", "tiny@2") == []
    assert len(snapshots(lake, "tiny")) == 2
