"""An embedder that is met late: what it is taken for, and what happens where it is another."""

import numpy as np
import pytest
from numpy.typing import NDArray

from stillroom.embedding import Known, LateEmbedder, newest_of
from stillroom.errors import EmbedderChanged
from stillroom.recipe import Embedding


class Fixed:
    """Embeds every text alike."""

    dims = 2

    def __init__(self, name: str) -> None:
        self.name = name

    def embed(self, texts: object) -> NDArray[np.float32]:
        return np.array([[1.0, 0.0]], np.float32)


def names(*found: str) -> list[Known]:
    return [Known(name=name, dims=8) for name in found]


@pytest.mark.parametrize(
    ("revision", "found", "expected"),
    [
        pytest.param(None, ["org/m@b/8000", "org/m@a/8000"], "org/m@b/8000", id="the-newest"),
        pytest.param("a", ["org/m@b/8000", "org/m@a/8000"], "org/m@a/8000", id="of-its-revision"),
        pytest.param(None, ["org/m@b/500", "org/n@b/8000", "wordllama/x@1"], None, id="of-others"),
        pytest.param(None, ["org/m@b/8000/512-tokens"], "org/m@b/8000/512-tokens", id="of-any-length"),
        pytest.param("a.c", ["org/m@abc/8000"], None, id="a-revision-is-no-pattern"),
    ],
)
def test_it_is_taken_for_what_the_newest_vectors_are_of(
    revision: str | None, found: list[str], expected: str | None
) -> None:
    settings = Embedding(url="http://host", model="org/m", revision=revision)

    known = newest_of(settings, names(*found))

    assert (known and known.name) == expected


def test_nobody_is_met_for_a_name_that_is_known_and_no_text() -> None:
    def never() -> Fixed:
        raise AssertionError("it was met")

    late = LateEmbedder(never, lambda: Known(name="m@1", dims=2))

    assert (late.name, late.dims, late.embed([]).shape) == ("m@1", 2, (0, 2))


def test_it_is_met_once_where_nothing_is_known() -> None:
    met: list[int] = []

    def meet() -> Fixed:
        met.append(1)
        return Fixed("m@1")

    late = LateEmbedder(meet, lambda: None)

    assert (late.name, late.dims) == ("m@1", 2)
    late.embed(["a"])
    assert met == [1]


def test_another_than_it_was_taken_for_is_told_once_and_counts_from_then_on() -> None:
    late = LateEmbedder(lambda: Fixed("m@2"), lambda: Known(name="m@1", dims=2))
    assert late.name == "m@1"

    with pytest.raises(EmbedderChanged, match=r"vectors in the lake are of m@1, but m@2 is served now"):
        late.embed(["a"])

    assert late.name == "m@2"
    assert late.embed(["a"]).shape == (1, 2)
