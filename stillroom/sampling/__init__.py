"""Sampling: which samples are owed, and the pipeline that gets and verifies them."""

from stillroom.sampling.entries import ShardResult, Tally, combined
from stillroom.sampling.policy import Policy
from stillroom.sampling.shard import Assignment, Observer, Shard

__all__ = ["Assignment", "Observer", "Policy", "Shard", "ShardResult", "Tally", "combined"]
