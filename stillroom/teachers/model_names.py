"""Tells from what a model is called, by its hub id or the folder it lies in, whether it is the one that is meant.

A server says what it was started with. That is a hub id (``Qwen/Foo``), or a folder on its own machine: of the hub's
cache (``.../models--Qwen--Foo/snapshots/REVISION``), which tells the id as well, or any other, whose last part is all
that tells anything.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_HUB_ID = re.compile(r"(?P<owner>\w[\w.-]*)/(?P<name>\w[\w.-]*)", re.ASCII)
_CACHED = "models--"  # how the hub's cache calls the folder of a model; no hub id has two hyphens in a row
_BETWEEN = "--"


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model as somebody calls it.

    Attributes:
        owner: on the hub; "" where it is not told.
        name: without its owner; "" where nothing is told.
    """

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" if self.owner else self.name

    def may_be(self, other: "ModelName") -> bool:
        """Whether both may mean the same model: no part of it that both tell differs, but in case."""
        if not self.name or self.name.lower() != other.name.lower():
            return False
        return not (self.owner and other.owner) or self.owner.lower() == other.owner.lower()


def model_name(said: str) -> ModelName:
    """What ``said`` tells: a hub id, a folder, or any other name."""
    if written := _HUB_ID.fullmatch(said):
        return ModelName(written["owner"], written["name"])
    parts = PurePosixPath(said).parts
    cached = next((part.removeprefix(_CACHED) for part in reversed(parts) if part.startswith(_CACHED)), None)
    if cached:
        owner, _, name = cached.rpartition(_BETWEEN)
        return ModelName(owner, name)
    return ModelName("", parts[-1] if parts else "")


def is_meant(wanted: str, *, weights: str, served_as: str = "") -> bool:
    """Whether a server has the model that is wanted.

    What it calls itself, which its owner may choose freely, counts only as far as its weights tell no hub id.

    Args:
        wanted: a hub id or a folder.
        weights: what the server was started with.
        served_as: what it calls itself.
    """
    asked, found = model_name(wanted), model_name(weights)
    if asked.owner and found.owner:
        return asked.may_be(found)
    return asked.may_be(found) or asked.may_be(model_name(served_as))
