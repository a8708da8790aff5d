"""Digests of stamps: which stamps have the same bytes?"""

import hashlib

import numpy as np
from jaxtyping import Int

__all__ = ["StampDigests"]

_BYTES = 16


class StampDigests:
    """A digest of 16 bytes for each stamp, in the order in which they were added."""

    def __init__(self) -> None:
        self._digests = bytearray()

    def __len__(self) -> int:
        return len(self._digests) // _BYTES

    def add(self, stamp: np.ndarray) -> None:
        """Add a stamp after the others."""
        self._digests += hashlib.blake2b(np.ascontiguousarray(stamp).data, digest_size=_BYTES).digest()

    def first_rows(self) -> Int[np.ndarray, "stamps"]:
        """Give for each stamp the first row that has the same bytes."""
        digests = np.frombuffer(bytes(self._digests), f"V{_BYTES}")
        _, first, which = np.unique(digests, return_index=True, return_inverse=True)
        return first[which].astype(np.int64)
