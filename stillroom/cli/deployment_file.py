"""Reads ``deployments/prefect.yaml``: which flows are deployed, in which queue, with which schedules."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import yaml
from prefect.schedules import Schedule
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stillroom.errors import RequestError

NAME = "prefect.yaml"
_FOLDERS = (
    Path(__file__).resolve().parents[2] / "deployments",  # a checkout
    Path(sys.prefix) / "share" / "stillroom" / "deployments",  # an installed wheel
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScheduleSpec(_Section):
    """When a deployment runs by itself; ``interval`` is in seconds."""

    slug: str
    cron: str | None = None
    interval: Annotated[float | None, Field(gt=0)] = None
    rrule: str | None = None
    timezone: str | None = None
    active: bool

    @property
    def schedule(self) -> Schedule:
        """As Prefect's client takes it."""
        interval = timedelta(seconds=self.interval) if self.interval is not None else None
        return Schedule(
            cron=self.cron,
            interval=interval,
            rrule=self.rrule,
            timezone=self.timezone,
            active=self.active,
            slug=self.slug,
        )


class WorkPoolSpec(_Section):
    """Where flow runs wait for a worker."""

    name: str
    work_queue_name: str


class DeploymentSpec(_Section):
    """One deployment: a flow by its module path, and how it is started."""

    name: str
    description: str
    entrypoint: str
    work_pool: WorkPoolSpec
    schedules: tuple[ScheduleSpec, ...] = ()


class _File(_Section):
    prefect_version: Annotated[str, Field(alias="prefect-version")]
    name: str
    pull: list[Any]
    deployments: Annotated[tuple[DeploymentSpec, ...], Field(min_length=1)]


def read_deployments() -> tuple[DeploymentSpec, ...]:
    """The deployments that come with Stillroom, in the order of their file.

    Raises:
        RequestError: the file is missing or broken.
    """
    file = next((folder / NAME for folder in _FOLDERS if (folder / NAME).exists()), None)
    if file is None:
        raise RequestError(
            f"{NAME} is missing; expected it in {' or '.join(map(str, _FOLDERS))}. Install Stillroom anew."
        )
    try:
        return _File.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).deployments
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise RequestError(f"{file} cannot be read as deployments of Prefect's: {error}") from error
