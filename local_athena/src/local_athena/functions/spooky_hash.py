"""SpookyHash V2 by Bob Jenkins (public domain), with both seeds the same."""

from __future__ import annotations

import struct

_MASK = (1 << 64) - 1
_CONST = 0xDEADBEEFDEADBEEF
_SHORT = 192
_BLOCK = 96
_MIX = (11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46)
_END = (44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54)
_SHORT_MIX = (50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36)
_SHORT_END = (15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63)


def hash_64(data: bytes, seed: int = 0) -> int:
    """The first 64 bits of the hash, unsigned."""
    return _short(data, seed) if len(data) < _SHORT else _long(data, seed)


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _short(data: bytes, seed: int) -> int:
    state = [seed, seed, _CONST, _CONST]
    at = 0
    if len(data) > 15:
        while len(data) - at >= 32:
            a, b, c, d = struct.unpack_from("<4Q", data, at)
            state[2], state[3] = (state[2] + a) & _MASK, (state[3] + b) & _MASK
            _short_mix(state)
            state[0], state[1] = (state[0] + c) & _MASK, (state[1] + d) & _MASK
            at += 32
        if len(data) - at >= 16:
            a, b = struct.unpack_from("<2Q", data, at)
            state[2], state[3] = (state[2] + a) & _MASK, (state[3] + b) & _MASK
            _short_mix(state)
            at += 16
    rest = data[at:]
    state[3] += len(data) << 56
    if rest:
        state[2] += int.from_bytes(rest[:8], "little")
        state[3] += int.from_bytes(rest[8:], "little")
    else:
        state[2] += _CONST
        state[3] += _CONST
    state = [value & _MASK for value in state]
    for index, bits in enumerate(_SHORT_END):
        target, source = (index + 3) % 4, (index + 2) % 4
        state[target] ^= state[source]
        state[source] = _rotated(state[source], bits)
        state[target] = (state[target] + state[source]) & _MASK
    return state[0]


def _short_mix(state: list[int]) -> None:
    for index, bits in enumerate(_SHORT_MIX):
        turned, added, changed = (index + 2) % 4, (index + 3) % 4, index % 4
        state[turned] = (_rotated(state[turned], bits) + state[added]) & _MASK
        state[changed] ^= state[turned]


def _long(data: bytes, seed: int) -> int:
    state = [seed, seed, _CONST] * 4
    whole = len(data) // _BLOCK * _BLOCK
    for at in range(0, whole, _BLOCK):
        words = struct.unpack_from("<12Q", data, at)
        for index, word in enumerate(words):
            state[index] = (state[index] + word) & _MASK
            state[(index + 2) % 12] ^= state[(index + 10) % 12]
            state[(index + 11) % 12] ^= state[index]
            state[index] = _rotated(state[index], _MIX[index])
            state[(index + 11) % 12] = (state[(index + 11) % 12] + state[(index + 1) % 12]) & _MASK
    rest = data[whole:]
    words = struct.unpack("<12Q", rest.ljust(_BLOCK - 1, b"\0") + bytes([len(rest)]))
    state = [(value + word) & _MASK for value, word in zip(state, words, strict=True)]
    for _ in range(3):
        for index, bits in enumerate(_END):
            first, second, third = (index + 11) % 12, (index + 1) % 12, (index + 2) % 12
            state[first] = (state[first] + state[second]) & _MASK
            state[third] ^= state[first]
            state[second] = _rotated(state[second], bits)
    return state[0]
