"""A date or a time comes out of its state as it was, zone and fold included, or it has none."""

import io
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from verifiers.sandbox.inside import link_times


class Own(tzinfo):
    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta(hours=1)


ZONES = [
    pytest.param(None, id="none"),
    pytest.param(UTC, id="utc"),
    pytest.param(timezone(timedelta(hours=-5, minutes=-30)), id="offset"),
    pytest.param(timezone(timedelta(hours=1), "CET"), id="named"),
    pytest.param(timezone(timedelta(0), ""), id="named-by-nothing"),
    pytest.param(timezone(timedelta(seconds=3601, microseconds=5)), id="odd-offset"),
    pytest.param(ZoneInfo("Europe/Berlin"), id="zone"),
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_is_what_it_was(zone: tzinfo | None, fold: int) -> None:
    at = datetime(2024, 10, 27, 2, 30, 1, 7, tzinfo=zone, fold=fold)
    made = link_times.made_datetime(link_times.datetime_state(at))
    assert (made, made.fold, made.tzname(), made.utcoffset()) == (at, fold, at.tzname(), at.utcoffset())
    assert repr(made) == repr(at)
    assert made + timedelta(days=200) == at + timedelta(days=200)
    assert (made + timedelta(days=200)).utcoffset() == (at + timedelta(days=200)).utcoffset()

    hour = time(2, 30, 1, 7, tzinfo=zone, fold=fold)
    assert repr(link_times.made_time(link_times.time_state(hour))) == repr(hour)


@pytest.mark.parametrize(
    "zone",
    [pytest.param(Own(), id="own-class"), pytest.param(ZoneInfo.no_cache("Europe/Berlin"), id="found-by-no-key")],
)
def test_a_zone_that_the_other_side_would_not_find_has_no_form(zone: tzinfo) -> None:
    assert link_times.datetime_state(datetime(2024, 1, 1, tzinfo=zone)) is None
    assert link_times.time_state(time(1, tzinfo=zone)) is None


def test_a_zone_read_from_a_file_has_no_form() -> None:
    empty = b"TZif" + bytes(16) + bytes([0] * 4 * 4) + (1).to_bytes(4) + (4).to_bytes(4) + bytes(6) + b"XXX\0"
    zone = ZoneInfo.from_file(io.BytesIO(empty), key="Europe/Berlin")
    assert link_times.datetime_state(datetime(2024, 1, 1, tzinfo=zone)) is None
