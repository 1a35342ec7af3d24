"""Capabilities: kinds of training data. Each owns how prompts are written and how an answer is extracted."""

from stillroom.capabilities.base import Capability, Draft, Example, Proposal, Rejection, Submission
from stillroom.capabilities.registry import find_capability

__all__ = ["Capability", "Draft", "Example", "Proposal", "Rejection", "Submission", "find_capability"]
