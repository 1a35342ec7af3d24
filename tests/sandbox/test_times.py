"""Dates and times cross with their zones, and where a zone cannot, nothing is said of the solution."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

# ruff: noqa: E501 - a program a line: they are data
NAMED = "timezone(timedelta(hours=1), 'CET')"
IMPORTS = "from datetime import datetime, time, timedelta, timezone, tzinfo\n"
OWN = "class Own(tzinfo):\n    def utcoffset(self, at): return timedelta(hours=1)\n    def tzname(self, at): return 'Own'\n"


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(f"def f(): return datetime(2024, 1, 1, tzinfo={NAMED})", "assert f().tzname() == 'CET'", id="name"),
        pytest.param(f"def f(): return time(1, tzinfo={NAMED})", "assert f().tzname() == 'CET'", id="name-of-a-time"),
        pytest.param("def f(at): return at.tzname()", f"assert f(datetime(2024, 1, 1, tzinfo={NAMED})) == 'CET'", id="given"),
        pytest.param("def f(at): return at.fold", "assert f(datetime(2024, 10, 27, 2, fold=1)) == 1", id="fold-given"),
        pytest.param("def f(): return time(2, fold=1)", "assert f().fold == 1", id="fold"),
        pytest.param(
            "def f(at): return at.astimezone(timezone.utc)",
            "at = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=-3)))\n"
            "assert f(at) == at and f(at).hour == 15 and f(at).tzinfo is timezone.utc",
            id="utc",
        ),
        pytest.param(
            "def f(at): return at + timedelta(days=1)",
            "assert f(datetime(2024, 2, 28)) == datetime(2024, 2, 29)\nassert f(datetime(2024, 2, 28)).tzinfo is None",
            id="without-a-zone",
        ),
    ],
)  # fmt: skip
def test_times_are_what_they_were(bench, source, tests):
    found = bench.judge(IMPORTS + source, IMPORTS + tests, "f")
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(OWN + "def f(): return datetime(2024, 1, 1, tzinfo=Own())", "assert f().tzname() == 'Own'", id="result"),
        pytest.param("def f(at): return at.tzname()", OWN + "assert f(datetime(2024, 1, 1, tzinfo=Own())) == 'Own'", id="given"),
        pytest.param(OWN + "def f(): return [time(1, tzinfo=Own())]", "assert f()[0].tzname() == 'Own'", id="in-a-list"),
    ],
)  # fmt: skip
def test_a_zone_that_cannot_cross_fails_nobody(bench, source, tests):
    found = bench.judge(IMPORTS + source, IMPORTS + tests, "f")
    assert found.reason == "tests:undecided", found


def test_a_wrong_zone_is_a_wrong_answer(bench):
    source = IMPORTS + "def f(): return datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1), 'MEZ'))"
    found = bench.judge(source, IMPORTS + "assert f().tzname() == 'CET'", "f")
    assert found.reason == "wrong-answer", found
