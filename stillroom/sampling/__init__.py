"""Sampling: which samples are owed, and the pipeline that gets and verifies them."""

from stillroom.sampling.policy import Policy
from stillroom.sampling.shard import Assignment, Observer, Shard, ShardResult, Tally, combined

__all__ = ["Assignment", "Observer", "Policy", "Shard", "ShardResult", "Tally", "combined"]
