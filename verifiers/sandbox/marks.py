"""Holds the mark behind a program's frames against them: the driver's side of ``inside/seal.c``."""

import hashlib
import secrets
import struct

from verifiers.sandbox.inside.seal import KEY_BYTES, MARK_BYTES

_SIZE = struct.Struct("<Q")


def new_key() -> bytes:
    """A key of one run of one program."""
    return secrets.token_bytes(KEY_BYTES)


class Marks:
    """The mark of frames that are added one by one, a keyed BLAKE2b (RFC 7693).

    Args:
        key: ``KEY_BYTES``, which the program's process was given.
    """

    def __init__(self, key: bytes) -> None:
        self._said = hashlib.blake2b(b"S", key=key, digest_size=MARK_BYTES)
        self._heard = hashlib.blake2b(b"H", key=key, digest_size=MARK_BYTES).digest()

    def add(self, frame: bytes) -> None:
        """Go on by one frame."""
        self._said.update(_SIZE.pack(len(frame)) + frame)

    def mark(self, *, is_doubted: bool = False) -> bytes:
        """The mark of all frames so far, ``MARK_BYTES`` long.

        Args:
            is_doubted: of frames of a process that saw something that makes them doubtful.
        """
        whole = self._said.copy()
        whole.update(bytes((is_doubted,)) + _SIZE.pack(0) + self._heard)
        return whole.digest()
