"""The recipe: what a run is to make, as a validated value, and the identity of each of its stages."""

from stillroom.recipe.against import Table, find_tables
from stillroom.recipe.benchmarks import Benchmark, Place, find_benchmarks
from stillroom.recipe.curation import Against, Alike, Contamination, Curation, Diversity, Embedding, Near
from stillroom.recipe.filters import Filters, Languages, Length, PersonalData, Secrets, filter_methods
from stillroom.recipe.installed_benchmarks import benchmark_places, benchmarks_folder, why_nothing
from stillroom.recipe.load import load_recipe, parse_recipe, recorded_recipe, with_paths_from
from stillroom.recipe.model import Price, Recipe, Sampling, Sandbox, Seeding, Selection, Teacher, Verification
from stillroom.recipe.stages import (
    PAID_STAGES,
    Stage,
    StageChange,
    changes,
    fingerprints_of,
    recorded_benchmarks,
    recorded_sections,
    recorded_tables,
    sections,
    stage_fingerprints,
    verification_section,
)

__all__ = [
    "PAID_STAGES",
    "Against",
    "Alike",
    "Benchmark",
    "Contamination",
    "Curation",
    "Diversity",
    "Embedding",
    "Filters",
    "Languages",
    "Length",
    "Near",
    "PersonalData",
    "Place",
    "Price",
    "Recipe",
    "Sampling",
    "Sandbox",
    "Secrets",
    "Seeding",
    "Selection",
    "Stage",
    "StageChange",
    "Table",
    "Teacher",
    "Verification",
    "benchmark_places",
    "benchmarks_folder",
    "changes",
    "filter_methods",
    "find_benchmarks",
    "find_tables",
    "fingerprints_of",
    "load_recipe",
    "parse_recipe",
    "recorded_benchmarks",
    "recorded_recipe",
    "recorded_sections",
    "recorded_tables",
    "sections",
    "stage_fingerprints",
    "verification_section",
    "why_nothing",
    "with_paths_from",
]
