"""Marks what our code in a program's process has said, so that what the program itself writes there is found out.

Frames are claims, and most need no mark: a program that knows which value is expected may as well return it. But where
objects of the program are compared, the claim is that they are equal, and whoever writes into the file of results or
the socket would say so. So the driver gives the process a key, of which nothing but the marks is made: a polynomial of
what was said at a secret point, and a secret number, as in Poly1305 (Bernstein 2005), modulo 2^521 - 1. A program that
reads our memory finds it.
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

    Attributes:
        is_told: whether what is marked was found to be in doubt, which its mark says, too.
    """

    def __init__(self, key: bytes) -> None:
        half = KEY_BYTES // 2
        self._point, self._pad = int.from_bytes(key[:half], "little"), int.from_bytes(key[half:], "little")
        self._sum, self.is_told = 0, False

    def add(self, frame: bytes) -> None:
        """Go on by one frame."""
        for at in range(0, len(frame), _PIECE):
            piece = int.from_bytes(frame[at : at + _PIECE] + b"\1", "little")
            self._sum = (self._sum + piece) * self._point % _PRIME

    def mark(self) -> bytes:
        """The mark of all frames so far, ``MARK_BYTES`` long."""
        return ((self._sum + self._pad + self.is_told) % _PRIME).to_bytes(MARK_BYTES, "little")

    def fits(self, mark: bytes) -> bool:
        """Whether this is the mark; notes whether it says that there is a doubt."""
        if mark == self.mark():
            return True
        self.is_told = True
        return mark == self.mark()
