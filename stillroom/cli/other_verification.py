"""Options that name another verification than the one of a run: other limits, other libraries."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stillroom.recipe import Verification
    from stillroom.runs import Wanted

OtherTimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout-seconds", min=0.01, max=600, help="CPU time of one program, instead of the recipe's."),
]
OtherMemoryOption = Annotated[
    int | None,
    typer.Option("--memory-mib", min=64, max=65_536, help="Address space of one program, instead of the recipe's."),
]
OtherRequirementsOption = Annotated[
    Path | None,
    typer.Option(
        "--requirements",
        help="Libraries that answers may import, instead of the recipe's: a file of `name==version` lines, "
        "dependencies included; of an empty one, none.",
    ),
]


def wanted_by(
    timeout_seconds: float | None, memory_mib: int | None, requirements: Path | None, base: "Verification | None" = None
) -> "Wanted":
    """What was asked for.

    Args:
        timeout_seconds: None: as it is.
        memory_mib: None: as it is.
        requirements: a file of libraries; None: those that it has.
        base: what takes the place of each run's own; None: nothing.

    Raises:
        RequestError: the file cannot be read, or names something else than libraries.
    """
    from stillroom.records.libraries import read_libraries
    from stillroom.runs import Wanted

    limits = {"timeout_seconds": timeout_seconds, "memory_mib": memory_mib}
    return Wanted(
        base=base,
        limits={name: value for name, value in limits.items() if value is not None},
        libraries=read_libraries(requirements, may_be_none=True) if requirements else None,
    )
