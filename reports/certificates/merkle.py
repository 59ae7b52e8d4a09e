"""A Merkle tree over rows (RFC 9162, 2.1): one hash stands for all of them, and a short path shows that a row is in.

The tree's topmost node is a document like any other: its SHA-256 is the root.
"""

from collections.abc import Sequence
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"


class MerkleTree:
    """The tree over at least one row."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self._rows = rows
        self._hashes: dict[tuple[int, int], bytes] = {}

    @property
    def top(self) -> bytes:
        """The topmost node, whose SHA-256 is the root."""
        return self._node(0, len(self._rows))

    def path(self, index: int) -> tuple[str, ...]:
        """The hashes beside the way from a row up to the root, in hexadecimal, the row's neighbour first (2.1.3.1)."""
        first, last, beside = 0, len(self._rows), list[str]()
        while last - first > 1:
            middle = first + _left(last - first)
            other = (middle, last) if index < middle else (first, middle)
            beside.append(self._hash(*other).hex())
            first, last = (first, middle) if index < middle else (middle, last)
        return tuple(reversed(beside))

    def _node(self, first: int, last: int) -> bytes:
        if last - first == 1:
            return _LEAF + self._rows[first]
        middle = first + _left(last - first)
        return _NODE + self._hash(first, middle) + self._hash(middle, last)

    def _hash(self, first: int, last: int) -> bytes:
        if (first, last) not in self._hashes:
            self._hashes[first, last] = sha256(self._node(first, last)).digest()
        return self._hashes[first, last]


def root_of(row: bytes, index: int, size: int, path: Sequence[str]) -> str:
    """The root that a row would have at its place in a tree of so many rows, by the path beside it (2.1.3.2).

    Raises:
        ValueError: the path is of another length than that place has, or holds something else than hashes.
    """
    turns = list[bool]()
    first, last = 0, size
    while last - first > 1:
        middle = first + _left(last - first)
        turns.append(index < middle)
        first, last = (first, middle) if index < middle else (middle, last)
    if not 0 <= index < size or len(path) != len(turns):
        raise ValueError(f"row {index} of {size} has a path of {len(turns)} hashes, not of {len(path)}")
    found = sha256(_LEAF + row).digest()
    for beside, is_left in zip(map(bytes.fromhex, path), reversed(turns), strict=True):
        found = sha256(_NODE + (found + beside if is_left else beside + found)).digest()
    return found.hex()


def _left(size: int) -> int:
    """How many rows are in the left part: the largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)
