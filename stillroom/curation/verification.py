"""Verifies candidate pairs exactly while holding only some of the texts in memory.

Pairs come in clumps. Documents are laid out component by component of the graph of candidate pairs and cut into
pages, so that nearly every pair lies within one page: each text is read about once, and memory holds two pages,
however large a component is.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array  # pyright: ignore[reportMissingTypeStubs]
from scipy.sparse.csgraph import (  # pyright: ignore[reportMissingTypeStubs]
    connected_components,  # pyright: ignore[reportUnknownVariableType]
)

from stillroom.curation.candidates import Arrivals
from stillroom.curation.pair_tables import PairTables
from stillroom.curation.similarity import jaccard
from stillroom.curation.text_file import TextFile
from stillroom.curation.texts import normalise


def by_component(later: Arrivals, earlier: Arrivals) -> pl.DataFrame:
    """An order of the documents of these pairs in which those that are compared are neighbours.

    Returns:
        arrival, component, position (0, 1, 2, ...), by position.
    """
    arrivals, flat = np.unique(np.concatenate([later, earlier]), return_inverse=True)
    ones = np.ones(len(later), np.int8)
    graph = coo_array((ones, (flat[: len(later)], flat[len(later) :])), shape=(len(arrivals), len(arrivals)))
    labels = cast("NDArray[np.int32]", connected_components(graph, directed=False)[1])
    order = np.lexsort((arrivals, labels))
    return pl.DataFrame(
        {"arrival": arrivals[order], "component": labels[order], "position": np.arange(len(arrivals), dtype=np.int64)}
    )


def pages_of(components: NDArray[np.int32], characters: NDArray[np.int64], page: int) -> NDArray[np.int64]:
    """The page of each position, ascending: about ``page`` characters each; only a component larger is split."""
    before = np.cumsum(characters) - characters
    is_start = np.concatenate([[True], components[1:] != components[:-1]])
    start_of_component = before[is_start][np.cumsum(is_start) - 1]
    return start_of_component // page + (before - start_of_component) // page


def verify(
    tables: PairTables,
    later: Arrivals,
    earlier: Arrivals,
    texts: Iterable[pl.DataFrame],
    *,
    file: Path,
    page_characters: int,
) -> None:
    """Record the exact Jaccard similarity of these pairs.

    Args:
        tables: take the similarities.
        later: the pairs' later documents, by arrival.
        earlier: the pairs' earlier documents.
        texts: the texts of all of them, in batches of arrival, text, in any order.
        file: where to put the texts meanwhile.
        page_characters: about how many characters a page has.

    Raises:
        OSError: there is no room.
    """
    positions = by_component(later, earlier)
    by_arrival = positions.sort("arrival")
    known, at = by_arrival["arrival"].to_numpy(), by_arrival["position"].to_numpy()
    laid_out = TextFile(file, known, at, texts)
    pages = pages_of(positions["component"].to_numpy(), laid_out.characters, page_characters)
    ends = np.stack([at[np.searchsorted(known, later)], at[np.searchsorted(known, earlier)]])
    first_page, second_page = pages[ends.min(axis=0)], pages[ends.max(axis=0)]
    order = np.lexsort((second_page, first_page))
    changes = np.flatnonzero(np.diff(first_page[order]) | np.diff(second_page[order])) + 1
    for group in np.split(order, changes):
        wanted = np.unique(ends[:, group])
        left, right = np.searchsorted(wanted, ends[:, group])
        of_group = normalise(laid_out.read(wanted))
        tables.record(later[group], earlier[group], jaccard(of_group, left, right))
