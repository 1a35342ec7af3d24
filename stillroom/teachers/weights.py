"""Whether a folder holds a model's weights, all of them: a model in several files names them in an index."""

import re
from pathlib import Path

import msgspec

INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"(?P<name>.*)-(?P<number>\d{1,5})-of-(?P<count>\d{1,5})\.safetensors")


class _Index(msgspec.Struct):
    """An index, of which only the files matter; by tensor."""

    weight_map: dict[str, str]


def lacking_weights(folder: Path) -> str:
    """What keeps the weights in ``folder`` from being a whole model's, as the predicate of a sentence; "" if nothing.

    A download that was cut off may have brought some files and not the index: then their own names say how many
    there are.
    """
    there = {file.name for file in folder.glob("*.safetensors") if file.exists()}  # not a link to nothing
    if not there:
        return "holds no safetensors weights"
    try:
        named = _named(folder / INDEX)
    except ValueError:
        return f"has a {INDEX} that cannot be read"
    expected = there | _siblings(there) if named is None else named
    if missing := sorted(expected - there):
        return f"lacks {len(missing)} of {len(expected)} weight files, such as {missing[0]}"
    return ""


def _named(index: Path) -> set[str] | None:
    """The files that an index names; None where there is none.

    Raises:
        ValueError: it is no such index.
    """
    try:
        return set(msgspec.json.decode(index.read_bytes(), type=_Index).weight_map.values())
    except FileNotFoundError:
        return None


def _siblings(there: set[str]) -> set[str]:
    """All files of which ``model-00002-of-00003.safetensors`` says that they belong to it."""
    return {
        f"{part['name']}-{number:0{len(part['number'])}}-of-{part['count']}.safetensors"
        for part in map(_SHARD.fullmatch, there)
        if part
        for number in range(1, int(part["count"]) + 1)
    }
