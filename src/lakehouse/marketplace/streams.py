"""Random numbers that any machine draws alike, in any order.

A draw is a pure function of (seed, name, numbers): a counter put through the finaliser of
SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"). Nothing is
kept between draws, so a day can be computed alone, twice or in another order with the same bytes.
All arithmetic is on 64-bit integers: no floating point, whose last bit differs between processors,
and no library distribution, which may change between versions.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
IntLike = I64 | int

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def draw(seed: int, name: str, *numbers: IntLike) -> U64:
    """64 random bits for each element of the broadcast ``numbers`` (which may be negative)."""
    key = int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "little")
    state: U64 = np.atleast_1d(np.array(key, dtype=np.uint64))
    for number in numbers:
        step = np.atleast_1d(np.asarray(number, dtype=np.int64)).astype(np.uint64)
        state = _mix(state + (step + np.uint64(1)) * _GOLDEN)
    return state


def below(bits: U64, bound: IntLike) -> I64:
    """Uniform integers in [0, bound), from the upper 32 bits; bound is at most 2**31."""
    scaled = (bits >> np.uint64(32)) * np.asarray(bound, dtype=np.int64).astype(np.uint64)
    return (scaled >> np.uint64(32)).astype(np.int64)


def between(bits: U64, low: IntLike, high: IntLike) -> I64:
    """Uniform integers in [low, high], both included."""
    low_array = np.asarray(low, dtype=np.int64)
    return low_array + below(bits, np.asarray(high, dtype=np.int64) - low_array + 1)


def chance(bits: U64, per_million: IntLike) -> Bools:
    """True with the stated probability in parts per million."""
    return below(bits, 1_000_000) < per_million


def pick(bits: U64, weights: Sequence[int] | I64) -> I64:
    """Indexes into ``weights`` with probabilities in proportion to them."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.int64))
    found = np.searchsorted(cumulative, below(bits, int(cumulative[-1])), side="right")
    return found.astype(np.int64)


def quantile(bits: U64, points: Sequence[int] | I64) -> I64:
    """Values of the distribution whose evenly spaced quantiles are ``points`` (at least two)."""
    table = np.asarray(points, dtype=np.int64)
    position = (bits >> np.uint64(32)) * np.uint64(len(table) - 1)
    index = (position >> np.uint64(32)).astype(np.int64)
    rest = ((position >> np.uint64(12)) & np.uint64(0xFFFFF)).astype(np.int64)
    return table[index] + (((table[index + 1] - table[index]) * rest) >> 20)


def _mix(state: U64) -> U64:
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))
