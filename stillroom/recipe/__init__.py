"""The recipe: what a run is to make, as a validated value, and the identity of each of its stages."""

from stillroom.recipe.benchmarks import Benchmark, find_benchmarks
from stillroom.recipe.load import load_recipe, parse_recipe, recorded_recipe, with_paths_from
from stillroom.recipe.model import (
    Contamination,
    Curation,
    Near,
    Recipe,
    Sampling,
    Sandbox,
    Seeding,
    Selection,
    Teacher,
    Verification,
)
from stillroom.recipe.stages import (
    PAID_STAGES,
    Stage,
    StageChange,
    changes,
    fingerprints_of,
    recorded_benchmarks,
    recorded_sections,
    sections,
    stage_fingerprints,
    verification_section,
)

__all__ = [
    "PAID_STAGES",
    "Benchmark",
    "Contamination",
    "Curation",
    "Near",
    "Recipe",
    "Sampling",
    "Sandbox",
    "Seeding",
    "Selection",
    "Stage",
    "StageChange",
    "Teacher",
    "Verification",
    "changes",
    "find_benchmarks",
    "fingerprints_of",
    "load_recipe",
    "parse_recipe",
    "recorded_benchmarks",
    "recorded_recipe",
    "recorded_sections",
    "sections",
    "stage_fingerprints",
    "verification_section",
    "with_paths_from",
]
