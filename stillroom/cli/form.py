"""What the form of a build begins with: the recipe of `up`, unless an operator has made it their own in the UI.

What `up` wrote into it last stands in a file beside the server's database, so that a change by somebody else is seen.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from prefect.client.schemas.responses import DeploymentResponse

NOTE = "form.json"


def why_it_stays(there: DeploymentResponse, home: Path) -> str | None:
    """Why the parameters of the deployment that is there are not to be replaced; None where they are.

    Args:
        there: the deployment, as the server has it.
        home: the folder of the server's database.
    """
    if any(one.active and not one.parameters for one in there.schedules):
        return "a schedule that is on builds what stands there"
    before = _noted(home)
    if before is not None and there.parameters not in before:
        return "it was changed in Prefect's UI"
    return None


def note(home: Path, *parameters: Mapping[str, object]) -> None:
    """Write down what the form begins with from now on, or may begin with where it is just being changed."""
    file = home / NOTE
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps([dict(one) for one in parameters]) + "\n", encoding="utf-8")
    fresh.replace(file)


def _noted(home: Path) -> list[object] | None:
    try:
        found: object = json.loads((home / NOTE).read_text(encoding="utf-8"))
        return cast("list[object]", found) if isinstance(found, list) else [found]  # an earlier release noted one
    except (OSError, ValueError):  # of an earlier release, or torn
        return None
