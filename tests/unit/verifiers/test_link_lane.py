"""An answer goes to the request whose number it names; what answers none that is open is dropped or told of."""

import importlib
import threading
from pathlib import Path

import pytest

import verifiers.sandbox.inside


@pytest.fixture
def lane(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    return importlib.import_module("link_lane").Lane(0)


def answer(number: int) -> tuple[int, str, int]:
    return (number, "value", number * 10)


def test_the_answer_that_is_awaited_closes_its_request(lane):
    number = lane.ask([], 0)
    assert lane.sort(answer(number), number) == answer(number)
    assert lane.is_unasked(answer(number))


def test_a_request_of_the_other_side_is_nobodys_answer(lane):
    number = lane.ask([], 0)
    request = (number, "call", 3)
    assert not lane.is_unasked(request)
    assert lane.sort(request, number) == request
    assert not lane.is_unasked(answer(number))


def test_an_answer_that_nobody_waits_for_any_more_is_dropped_and_what_was_given_is_known_until_then(lane):
    given = [[1]]
    left = lane.ask(given, 2)
    lane.leave(left)
    number = lane.ask([], 0)
    assert lane.of_request(left) == (given, 2)
    assert lane.sort(answer(left), number) is None
    assert lane.of_request(left) is None
    assert lane.sort(answer(number), number) == answer(number)


def test_an_answer_to_an_outer_request_is_kept_until_that_is_waited_for_again(lane):
    outer, inner = lane.ask([], 0), lane.ask([], 0)
    assert lane.sort(answer(outer), inner) is None
    assert lane.early(inner) is None
    assert lane.sort(answer(inner), inner) == answer(inner)
    assert lane.early(outer) == answer(outer)
    assert lane.early(outer) is None


def test_who_leaves_what_was_answered_already_is_owed_nothing(lane):
    outer, inner = lane.ask([], 0), lane.ask([], 0)
    lane.sort(answer(outer), inner)
    lane.leave(outer)
    assert not lane.left
    assert lane.early(outer) is None
    assert lane.is_unasked(answer(outer))


def test_nobody_hands_over_what_was_not_asked_nor_any_number_of_messages(lane):
    assert not lane.put(answer(1))
    taken = [lane.put((number, "call", 3)) for number in range(100)]
    assert 1 < sum(taken) < 100
    assert taken == sorted(taken, reverse=True)


def test_a_message_that_is_put_back_is_the_next_one(lane):
    lane.put((1, "call", 3))
    lane.put((2, "call", 3))
    lane.put_back(lane.take())
    assert [lane.take(), lane.take()] == [(1, "call", 3), (2, "call", 3)]


def test_who_waits_is_woken_by_each_message_and_by_the_end(lane):
    found = []

    def wait() -> None:
        while (message := lane.take()) is not None:
            found.append(message[0])

    thread = threading.Thread(target=wait)
    thread.start()
    for number in range(1_000):
        while not lane.put((number, "call", 3)):
            pass
    lane.close()
    thread.join(5)
    assert found == list(range(1_000))
