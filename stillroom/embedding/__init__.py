"""Texts as vectors: how like two texts are in what they are about, whatever their wording."""

from stillroom.embedding.base import BLANK_AXIS, Embedder, is_blank, unit_rows
from stillroom.embedding.choice import open_embedder

__all__ = ["BLANK_AXIS", "Embedder", "is_blank", "open_embedder", "unit_rows"]
