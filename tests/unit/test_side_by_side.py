"""Things done side by side: in order, a few at a time, and no more of them once one has failed."""

import threading
import time

import pytest

from stillroom.side_by_side import attend, begin


def test_results_come_in_the_order_of_the_works() -> None:
    works = [lambda number=number: (time.sleep(0.02 * (3 - number)), number)[1] for number in range(3)]

    assert attend(begin(works)) == [0, 1, 2]
    assert attend(begin([])) == []


def test_no_more_run_at_once_than_were_asked_for() -> None:
    running, peak, guard = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, peak
        with guard:
            running += 1
            peak = max(peak, running)
        time.sleep(0.02)
        with guard:
            running -= 1

    attend(begin([work] * 8, at_once=3))
    assert peak == 3


def test_once_one_has_failed_no_other_begins_and_those_under_way_are_waited_for() -> None:
    begun: list[str] = []
    ended: list[str] = []

    def fails() -> None:
        begun.append("fails")
        raise LookupError("gone")

    def slow() -> None:
        begun.append("slow")
        time.sleep(0.5)
        ended.append("slow")

    def never() -> None:
        begun.append("never")

    with pytest.raises(LookupError, match="gone"):
        attend(begin([slow, fails, *[slow] * 6, never], at_once=2))
    assert ended.count("slow") == begun.count("slow") < 7
    assert "never" not in begun


def test_an_interrupt_while_looking_waits_for_nothing() -> None:
    release = threading.Event()

    def look() -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        attend(begin([lambda: release.wait(30)]), look)
    assert time.monotonic() - began < 5
    release.set()
