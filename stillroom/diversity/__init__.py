"""How much the texts of a set differ, how much more there would be, and which of them to choose so that they do."""

from stillroom.diversity.clusters import Clusters, assign, k_means, leader_clusters, nearest
from stillroom.diversity.estimate import Estimate
from stillroom.diversity.foreseeing import FURTHER, RELIABLE, UNRELIABLE, Brought, foresee
from stillroom.diversity.gram_counts import GramCounts
from stillroom.diversity.lexical import compression_ratio, distinct_n
from stillroom.diversity.measuring import (
    CLUSTER,
    GRAM,
    MOST_CHARACTERS,
    MOST_WORDS,
    TEXTS,
    Meaning,
    Novel,
    Sides,
    measure,
)
from stillroom.diversity.quotas import of_share, opening
from stillroom.diversity.repetition import self_bleu, self_repetition
from stillroom.diversity.selecting import CHOSEN, QUOTA, SAMENESS, Chosen, Held, choose
from stillroom.diversity.spread import cluster_coverage, cluster_entropy, novelty, vendi_of_draws, vendi_score
from stillroom.diversity.unseen import Seen, chao1, coverage, expected_new, is_reliable
from stillroom.diversity.words import Corpus

__all__ = [
    "CHOSEN",
    "CLUSTER",
    "FURTHER",
    "GRAM",
    "MOST_CHARACTERS",
    "MOST_WORDS",
    "QUOTA",
    "RELIABLE",
    "SAMENESS",
    "TEXTS",
    "UNRELIABLE",
    "Brought",
    "Chosen",
    "Clusters",
    "Corpus",
    "Estimate",
    "GramCounts",
    "Held",
    "Meaning",
    "Novel",
    "Seen",
    "Sides",
    "assign",
    "chao1",
    "choose",
    "cluster_coverage",
    "cluster_entropy",
    "compression_ratio",
    "coverage",
    "distinct_n",
    "expected_new",
    "foresee",
    "is_reliable",
    "k_means",
    "leader_clusters",
    "measure",
    "nearest",
    "novelty",
    "of_share",
    "opening",
    "self_bleu",
    "self_repetition",
    "vendi_of_draws",
    "vendi_score",
]
