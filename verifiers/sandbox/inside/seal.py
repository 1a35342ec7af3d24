"""Marks what our code in a program's process has said, so that what the program itself writes there is found out.

Frames are claims, and most need no mark: a program that knows which value is expected may as well return it. But where
objects of the program are compared, the claim is that they are equal, and whoever writes into the file of results would
say so. So the driver gives the process a key that nothing but the mark behind all frames is made of: a polynomial of them
at a secret point, and a secret number, as in Poly1305 (Bernstein 2005), modulo 2^521 - 1.
"""

# Stands alone in the container, and serves the driver, too.
# pyright: basic
_PRIME = (1 << 521) - 1
_PIECE = 64  # bytes: a piece and its end are less than the prime
KEY_BYTES = 64
MARK_BYTES = 66


class Seal:
    """The mark of frames that are added one by one.

    Args:
        key: ``KEY_BYTES`` random bytes, for the frames of one program.
    """

    def __init__(self, key: bytes) -> None:
        half = KEY_BYTES // 2
        self._point, self._pad = int.from_bytes(key[:half], "little"), int.from_bytes(key[half:], "little")
        self._sum = 0

    def add(self, frame: bytes) -> None:
        """Go on by one frame."""
        for at in range(0, len(frame), _PIECE):
            piece = int.from_bytes(frame[at : at + _PIECE] + b"\1", "little")
            self._sum = (self._sum + piece) * self._point % _PRIME

    def mark(self) -> bytes:
        """The mark of all frames so far, ``MARK_BYTES`` long."""
        return ((self._sum + self._pad) % _PRIME).to_bytes(MARK_BYTES, "little")
