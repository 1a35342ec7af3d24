"""Compares texts of a run with each other and with what is published: what selection asks of the search."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from stillroom.curation.candidates import may_share
from stillroom.curation.duplicates import find_duplicates
from stillroom.curation.near import OldDocuments, TextsOf
from stillroom.curation.relations import Kind
from stillroom.curation.semantic import Semantic
from stillroom.curation.settings import DedupSettings, Room
from stillroom.curation.signatures import SIGNATURE_SCHEMA, keys_of, sign
from stillroom.curation.signed_batches import signed_batches
from stillroom.curation.structural import KEY_SCHEMA, Structural
from stillroom.curation.structures import STRUCTURES
from stillroom.curation.vector_file import VectorFile
from stillroom.embedding import Embedder
from stillroom.errors import RequestError
from stillroom.recipe import Alike, Curation, Near

_CHEAPEST = 1.0  # the threshold whose signatures have a single band: for settings that look for equal texts alone
_DROPS = {"id": pl.String, "representative_id": pl.String, "similarity": pl.Float64, "method": pl.String}
_SIGNED_AT_A_TIME = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What earlier snapshots hold of one kind of text.

    Attributes:
        signatures: of one scheme; at least of all that share their wording, or a bucket, with a text that is compared.
        structures: keys of the same texts, a frame of ``KEY_SCHEMA``, where structures are compared.
        embeddings: vectors of the same texts, where embeddings are.
        texts: gives the texts of some of them, as in ``OldDocuments``.
    """

    signatures: pl.DataFrame = field(default_factory=SIGNATURE_SCHEMA.to_frame)
    structures: pl.DataFrame = field(default_factory=KEY_SCHEMA.to_frame)
    embeddings: tuple[VectorFile, ...] = ()
    texts: TextsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What deduplication found among one kind of text.

    Attributes:
        drops: as in ``Duplicates``.
        signatures: likewise.
        structures: keys that were computed of texts that ``signatures`` has, a frame of ``KEY_SCHEMA``.
        embeddings: likewise vectors.
    """

    drops: pl.DataFrame
    signatures: pl.DataFrame
    structures: pl.DataFrame = field(default_factory=KEY_SCHEMA.to_frame)
    embeddings: tuple[VectorFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A text that duplicates another: how (``exact``, ``near`` or as a kind has it), which, and how similar it is.

    Attributes:
        said: what was found, as words that the name of the other text follows.
    """

    method: str
    representative_id: str
    similarity: float
    said: str

    def about(self, whose: str) -> str:
        """What was found, in words; ``whose`` text it duplicates, where that is no row of a table."""
        of_table = ":" in self.representative_id
        return f"{self.said} {'row' if of_table else whose} {self.representative_id}"


def dedup_settings(near: Near | None, *, exact: bool = True, room: Room | None = None) -> DedupSettings:
    """How texts of one kind are compared; without ``near`` only equal ones count, without ``exact`` only others."""
    room = room or Room()
    return DedupSettings(
        exact=exact,
        near=near is not None,
        threshold=near.threshold if near else _CHEAPEST,
        memory_bytes=room.memory_bytes,
        spill_directory=room.spill_directory,
        batch_runner=room.batch_runner,
    )


def further_kinds(
    curation: Curation, side: str, published: Published, embedder: Embedder | None, room: Room | None = None
) -> list[Kind]:
    """The further kinds of duplicates that a recipe asks for among prompts or answers (``side``).

    Raises:
        RequestError: it compares embeddings, and no embedder is given.
        LakeError: there is no room for embeddings.
    """
    is_structural, semantic = further_settings(curation, side)
    found: list[Kind] = [Structural(STRUCTURES[side], published.structures)] if is_structural else []
    if semantic is None:
        return found
    if embedder is None:
        raise RequestError(f"curation.semantic_{side}s compares embeddings, and nothing that makes them was given")
    return [*found, Semantic(embedder, semantic.threshold, published.embeddings, room)]


def further_settings(curation: Curation, side: str) -> tuple[bool, Alike | None]:
    """Whether structures of prompts or answers (``side``) are compared, and how embeddings are."""
    if side == "answer":
        return curation.structural_answers, curation.semantic_answers
    return curation.structural_prompts, curation.semantic_prompts


class Comparison:
    """The comparisons of one kind of text in a curation: searches one after another, each against what is held.

    Held is what was published, and what ``hold`` was told since.
    """

    def __init__(
        self, published: Published, texts: Mapping[str, str], settings: DedupSettings, kinds: Sequence[Kind] = ()
    ) -> None:
        """Prepare to compare some of ``texts``, by id, at a time."""
        self._kinds = {kind.method: kind for kind in kinds}
        self._published = published
        self._texts = texts
        self._settings = settings
        self._held = published.signatures
        self._ours: set[str] = set()  # what of it is among ``texts``
        self._signed = [SIGNATURE_SCHEMA.to_frame()]
        self._is_narrowed = False

    def search(self, ranks: Mapping[str, int], *, undecided: Sequence[str]) -> dict[str, Drop]:
        """Which of these texts duplicate another of them, or one that is held.

        Args:
            ranks: by id; the lower is preferred.
            undecided: all ids that this search and later ones may be asked about.

        Raises:
            LakeError: as ``find_duplicates``.
        """
        if len(self._signed) > 1 and not self._is_narrowed:
            self._narrow(undecided)
        new = pl.DataFrame(
            [(id_, self._texts[id_], rank) for id_, rank in ranks.items()],
            schema={"id": pl.String, "text": pl.String, "rank": pl.Int64},
            orient="row",
        )
        old = OldDocuments(signatures=self._held, texts=self._texts_of)
        found = find_duplicates(new, old, self._settings, [*self._kinds.values()])
        self._signed.append(found.signatures)
        return {
            id_: Drop(
                method=method,
                representative_id=representative,
                similarity=similarity,
                said=self._said(method, similarity),
            )
            for id_, representative, similarity, method in found.drops.iter_rows()
        }

    def _said(self, method: str, similarity: float) -> str:
        kind = self._kinds.get(method)
        return kind.said(similarity) if kind else f"Jaccard similarity {similarity:.3f} with"

    def hold(self, ids: Sequence[str]) -> None:
        """Compare later texts with these of the last search too; they come after all that was held before."""
        if not ids:
            return
        signed = self._signed[-1].filter(pl.col("id").is_in(ids))
        after = pl.concat([self._held["arrival"], signed["arrival"]]).max()
        known = set(signed["id"])
        self._held = pl.concat([self._held, signed])
        if twins := [id_ for id_ in ids if id_ not in known]:  # of a text that was signed for another
            documents = self._documents(twins, 1 + (after if isinstance(after, int) else -1))
            self._held = pl.concat([self._held, sign(documents, self._settings)[1]])
            for kind in self._kinds.values():
                kind.sign(documents.select("id", "text"))
        self._ours.update(ids)

    def found(self, dropped: Mapping[str, Drop]) -> Found:
        """What came of all searches, where these are the drops that were made of it."""
        rows = [(id_, drop.representative_id, drop.similarity, drop.method) for id_, drop in dropped.items()]
        signatures = pl.concat(self._signed).unique("id", keep="last", maintain_order=True)
        kinds = self._kinds.values()
        structures = [KEY_SCHEMA.to_frame(), *(kind.computed for kind in kinds if isinstance(kind, Structural))]
        signed = {id_: id_ for id_ in signatures["id"]}
        return Found(
            drops=pl.DataFrame(rows, schema=_DROPS, orient="row"),
            signatures=signatures,
            structures=pl.concat(structures).join(signatures, on="id", how="semi"),
            embeddings=tuple(kind.computed.named(signed) for kind in kinds if isinstance(kind, Semantic)),
        )

    def _narrow(self, undecided: Sequence[str]) -> None:
        """Hold only what may be a duplicate of an undecided one, since nothing is compared with others.

        Most searches after the first are about few texts, and would each go through all that was ever published.
        """
        held_keys = keys_of(self._held, self._settings)
        is_met = np.zeros(len(self._held), bool)
        starts = range(0, len(undecided), _SIGNED_AT_A_TIME)
        batches = (self._documents(undecided[start : start + _SIGNED_AT_A_TIME], 0) for start in starts)
        for documents, _, signed in signed_batches(batches, self._settings):
            is_met |= self._held["text_hash"].is_in(signed["text_hash"].implode()).to_numpy()
            keys = keys_of(signed, self._settings)
            for band in range(self._settings.bands):
                is_met |= may_share(keys[:, band], held_keys[:, band])
            has_text = (self._held["characters"] > 0).to_numpy()
            for kind in self._kinds.values():
                is_met[has_text] |= kind.meets(documents.select("id", "text"), self._held.filter(has_text))
        self._held = self._held.filter(pl.Series(is_met))
        self._is_narrowed = True

    def _documents(self, ids: Sequence[str], first: int) -> pl.DataFrame:
        return pl.DataFrame(
            {"id": ids, "arrival": range(first, first + len(ids)), "text": [self._texts[id_] for id_ in ids]},
            schema={"id": pl.String, "arrival": pl.Int64, "text": pl.String},
        )

    def _texts_of(self, ids: list[str]) -> Iterator[pl.DataFrame]:
        """Texts of this run from memory, published ones from where they are."""
        ours = [id_ for id_ in ids if id_ in self._ours]
        for start in range(0, len(ours), _SIGNED_AT_A_TIME):
            yield self._documents(ours[start : start + _SIGNED_AT_A_TIME], 0).select("id", "text")
        if others := [id_ for id_ in ids if id_ not in self._ours]:
            yield from self._published.texts(others)
