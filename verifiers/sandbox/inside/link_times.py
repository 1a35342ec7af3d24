"""Says dates and times as data, with the very time zone that they have: an offset, an offset with a name, or a zone.

A zone is known by its key. One that both sides would not find under it, or that is a class of somebody's own, has no
form: an offset in its place would be right at one time of the year alone.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic, reportArgumentType=false
import importlib

_ZONE, _OFFSET = "zone", "offset"


def datetime_state(value):
    """What a ``datetime`` is made of again; None where its zone has no form."""
    zone = _zone_state(value.tzinfo)
    parts = (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, value.fold)
    return None if zone is None else (*parts, zone)


def time_state(value):
    """The same of a ``time``."""
    zone = _zone_state(value.tzinfo)
    return None if zone is None else (value.hour, value.minute, value.second, value.microsecond, value.fold, zone)


def made_datetime(state):
    """A ``datetime`` of its state."""
    *parts, fold, zone = state
    return _datetime().datetime(*parts, tzinfo=_made_zone(zone), fold=fold)


def made_time(state):
    """A ``time`` of its state."""
    *parts, fold, zone = state
    return _datetime().time(*parts, tzinfo=_made_zone(zone), fold=fold)


def _zone_state(zone):
    if zone is None:
        return ()
    if type(zone) is _datetime().timezone:
        offset, *name = zone.__getinitargs__()
        return (_OFFSET, offset.days, offset.seconds, offset.microseconds, *name)
    kind = type(zone)
    if (kind.__module__, kind.__name__) == ("zoneinfo", "ZoneInfo") and zone.key is not None:
        return (_ZONE, zone.key) if kind(zone.key) is zone else None
    return None


def _made_zone(state):
    if not state:
        return None
    kind, *parts = state
    if kind == _ZONE:
        return importlib.import_module("zoneinfo").ZoneInfo(*parts)
    days, seconds, microseconds, *name = parts
    return _datetime().timezone(_datetime().timedelta(days, seconds, microseconds), *name)


def _datetime():
    """Loaded only where a value of it crosses, since few do."""
    return importlib.import_module("datetime")
