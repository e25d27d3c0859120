"""The coarse gate of a segment: a Bloom filter that says 'certainly not here' before a page of the file is touched.

The filter is pybloom-live's, in its own layout (one slice of bits per hash), so that it can be exchanged and united
with its tools. It is filled and probed with slices of the 64-bit key that the lookup needs anyway: its own ``add`` and
``in`` hash the text of the key with SHA-256 for each call, which costs several times what the whole lookup does.
"""

from typing import Any, Dict, Sequence, Tuple

ERROR_RATE = 0.01
_LOW = 0xFFFFFFFF


def make_gate(keys: Sequence[int]) -> Tuple[Dict[str, int], bytes]:
    """Return the shape of a filter over 64-bit keys, and its bits."""
    from pybloom_live import BloomFilter  # type: ignore[import-untyped]  # it ships no types

    bloom = BloomFilter(max(len(keys), 1), ERROR_RATE)
    bits, per_slice, slices = bloom.bitarray, bloom.bits_per_slice, bloom.num_slices
    for key in keys:
        at, step = key >> 32, key & _LOW | 1
        for start in range(0, slices * per_slice, per_slice):
            bits[start + at % per_slice] = True
            at += step
    return {"slices": slices, "bits_per_slice": per_slice}, bits.tobytes()


class Gate:
    """A filter over the bits of a segment, probed in place."""

    def __init__(self, shape: Dict[str, int], bits: memoryview) -> None:
        from bitarray import bitarray

        self._per_slice = shape["bits_per_slice"]
        self._end = shape["slices"] * self._per_slice
        self._bits: Any = bitarray(buffer=bits, endian="little")

    def may_hold(self, key: int) -> bool:
        """Return False only for a key that was never put in."""
        bits, per_slice = self._bits, self._per_slice
        at, step = key >> 32, key & _LOW | 1
        for start in range(0, self._end, per_slice):
            if not bits[start + at % per_slice]:
                return False
            at += step
        return True
