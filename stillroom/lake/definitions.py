"""The views and macros of a lake: their names, and the SQL that makes each as it is now, whether or not it is there."""

from importlib import resources

VIEWS = (
    "current_runs",
    "current_selections",
    "current_proposals",
    "snapshot_examples",
    "published_members",
    "retracted_prompts",
    "lineage",
    "why_dropped",
    "yield_by_teacher",
    "cost_per_example",
)
MACROS = ("ancestry", "snapshot_diff", "blast_radius")  # table functions, asked like a view but with arguments


def definition(name: str) -> str:
    """The SQL that makes one of them."""
    return (resources.files("stillroom.lake") / "views" / f"{name}.sql").read_text(encoding="utf-8")


def definitions() -> list[str]:
    """The SQL that makes each of them."""
    return [definition(name) for name in (*VIEWS, *MACROS)]
