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


def test_what_is_heard_is_done_in_order_when_somebody_catches_up(inside):
    done = []
    learning = inside("link_learning").Learning(done.append)
    learning.hear(1)
    learning.hear(2)
    before = list(done)
    learning.catch_up()
    assert (before, done) == ([], [1, 2])


def test_what_asks_while_it_is_done_does_not_overtake_itself(inside):
    done = []

    def learn(told):
        learning.catch_up()
        done.append(told)

    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    learning.hear(2)
    learning.catch_up()
    assert done == [1, 2]


def test_a_thread_waits_until_another_has_done_it(inside):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def learn(told):
        begun.set()
        go_on.wait(5)
        done.append(told)

    def late():
        learning.catch_up()
        found.extend(done)

    found = []
    learning = inside("link_learning").Learning(learn)
    learning.hear(1)
    first, second = threading.Thread(target=learning.catch_up), threading.Thread(target=late)
    first.start()
    assert begun.wait(5)
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert found == [1]


def test_what_cannot_be_done_is_remembered(inside):
    undecided = inside("link_standing").Undecided

    def learn(told):
        raise undecided(told)

    learning = inside("link_learning").Learning(learn)
    learning.hear("no hash")
    learning.catch_up()
    assert learning.failed == "no hash"
