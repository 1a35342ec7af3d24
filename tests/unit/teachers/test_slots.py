"""Slots: first come first served, by weight, opening after the first answer and halved by a busy teacher."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stillroom.teachers.slots as module
from stillroom.teachers.slots import FIRST_OF_A_PROMPT, FIRST_SLOTS, Slots


class Requests:
    """Requests that hold slots until they are told to end, in the order in which they were let in."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.began: list[str] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def begin(self, name: str, n: int) -> None:
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, n))
        await settle()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await settle()

    def cancel(self, name: str) -> None:
        self._tasks[name].cancel()

    async def outcome(self, name: str) -> BaseException | None:
        return (await asyncio.gather(self._tasks[name], return_exceptions=True))[0]

    def release(self, name: str) -> None:
        self._ends[name].set()

    async def _hold(self, name: str, n: int) -> None:
        async with self.slots.take(n):
            self.began.append(name)
            await self._ends[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def opened(most: int) -> Slots:
    slots = Slots(most)
    slots.answered(1)
    return slots


async def test_only_a_few_go_before_the_first_answer() -> None:
    requests = Requests(Slots(32))
    for number in range(FIRST_SLOTS + 1):
        await requests.begin(str(number), 1)
    assert len(requests.began) == FIRST_SLOTS

    requests.slots.answered(1)
    await settle()

    assert len(requests.began) == FIRST_SLOTS + 1
    assert requests.slots.size == 32


async def test_the_first_few_have_a_head_start_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEAD_START_SECONDS", 0.05)
    requests = Requests(Slots(32))
    for number in range(FIRST_SLOTS + 1):
        await requests.begin(str(number), 1)
    assert len(requests.began) == FIRST_SLOTS

    await asyncio.sleep(0.1)

    assert len(requests.began) == FIRST_SLOTS + 1
    assert requests.slots.size == 32


async def test_the_first_sample_goes_alone_whatever_was_asked_for() -> None:
    slots = Slots(32)
    async with slots.take(4) as granted:
        assert granted == 1
        assert slots.in_use == 1


async def test_the_rest_of_the_first_few_waits_beside_their_first_samples_not_behind_them() -> None:
    requests = Requests(slots := Slots(64))
    for prompt in range(4):
        for part, n in enumerate(slots.portions(8)):
            await requests.begin(f"{prompt}.{part}", n)
    first = [f"{prompt}.{part}" for prompt in (0, 1, 2) for part in range(FIRST_OF_A_PROMPT)]
    assert requests.began == first
    assert slots.in_use == FIRST_SLOTS == len(first)

    slots.answered(1)
    await settle()

    assert requests.began[FIRST_SLOTS:] == ["0.2", "1.2", "2.2", "3.0"]
    assert slots.in_use == 4 * 8
    assert slots.portions(8) == [8]


@pytest.mark.parametrize(("n", "portions"), [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (8, [1, 1, 6])])
async def test_portions_are_all_that_was_owed(n: int, portions: list[int]) -> None:
    assert Slots(64).portions(n) == portions
    assert opened(64).portions(n) == [n]


async def test_first_come_first_served_also_when_a_later_one_would_fit() -> None:
    requests = Requests(opened(4))
    await requests.begin("running", 3)
    await requests.begin("large", 4)
    await requests.begin("small", 1)
    assert requests.began == ["running"]

    await requests.end("running")
    assert requests.began == ["running", "large"]
    await requests.end("large")

    assert requests.began == ["running", "large", "small"]


async def test_request_larger_than_all_slots_is_granted_all_of_them() -> None:
    requests = Requests(opened(4))
    await requests.begin("one", 1)
    await requests.begin("huge", 64)
    assert requests.began == ["one"]

    await requests.end("one")
    await requests.begin("next", 1)

    assert requests.began == ["one", "huge"]
    assert requests.slots.in_use == 4


async def test_busy_teacher_is_asked_for_half_as_much_and_never_for_nothing() -> None:
    slots = opened(8)

    sizes = []
    for _ in range(5):
        slots.refused()
        sizes.append(slots.size)

    assert sizes == [4, 2, 1, 1, 1]


async def test_answers_open_slots_again_up_to_the_limit() -> None:
    slots = opened(8)
    slots.refused()

    slots.answered(2)
    assert 4 < slots.size <= 8
    slots.answered(100)
    assert slots.size == 8


async def test_teacher_that_is_busy_at_once_is_not_flooded_by_its_first_answer() -> None:
    slots = Slots(64)
    slots.refused()
    slots.answered(1)

    assert slots.size <= FIRST_SLOTS


async def test_cancelled_waiter_takes_nothing_and_lets_the_next_in() -> None:
    requests = Requests(opened(4))
    await requests.begin("running", 3)
    await requests.begin("cancelled", 4)
    await requests.begin("next", 1)

    requests.cancel("cancelled")
    await settle()

    assert requests.began == ["running", "next"]
    assert requests.slots.in_use == 4


async def test_waiter_cancelled_while_slots_are_given_back() -> None:
    requests = Requests(opened(4))
    await requests.begin("running", 4)
    await requests.begin("cancelled", 4)
    await requests.begin("next", 2)

    requests.release("running")
    requests.cancel("cancelled")
    await settle()

    assert isinstance(await requests.outcome("cancelled"), asyncio.CancelledError)
    assert await requests.outcome("running") is None
    assert requests.began == ["running", "next"]
    assert requests.slots.in_use == 2


async def test_waiter_cancelled_in_the_tick_in_which_it_was_let_in_gives_its_slots_back() -> None:
    slots = opened(4)
    requests = Requests(slots)
    await requests.begin("cancelled", 0)
    await requests.end("cancelled")
    holder = slots.take(4)
    await holder.__aenter__()
    await requests.begin("waiting", 4)

    await holder.__aexit__(None, None, None)  # lets "waiting" in, which has not woken up yet
    requests.cancel("waiting")

    assert isinstance(await requests.outcome("waiting"), asyncio.CancelledError)
    assert slots.in_use == 0


async def test_everything_cancelled_at_once_leaves_nothing_in_use() -> None:
    requests = Requests(opened(4))
    names = [str(number) for number in range(12)]
    for name in names:
        await requests.begin(name, 3)

    for name in names:
        requests.cancel(name)
    outcomes = [await requests.outcome(name) for name in names]

    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}
    assert requests.slots.in_use == 0


async def test_request_that_fails_gives_its_slots_back() -> None:
    slots = opened(4)

    async def fail() -> None:
        async with slots.take(4):
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        await fail()

    assert slots.in_use == 0


@given(
    most=st.integers(1, 16),
    weights=st.lists(st.integers(1, 20), min_size=1, max_size=20),
    busy=st.sets(st.integers(0, 19)),
    is_open=st.booleans(),
)
def test_everyone_gets_a_turn_and_the_limit_holds(most: int, weights: list[int], busy: set[int], is_open: bool) -> None:
    slots = opened(most) if is_open else Slots(most)
    order: list[int] = []

    def request(number: int, n: int) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            async with slots.take(n):
                order.append(number)
                assert slots.in_use <= max(most, n)
                await asyncio.sleep(0)
                slots.refused() if number in busy else slots.answered(n)

        return ask

    async def run() -> None:
        await asyncio.gather(*(request(number, n)() for number, n in enumerate(weights)))

    asyncio.run(run())

    assert sorted(order) == list(range(len(weights)))
    assert slots.in_use == 0
    if is_open:
        assert order == sorted(order)
    for weight in (1, 2):  # what came later passes by only as a single sample, before the first answer
        of_weight = [number for number in order if min(weights[number], 2) == weight]
        assert of_weight == sorted(of_weight)
