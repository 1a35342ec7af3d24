"""The accounts see what was lost, doubled or left without a verdict: of samples, of verdicts and of writing replies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.lake import Lake
from tests.fakes.rows import row
from tests.fakes.teacher import Paid
from tests.faults.accounts import Accounts

SAMPLE, WRITING = Paid("a", "sample", "", 1), Paid("b", "writing", "", 1)


@pytest.fixture
def lake(lake_root: Path) -> Iterator[Lake]:
    opened = Lake.open(lake_root)
    yield opened
    opened.close()


def commit(lake: Lake, *, verdicts: int = 1, replies: int = 1, costs: int = 1) -> None:
    """What a build commits that was paid for one sample and one writing reply."""
    tables = {
        "samples": [row("samples", sample_id="s")],
        "verdicts": [row("verdicts", sample_id="s")] * verdicts,
        "costs": [row("costs", stage="sampling", samples=costs)],
        "proposals": [row("proposals", writing_request=number) for number in range(replies)],
    }
    lake.commit("all", tables, run_id="r")


def test_a_lake_that_holds_what_was_paid_for_is_whole(lake: Lake) -> None:
    commit(lake)
    accounts = Accounts()
    accounts.at_the_end(lake, [SAMPLE, WRITING])
    accounts.after_kill(lake, [SAMPLE, WRITING], in_flight=0)


def test_samples_and_writing_replies_share_what_may_be_in_flight(lake: Lake) -> None:
    commit(lake)
    held = [SAMPLE, WRITING]
    with pytest.raises(AssertionError, match="in flight 3 at most"):
        Accounts().after_kill(lake, [*held, *[SAMPLE] * 2, *[WRITING] * 2], in_flight=3)
    lost = Accounts().after_kill(lake, [*held, *[SAMPLE] * 2, WRITING], in_flight=3)
    assert lost == {"sample": 2, "writing": 1}


@pytest.mark.parametrize(
    ("held", "paid", "said"),
    [
        pytest.param({}, [SAMPLE, SAMPLE, WRITING], "samples were lost without a kill", id="sample lost"),
        pytest.param({}, [SAMPLE, WRITING, WRITING], "writing replies were lost", id="reply lost"),
        pytest.param({"replies": 2}, [SAMPLE, WRITING], "writing replies were lost", id="reply that nobody paid"),
        pytest.param({"verdicts": 0}, [SAMPLE, WRITING], "samples without a verdict", id="verdict lost"),
        pytest.param({"costs": 0}, [SAMPLE, WRITING], "costs are of 0 samples", id="cost lost"),
        pytest.param({"costs": 2}, [SAMPLE, WRITING], "costs are of 2 samples", id="cost doubled"),
        pytest.param({"verdicts": 2}, [SAMPLE, WRITING], "verdicts holds rows twice", id="verdict doubled"),
    ],
)
def test_what_is_lost_or_doubled_is_named(lake: Lake, held: dict[str, int], paid: list[Paid], said: str) -> None:
    commit(lake, **held)
    with pytest.raises(AssertionError, match=said):
        Accounts().at_the_end(lake, paid)
