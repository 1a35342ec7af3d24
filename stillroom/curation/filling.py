"""Fills each prompt's places from its best sample down, leaving out what duplicates a kept or published one."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from stillroom.curation.comparison import Comparison, Drop, Found, Published
from stillroom.curation.decisions import Candidate, Decision, Gate
from stillroom.curation.duplicates import EXACT
from stillroom.curation.preference import prefers, sample_order
from stillroom.curation.relations import NEAR, Kind
from stillroom.curation.semantic import SEMANTIC
from stillroom.curation.settings import DedupSettings
from stillroom.curation.structural import STRUCTURAL
from stillroom.recipe import Selection

_GATES = {
    EXACT: Gate.EXACT_DUPLICATE,
    NEAR: Gate.NEAR_DUPLICATE,
    STRUCTURAL: Gate.STRUCTURAL_DUPLICATE,
    SEMANTIC: Gate.SEMANTIC_DUPLICATE,
}
_GROWTH = 4  # of what a prompt offers from one time to the next: a thousand equal samples take six searches


class Filling:
    """The places of all prompts, and the samples that wait for them.

    In rounds. Every prompt with a free place offers its next samples, at first as many as it has places, then more
    and more, since what fills no place is usually followed by more of the same; where the policy says which of several
    duplicates stays, it offers all. All offers are compared in one search with each other, in the policy's order, which
    is that of their ranks where it says nothing, and with all that is kept or published. What duplicates nothing takes
    its prompt's places by rank. An offer is settled where what it would be dropped for is really kept. Else it is
    offered again, and so is what its prompt offered after it. At least one offer of each round is settled, so the
    rounds come to an end.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        decisions: dict[str, Decision | None],
        *,
        selection: Selection,
        policy: Sequence[str],
        published: Published,
        settings: DedupSettings,
        kinds: Sequence[Kind] = (),
    ) -> None:
        """Queue all undecided candidates; their decisions are written into ``decisions``."""
        self._decisions = decisions
        self._keep = selection.keep
        self._is_compared = settings.exact or settings.near or bool(kinds)
        self._places: dict[str, list[str]] = {}
        for one in candidates:
            if one.is_published:
                self._places.setdefault(one.prompt_id, []).append(one.sample_id)
        open_ = [one for one in candidates if decisions[one.sample_id] is None]
        self._ranks = ranks(open_, selection)
        self._order = sample_order(open_, self._ranks, policy)
        self._is_all_offered = self._is_compared and prefers(policy)
        self._queues: dict[str, list[Candidate]] = {}  # the best last
        for one in sorted(open_, key=lambda one: self._ranks[one.sample_id], reverse=True):
            self._queues.setdefault(one.prompt_id, []).append(one)
        self._offered: dict[str, int] = {}  # how often each prompt has
        self._comparison = Comparison(published, {one.sample_id: one.answer for one in open_}, settings, kinds)
        self._kept: set[str] = set()
        self._dropped: dict[str, Drop] = {}

    def fill(self, prompt_ids: Iterable[str]) -> None:
        """Fill the places of these prompts, as far as their samples reach."""
        wanted = [prompt_id for prompt_id in prompt_ids if prompt_id in self._queues]
        while offered := [one for prompt_id in wanted for one in self._offer(prompt_id)]:
            self._settle(offered)

    def is_filled(self, prompt_id: str) -> bool:
        """Whether any sample of the prompt is kept or published."""
        return bool(self._places.get(prompt_id))

    def exhausted(self, prompt_ids: Iterable[str]) -> set[str]:
        """Those prompts all of whose samples duplicate something kept or published, which decides about these."""
        waiting = {prompt_id: self._queues[prompt_id] for prompt_id in prompt_ids}
        samples = [one for queue in waiting.values() for one in queue]
        ids = {one.sample_id for one in samples}
        repeated = {id_: drop for id_, drop in self._search(samples).items() if drop.representative_id not in ids}
        found = {prompt_id for prompt_id, queue in waiting.items() if all(one.sample_id in repeated for one in queue)}
        for prompt_id in found:
            for one in self._queues.pop(prompt_id):
                self._drop(one, repeated[one.sample_id])
        return found

    def give_up(self, prompt_id: str, because: Callable[[Candidate], Decision]) -> None:
        """Decide about all waiting samples of a prompt otherwise."""
        for one in self._queues.pop(prompt_id):
            self._decisions[one.sample_id] = because(one)

    def finish(self) -> None:
        """Fill all places that are left, and let the rest go by rank."""
        self.fill(list(self._queues))
        for prompt_id in list(self._queues):
            self.give_up(prompt_id, self._lost_by_rank)

    @property
    def found(self) -> Found:
        """What the searches found."""
        return self._comparison.found(self._dropped)

    def _offer(self, prompt_id: str) -> list[Candidate]:
        """The prompt's next samples, the best first; none where it has no free place."""
        queue = self._queues[prompt_id]
        free = self._free(prompt_id)
        if not free or not queue:
            return []
        times = self._offered[prompt_id] = self._offered.get(prompt_id, 0) + 1
        count = min(len(queue), free * _GROWTH ** (times - 1) if self._is_compared else free)
        count = len(queue) if self._is_all_offered else count
        offered = queue[-count:][::-1]
        del queue[-count:]
        return offered

    def _free(self, prompt_id: str) -> int:
        return max(0, self._keep - len(self._places.get(prompt_id, [])))

    def _settle(self, offered: Sequence[Candidate]) -> None:
        repeated = self._search(offered)
        ids = {one.sample_id for one in offered}
        waiting: dict[str, list[Candidate]] = {}  # the best last
        for one in sorted(offered, key=lambda one: (self._ranks[one.sample_id], one.sample_id), reverse=True):
            waiting.setdefault(one.prompt_id, []).append(one)

        def rival_of(one: Candidate) -> str:
            """What it repeats and nobody knows of yet whether it is kept, or ""."""
            rival = repeated[one.sample_id].representative_id if one.sample_id in repeated else ""
            return rival if rival in ids and rival not in self._kept else ""

        kept: list[str] = []
        before, left = -1, len(offered)
        while left != before:  # who is kept makes others sure
            before = left
            for prompt_id, queue in waiting.items():
                while self._free(prompt_id) and (chosen := _next_sure(queue, rival_of)):
                    for one in chosen:
                        kept += self._decide(one, repeated)
                    left -= len(chosen)
        if left == len(offered):  # of two prompts each waits for the other's: the first of all stays in any case
            one = min(offered, key=lambda one: self._order[one.sample_id])
            waiting[one.prompt_id].remove(one)
            kept += self._decide(one, repeated)
        for prompt_id, queue in waiting.items():
            self._queues[prompt_id] += queue
        if self._is_compared:
            self._comparison.hold(kept)

    def _decide(self, one: Candidate, repeated: Mapping[str, Drop]) -> list[str]:
        """Drop it for what it repeats, or keep it; returns the ids of what was kept."""
        if drop := repeated.get(one.sample_id):
            self._drop(one, drop)
            return []
        self._decisions[one.sample_id] = Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.KEPT)
        self._places.setdefault(one.prompt_id, []).append(one.sample_id)
        self._kept.add(one.sample_id)
        return [one.sample_id]

    def _search(self, samples: Sequence[Candidate]) -> dict[str, Drop]:
        if not self._is_compared or not samples:
            return {}
        undecided = [one.sample_id for queue in self._queues.values() for one in queue]
        return self._comparison.search(
            {one.sample_id: self._order[one.sample_id] for one in samples},
            undecided=[*(one.sample_id for one in samples), *undecided],
        )

    def _drop(self, one: Candidate, drop: Drop) -> None:
        self._dropped[one.sample_id] = drop
        self._decisions[one.sample_id] = Decision(
            sample_id=one.sample_id,
            prompt_id=one.prompt_id,
            gate=_GATES[drop.method],
            reason="answer",
            evidence=drop.about("the answer of sample"),
            matched_id=drop.representative_id,
            similarity=drop.similarity,
        )

    def _lost_by_rank(self, one: Candidate) -> Decision:
        taken = self._places[one.prompt_id]
        return Decision(
            sample_id=one.sample_id,
            prompt_id=one.prompt_id,
            gate=Gate.RANK,
            reason=f"more than {self._keep} passed",
            evidence=f"its prompt's places went to {', '.join(taken)}",
            matched_id=taken[-1],
        )


def _next_sure(queue: list[Candidate], rival_of: Callable[[Candidate], str]) -> list[Candidate]:
    """Take from a prompt's samples (the best last) the best one if it is sure, or nothing.

    Where it repeats another of the prompt's, that one is preferred by the policy and takes its turn.
    """
    if not queue:
        return []
    best = queue[-1]
    if not (rival := rival_of(best)):
        return [queue.pop()]
    preferred = next((one for one in queue if one.sample_id == rival), None)
    if preferred is None:
        return []
    queue.remove(preferred)
    queue.remove(best)
    return [preferred, best]


def ranks(candidates: Sequence[Candidate], selection: Selection) -> dict[str, int]:
    """Each sample's place among its prompt's candidates, 0 the best; ties go by sample index."""
    by_prompt: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_prompt.setdefault(one.prompt_id, []).append(one)
    found: dict[str, int] = {}
    for group in by_prompt.values():
        lengths = sorted(len(one.answer) for one in group)
        median = lengths[len(lengths) // 2]
        keys: dict[str, Callable[[Candidate], int]] = {
            "median-length": lambda one, median=median: abs(len(one.answer) - median),
            "shortest": lambda one: len(one.answer),
            "first": lambda one: 0,
        }
        key = keys[selection.rank]
        ordered = sorted(group, key=lambda one: (key(one), one.sample_index))
        found |= {one.sample_id: place for place, one in enumerate(ordered)}
    return found
