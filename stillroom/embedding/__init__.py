"""Texts as vectors: how like two texts are in what they are about, whatever their wording."""

from stillroom.embedding.base import BLANK_AXIS, Embedder, is_blank, unit_rows
from stillroom.embedding.choice import open_embedder, packaged_name
from stillroom.embedding.late import Known, LateEmbedder, late_embedder, newest_of

__all__ = [
    "BLANK_AXIS",
    "Embedder",
    "Known",
    "LateEmbedder",
    "is_blank",
    "late_embedder",
    "newest_of",
    "open_embedder",
    "packaged_name",
    "unit_rows",
]
