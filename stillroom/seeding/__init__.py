"""Seeding: where prompts come from."""

from stillroom.seeding.self_instruct import Refusal, Round, RoundResult, requests_in_round, write_round
from stillroom.seeding.sources import prove_references, read_prompts, recipe_prompts

__all__ = [
    "Refusal",
    "Round",
    "RoundResult",
    "prove_references",
    "read_prompts",
    "recipe_prompts",
    "requests_in_round",
    "write_round",
]
