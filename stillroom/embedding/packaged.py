"""The embedder that is always there: WordLlama's token vectors, whose weights lie inside its package.

A text is the mean of its tokens' vectors (Miller, *WordLlama: Recycled Token Embeddings from Large Language Models*,
2024; 256 dimensions, trained for retrieval by multiple negatives). So word order says nothing and negation little; what
a text is about says much, at thousands of documents a second on one core. Files are read by path: importing the package
would turn on logging for the whole process, and its loader can download.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from scipy.sparse import csr_array  # pyright: ignore[reportMissingTypeStubs]
from tokenizers import Tokenizer

from stillroom.embedding.base import is_blank, unit_rows
from stillroom.errors import RequestError

PACKAGE = "wordllama"
MODEL = "l2_supercat_256"
PIECE_CHARACTERS = 8_192  # tokenised at once: the tokeniser's work grows faster than the text, and so does its memory
_BATCH_CHARACTERS = 4_000_000
_WEIGHTS = f"weights/{MODEL}.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class PackagedEmbedder:
    """WordLlama, 256 dimensions.

    Raises:
        RequestError: the package is not installed as it should be.
    """

    def __init__(self) -> None:
        """Read the weights; a process reads them once."""
        self.name = name()
        self._tokenizer, self._vectors = _load()
        self.dims = self._vectors.shape[1]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``Embedder.embed``: texts of any length, in pieces of ``PIECE_CHARACTERS``."""
        rows = np.zeros((len(texts), self.dims), np.float32)
        for batch in _batches(texts):
            places, pieces = zip(*batch, strict=True)
            np.add.at(rows, np.array(places), self._sums(pieces))
        return unit_rows(rows)

    def _sums(self, pieces: Sequence[str]) -> NDArray[np.float32]:
        """The sum of each piece's vectors, its tokens in one order, so that it comes out the same to the bit."""
        encoded = [one.ids for one in self._tokenizer.encode_batch_fast(pieces, add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, encoded)])
        tokens = np.fromiter(chain.from_iterable(encoded), np.int32, count=int(ends[-1]))
        tokens = np.minimum(tokens, len(self._vectors) - 1)
        counts: Any = csr_array(
            (np.ones(len(tokens), np.float32), tokens, ends), shape=(len(encoded), len(self._vectors))
        )
        counts.sum_duplicates()
        return counts @ self._vectors


def name() -> str:
    """Identity of these weights.

    Raises:
        RequestError: the package is not installed.
    """
    return f"{PACKAGE}/{MODEL}@{_version()}"


def _batches(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Pieces with the place of their text, a bounded number of characters at a time; blank texts have none."""
    batch: list[tuple[int, str]] = []
    characters = 0
    for place, text in enumerate(texts):
        if is_blank(text):
            continue
        for start in range(0, len(text), PIECE_CHARACTERS):
            piece = _encodable(text[start : start + PIECE_CHARACTERS])
            batch.append((place, piece))
            characters += len(piece)
            if characters >= _BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
    if batch:
        yield batch


def _encodable(text: str) -> str:
    """Half surrogates, which model-written JSON may hold, are no Unicode text: question marks."""
    return text.encode("utf-8", "replace").decode()


def _version() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError as error:
        raise _not_installed("is not installed") from error


@cache
def _load() -> tuple[Tokenizer, NDArray[np.float32]]:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise _not_installed("is not installed")
    folder = Path(found.origin).parent
    for file in (_WEIGHTS, _TOKENIZER):
        if not (folder / file).is_file():
            raise _not_installed(f"lacks its file {file}")
    tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    opened: Any = safe_open(folder / _WEIGHTS, framework="np")
    with opened as weights:
        return tokenizer, np.asarray(weights.get_tensor("embedding.weight"), np.float32)


def _not_installed(what: str) -> RequestError:
    return RequestError(
        f"the package {PACKAGE}, which has the weights of the default embedding, {what}. Install Stillroom's "
        "dependencies again, or name an endpoint under `curation.embedding` in the recipe."
    )
