"""Tells a teacher that has moved, from this machine to a server elsewhere or back, from one that is another."""

from collections.abc import Sequence

from stillroom.errors import RequestError
from stillroom.recipe import PAID_STAGES, Stage, StageChange

_PLACES = (".serve", ".model")  # the fields of a teacher that name its model, by where it is served


def paid_changes(found: Sequence[StageChange]) -> list[StageChange]:
    """Of what differs in a recipe, that under which an unfinished run was paid for something else.

    Where a teacher is served is none of that: the same model under ``serve:`` and behind ``urls:`` may take over from
    one another. Whether they serve the same weights by the same template is looked at when the teacher is met.
    """
    moved = {name for name in _teachers_elsewhere(found) if _is_same_model(name, found)}
    places = {f"{name}{place}" for name in moved for place in _PLACES}
    return [
        change
        for change in found
        if change.stage in PAID_STAGES and not (change.stage is Stage.TEACHERS and change.field in places)
    ]


def _teachers_elsewhere(found: Sequence[StageChange]) -> list[str]:
    """Names of the teachers that were, or now are, served here, and differ in that."""
    serve = _PLACES[0]
    return [
        change.field.removesuffix(serve)
        for change in found
        if change.stage is Stage.TEACHERS and change.field.endswith(serve)
    ]


def _is_same_model(name: str, found: Sequence[StageChange]) -> bool:
    places = [change for change in found if change.field in {f"{name}{place}" for place in _PLACES}]
    before = {_hub_id(change.before) for change in places if isinstance(change.before, str)}
    after = {_hub_id(change.after) for change in places if isinstance(change.after, str)}
    return len(before) == 1 and before == after


def _hub_id(model: str) -> str:
    """A model's id on the hub, whichever of its names is given; a folder is what it is."""
    from stillroom.teachers.models import lookup

    try:
        return lookup(model).hub_id.lower()
    except RequestError:
        return model
