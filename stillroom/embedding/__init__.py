"""Texts as vectors: how like two texts are in what they are about, whatever their wording."""

from stillroom.embedding.base import BLANK_AXIS, Embedder, unit_rows
from stillroom.embedding.choice import open_embedder
from stillroom.embedding.endpoint import EndpointEmbedder
from stillroom.embedding.packaged import PackagedEmbedder

__all__ = ["BLANK_AXIS", "Embedder", "EndpointEmbedder", "PackagedEmbedder", "open_embedder", "unit_rows"]
