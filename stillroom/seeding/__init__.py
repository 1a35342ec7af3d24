"""Seeding: where prompts come from."""

from stillroom.seeding.plan import Record, Round, is_begun, is_planned
from stillroom.seeding.proving import prove_references
from stillroom.seeding.self_instruct import Refusal, RoundResult, requests_in_round, write_round
from stillroom.seeding.sources import PromptFile, read_file, read_prompts, recipe_file, recipe_prompts

__all__ = [
    "PromptFile",
    "Record",
    "Refusal",
    "Round",
    "RoundResult",
    "is_begun",
    "is_planned",
    "prove_references",
    "read_file",
    "read_prompts",
    "recipe_file",
    "recipe_prompts",
    "requests_in_round",
    "write_round",
]
