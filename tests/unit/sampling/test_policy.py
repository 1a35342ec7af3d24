"""The policy: a pure function of the outcomes so far, so that a replay asks for the same samples."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.records import Outcome
from stillroom.sampling import Policy, combined

PASS, FAIL, ABSTAIN = Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN
POLICIES = st.builds(
    Policy, samples=st.integers(1, 24), wave=st.integers(1, 8), keep=st.integers(1, 6), adaptive=st.booleans()
)
WORLDS = st.lists(st.sampled_from(Outcome), min_size=24, max_size=24)


def asked(policy: Policy, world: Sequence[Outcome], begun: int = 0) -> int:
    """How many samples a prompt ends with, where ``begun`` are there already and whole waves come back."""
    done = begun
    while owed := policy.owed(world[:done]):
        assert owed.start == done
        done = owed.stop
    return done


@given(POLICIES, WORLDS)
def test_never_more_than_n(policy: Policy, world: list[Outcome]) -> None:
    assert 0 < asked(policy, world) <= policy.samples


@given(POLICIES, WORLDS, st.data())
def test_replay_from_any_prefix_ends_at_the_same_set(policy: Policy, world: list[Outcome], data: st.DataObject) -> None:
    whole = asked(policy, world)
    begun = data.draw(st.integers(0, whole))

    assert asked(policy, world, begun) == whole


@given(POLICIES, WORLDS)
def test_outcomes_that_come_one_by_one_end_at_the_same_set(policy: Policy, world: list[Outcome]) -> None:
    done = 0
    while policy.owed(world[:done]):
        done += 1

    assert done == asked(policy, world)


@given(POLICIES, WORLDS)
def test_adaptive_stops_at_the_first_wave_after_which_enough_have_passed(policy: Policy, world: list[Outcome]) -> None:
    ends = [*range(policy.wave, policy.samples, policy.wave), policy.samples]
    expected = next((end for end in ends if world[:end].count(PASS) >= policy.keep), policy.samples)

    assert asked(policy, world) == (expected if policy.adaptive else policy.samples)


@given(POLICIES, WORLDS, st.integers(1, 8))
def test_raising_n_asks_for_new_indices_only(policy: Policy, world: list[Outcome], more: int) -> None:
    raised = Policy(samples=policy.samples + more, wave=policy.wave, keep=policy.keep, adaptive=policy.adaptive)
    begun = asked(policy, world)

    assert asked(raised, world * 2, begun) >= begun


@pytest.mark.parametrize(
    ("outcomes", "owed"),
    [
        pytest.param([], range(4), id="first wave"),
        pytest.param([PASS], range(1, 4), id="cut wave is completed, not followed by a full one"),
        pytest.param([PASS, PASS, PASS], range(3, 4), id="cut wave is completed though enough have passed"),
        pytest.param([PASS, PASS, FAIL, FAIL], range(0), id="enough"),
        pytest.param([PASS, ABSTAIN, ABSTAIN, FAIL], range(4, 8), id="abstaining is not passing"),
        pytest.param([FAIL] * 8, range(8, 10), id="last wave ends at N"),
        pytest.param([FAIL] * 10, range(0), id="N spent"),
        pytest.param([FAIL] * 12, range(0), id="N was lowered"),
    ],
)
def test_waves(outcomes: list[Outcome], owed: range) -> None:
    assert list(Policy(samples=10, wave=4, keep=2, adaptive=True).owed(outcomes)) == list(owed)


@pytest.mark.parametrize(
    ("outcomes", "one"),
    [
        pytest.param([PASS], PASS, id="one"),
        pytest.param([PASS, PASS], PASS, id="all pass"),
        pytest.param([PASS, FAIL], FAIL, id="any fail fails"),
        pytest.param([ABSTAIN, FAIL, PASS], FAIL, id="fail beats abstention"),
        pytest.param([PASS, ABSTAIN], ABSTAIN, id="abstention beats pass"),
        pytest.param([], ABSTAIN, id="nobody judged: nothing is known"),
    ],
)
def test_outcomes_of_several_verifiers_are_combined(outcomes: list[Outcome], one: Outcome) -> None:
    assert combined(outcomes) is one
