"""Decides anew about duplicates of what the gate of diversity drops, so that none vanishes with what it resembles.

A text gives way to one that is kept. Where that one is dropped afterwards, the text has its turn: it is compared with
what is really kept, and asked for by the gate in its turn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import polars as pl

from stillroom.curation.comparison import Found, Published, dedup_settings, further_kinds
from stillroom.curation.decisions import ANSWER_GATES, Candidate, Decision, Gate
from stillroom.curation.near import TextsOf
from stillroom.curation.relations import Kind
from stillroom.curation.selection import Curated, curate
from stillroom.curation.semantic import Semantic
from stillroom.curation.settings import DedupSettings, Room
from stillroom.curation.signatures import SIGNATURE_SCHEMA, sign
from stillroom.curation.structural import Structural
from stillroom.embedding import Embedder
from stillroom.recipe import Curation, Selection

_AT_A_TIME = 20_000  # texts in frames together


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """All that a run is decided by, to decide about all of it, and about some of it again.

    Attributes:
        candidates: all samples of the run.
        selection: as ``curate`` has it.
        curation: likewise.
        answers: likewise.
        prompts: likewise.
        embedder: likewise.
        room: likewise.
    """

    candidates: Sequence[Candidate]
    selection: Selection
    curation: Curation
    answers: Published
    prompts: Published
    embedder: Embedder | None = None
    room: Room | None = None

    def decide(self) -> Curated:
        """Decide about every sample; raises as ``curate``."""
        return curate(
            self.candidates,
            selection=self.selection,
            curation=self.curation,
            answers=self.answers,
            prompts=self.prompts,
            embedder=self.embedder,
            room=self.room,
        )

    def reopened(self, decisions: Sequence[Decision]) -> set[str]:
        """Samples that were dropped for what does not stay: duplicates of samples that diversity drops.

        Those of prompts that gave way to a prompt are among them where that one keeps no sample any more.
        """
        left = {one.sample_id for one in decisions if one.gate == Gate.DIVERSITY}
        standing = {one.prompt_id for one in decisions if one.is_kept} | set(self.prompts.signatures["id"])
        barren = {one.prompt_id for one in decisions if one.gate == Gate.DIVERSITY} - standing
        return {
            one.sample_id
            for one in decisions
            if (one.gate in ANSWER_GATES and one.matched_id in left)
            or (one.gate == Gate.PROMPT_DUPLICATE and one.matched_id in barren)
        }

    def decide_again(self, curated: Curated, again: set[str]) -> Curated:
        """Decide anew about these samples, beside those that are kept, which stay.

        Raises:
            LakeError, RequestError, TeacherError: as ``curate``.
        """
        kept = {one.sample_id for one in curated.decisions if one.is_kept}
        asked = [one for one in self.candidates if one.sample_id in again]
        staying = [one for one in self.candidates if one.sample_id in kept]
        fresh = {one.sample_id for one in curated.decisions if one.gate == Gate.KEPT}
        ours = [one for one in staying if one.sample_id in fresh]
        anew = curate(
            [*asked, *(replace(one, is_published=True) for one in staying)],
            selection=self.selection,
            curation=self.curation,
            answers=self._held("answer", curated, {one.sample_id: one.answer for one in ours}),
            prompts=self._held("prompt", curated, {one.prompt_id: one.task for one in ours}),
            embedder=self.embedder,
            room=self.room,
        )
        decided = {one.sample_id: one for one in anew.decisions if one.sample_id in again}
        prompts = {one.prompt_id for one in asked}
        return Curated(
            decisions=tuple(decided.get(one.sample_id, one) for one in curated.decisions),
            duplicates={
                side: _together(found, anew.duplicates.get(side), again if side == "answer" else prompts)
                for side, found in curated.duplicates.items()
            },
        )

    def forgotten(self, curated: Curated, ids: set[str]) -> Curated:
        """The same without what was found of these samples and their prompts, which decides about them no more."""
        prompts = {one.prompt_id for one in self.candidates if one.sample_id in ids}
        owners = {"answer": ids, "prompt": prompts}
        return replace(
            curated,
            duplicates={side: _together(found, None, owners[side]) for side, found in curated.duplicates.items()},
        )

    def _held(self, side: str, curated: Curated, texts: Mapping[str, str]) -> Published:
        """What was published, and after it these texts of ours, all but those that are published already."""
        old = self.answers if side == "answer" else self.prompts
        found = curated.duplicates.get(side)
        near = self.curation.near_answers if side == "answer" else self.curation.near_prompts
        known = set(old.signatures["id"])
        texts = {id_: text for id_, text in texts.items() if id_ not in known}
        before = old if found is None else _with_computed(old, found)
        kinds = further_kinds(self.curation, side, before, self.embedder, self.room)
        signed = _signed(texts, old.signatures, dedup_settings(near), kinds)
        return Published(
            signatures=pl.concat([old.signatures, signed]),
            structures=pl.concat([before.structures, *(one.computed for one in kinds if isinstance(one, Structural))]),
            embeddings=(*before.embeddings, *(one.computed for one in kinds if isinstance(one, Semantic))),
            texts=_texts_of(texts, old.texts),
        )


def _with_computed(old: Published, found: Found) -> Published:
    return replace(
        old,
        structures=pl.concat([old.structures, found.structures]),
        embeddings=(*old.embeddings, *found.embeddings),
    )


def _signed(
    texts: Mapping[str, str], old: pl.DataFrame, settings: DedupSettings, kinds: Sequence[Kind]
) -> pl.DataFrame:
    """Signatures of these texts, one for each of them, that come after the old ones; kinds sign them too."""
    after = 1 + int(np.max(old["arrival"].to_numpy(), initial=-1))
    found = [SIGNATURE_SCHEMA.to_frame()]
    for frame in _frames(texts, texts):
        documents = frame.select("id", pl.int_range(after, after + len(frame), dtype=pl.Int64).alias("arrival"), "text")
        after += len(frame)
        hashes, different = sign(documents, settings)
        owners = documents.select("id", "arrival", hashes)
        signed = owners.join(different.drop("id", "arrival"), on="text_hash", how="left")
        found.append(signed.select(SIGNATURE_SCHEMA.names()))
        with_text = frame.join(signed.filter(pl.col("characters") > 0), on="id", how="semi")
        for kind in kinds:
            kind.sign(with_text)
    return pl.concat(found)


def _texts_of(ours: Mapping[str, str], others: TextsOf) -> TextsOf:
    def texts(ids: list[str]) -> Iterator[pl.DataFrame]:
        yield from _frames([id_ for id_ in ids if id_ in ours], ours)
        if rest := [id_ for id_ in ids if id_ not in ours]:
            yield from others(rest)

    return texts


def _frames(ids: Iterable[str], texts: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Frames (id, text) of these ids, some at a time."""
    waiting = iter(ids)
    while some := [*islice(waiting, _AT_A_TIME)]:
        yield pl.DataFrame(
            {"id": some, "text": [texts[id_] for id_ in some]}, schema={"id": pl.String, "text": pl.String}
        )


def _together(before: Found, after: Found | None, again: set[str]) -> Found:
    """What both searches found, where the later one decided about the texts of these ids."""
    drops = before.drops.filter(~pl.col("id").is_in(again))
    if after is None:
        return replace(before, drops=drops)
    computed = {
        name: pl.concat([getattr(before, name), getattr(after, name)]).unique("id", keep="first", maintain_order=True)
        for name in ("signatures", "structures")
    }
    embeddings = (*before.embeddings, *after.embeddings)
    return Found(drops=pl.concat([drops, after.drops]), embeddings=embeddings, **computed)
