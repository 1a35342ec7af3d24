"""How much of each thing a search for duplicates holds at a time, by the memory that its settings give it."""

from dataclasses import dataclass

_DOCUMENT_BYTES = 50 << 10  # a document of 1 KB, its shingles and its sketch, while a batch is signed
_SORTED_BYTES = 64  # a document's key and number, while keys of all documents are put in order
_ROW_BYTES = 256  # a document's number in a bucket, as array, frame and row of DuckDB
_PAIR_BYTES = 256  # a pair of documents in a bucket, their places, and in how many rows they differ
_VERIFIED_BYTES = 384  # a pair while its place among the texts is looked for
_CHARACTER_BYTES = 128  # a character of a page, its shingle, and that as an entry of a sparse matrix
_PAGE_CHARACTERS = 1 << 20  # whose arrays use the same memory again: fresh pages of memory cost a third more time
_SIGNATURE_BYTES = 4 << 10
_ID_BYTES = 1 << 10


@dataclass(frozen=True, slots=True)
class Budget:
    """Numbers that go with ``memory_bytes``; each of them alone takes at most about that much.

    Attributes:
        memory_bytes: as in ``DedupSettings``.
    """

    memory_bytes: int

    @property
    def documents(self) -> int:
        """Documents of which the texts are read and signed together."""
        return min(20_000, self.memory_bytes // _DOCUMENT_BYTES)

    @property
    def signatures(self) -> int:
        """Old documents of which the signatures are read together."""
        return self.memory_bytes // _SIGNATURE_BYTES

    @property
    def ids(self) -> int:
        """Documents of which ids and small things are read together."""
        return self.memory_bytes // _ID_BYTES

    @property
    def sorted_rows(self) -> int:
        """Documents of which the keys of one band are sorted together; one bucket is never cut."""
        return self.memory_bytes // _SORTED_BYTES

    @property
    def bucket_rows(self) -> int:
        """Documents in buckets that are paired together; one bucket is never cut."""
        return self.memory_bytes // _ROW_BYTES

    @property
    def pairs(self) -> int:
        """Pairs of which it is asked together whether they were found before, and how similar they may be."""
        return self.memory_bytes // _PAIR_BYTES

    @property
    def verified_pairs(self) -> int:
        """Pairs whose texts are laid out together."""
        return self.memory_bytes // _VERIFIED_BYTES

    @property
    def page_characters(self) -> int:
        """Characters of a page of texts, two of which are compared together."""
        return min(_PAGE_CHARACTERS, self.memory_bytes // _CHARACTER_BYTES)
