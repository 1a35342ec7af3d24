"""What is told of shared containers is done by threads that await something, in order, and never by the reader."""

import importlib
import threading
from pathlib import Path

import pytest

import verifiers.sandbox.inside


@pytest.fixture
def inside(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    return importlib.import_module


@pytest.fixture
def lanes(inside):
    return [inside("link_lane").Lane(number) for number in range(2)]


def test_what_is_heard_is_done_in_order_when_somebody_catches_up(inside, lanes):
    done = []
    learning = inside("link_learning").Learning(done.append)
    learning.hear(1)
    learning.hear(2)
    before = list(done)
    learning.catch_up(lanes[0])
    assert (before, done) == ([], [1, 2])


def test_what_asks_while_it_is_done_does_not_overtake_itself(inside, lanes):
    done = []

    def learn(told):
        learning.catch_up(lanes[0])
        done.append(told)

    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    learning.hear(2)
    learning.catch_up(lanes[0])
    assert done == [1, 2]


def test_a_thread_waits_until_another_has_done_it(inside, lanes):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def learn(told):
        begun.set()
        go_on.wait(5)
        done.append(told)

    def late():
        learning.catch_up(lanes[1])
        found.extend(done)

    found = []
    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    first = threading.Thread(target=learning.catch_up, args=(lanes[0],))
    second = threading.Thread(target=late)
    first.start()
    assert begun.wait(5)
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert found == [1]


def test_who_serves_a_thread_that_learns_waits_for_none(inside, lanes):
    begun, go_on = threading.Event(), threading.Event()

    def learn(told):
        begun.set()
        assert go_on.wait(5)

    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    learner = threading.Thread(target=learning.catch_up, args=(lanes[0],))
    learner.start()
    assert begun.wait(5)
    lanes[1].is_aside = True
    learning.catch_up(lanes[1])
    assert learner.is_alive()
    go_on.set()
    learner.join()
    assert not lanes[0].is_aside


def test_who_is_ended_while_learning_is_aside_no_more(inside, lanes):
    def learn(told):
        raise KeyboardInterrupt

    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    with pytest.raises(KeyboardInterrupt):
        learning.catch_up(lanes[0])
    assert not lanes[0].is_aside
