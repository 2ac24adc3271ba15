"""Binary values: encodings, hashes, numbers as bytes. Values are BLOB.

Functions that strings share (`length`, `substr`, `reverse`, `lpad`, `concat`…) are in `strings`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.registry import ScalarWriter
from local_athena.functions.spooky_hash import hash_64
from local_athena.functions.text import template
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type


def _bad(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


def _text_of(value: str | bytes) -> str:
    return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _from_hex(value: str | bytes) -> bytes:
    text = _text_of(value)
    if len(text) % 2:
        raise _bad(f"invalid input length {len(text)}")
    for character in text:
        if character not in "0123456789abcdefABCDEF":
            raise _bad(f'not a hexadecimal digit: "{character}" = {ord(character)}')
    return bytes.fromhex(text)


def _from_base64(value: str | bytes, alphabet: bytes = b"+/") -> bytes:
    """Java's basic decoder: padding may lack, other characters may not stand there."""
    data = _text_of(value).encode("utf-8")
    other = {b"+/": b"-_", b"-_": b"+/"}[alphabet]
    if any(byte in other for byte in data):
        raise _bad("Illegal base64 character")
    body = data.rstrip(b"=")
    if len(body) % 4 == 1 or len(data) - len(body) > 2:
        raise _bad("Input byte[] should at least have 2 bytes for base64 bytes")
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), altchars=alphabet, validate=True)
    except binascii.Error:
        raise _bad("Illegal base64 character") from None


def _from_base64url(value: str | bytes) -> bytes:
    return _from_base64(value, b"-_")


def _from_base32(value: str | bytes) -> bytes:
    text = _text_of(value)
    try:
        body = text.rstrip("=")
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        raise _bad(f"Invalid input '{text}'") from None


def _fixed(name: str, size: int, format_: str) -> Callable[[bytes], Any]:
    def read(value: bytes) -> Any:
        if len(value) != size:
            raise _bad(f"expected {size}-byte input, but got instead: {len(value)}")
        return struct.unpack(format_, value)[0]

    return read


def _pack(format_: str) -> Callable[[Any], bytes]:
    return lambda value: struct.pack(format_, value)


def _xxhash64(value: bytes) -> bytes:
    import xxhash

    return bytes(xxhash.xxh64(value).digest())


def _murmur3(value: bytes) -> bytes:
    import mmh3

    return bytes(mmh3.hash_bytes(bytes(value)))


def _spooky(size: int) -> Callable[[bytes], bytes]:
    return lambda value: (hash_64(bytes(value)) & (1 << 8 * size) - 1).to_bytes(size, "big")


def _hmac(algorithm: str) -> Callable[[bytes, bytes], bytes]:
    def sign(data: bytes, key: bytes) -> bytes:
        if not key:
            raise _bad("Empty key")
        return hmac.digest(key, data, algorithm)

    return sign


def _hash(algorithm: str) -> Callable[[bytes], bytes]:
    return lambda value: hashlib.new(algorithm, value, usedforsecurity=False).digest()


def _python(name: str, function: Callable[..., Any]) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


SCALARS: dict[str, ScalarWriter] = {
    "to_hex": template("hex({0})"),
    "from_hex": _python("from_hex", _from_hex),
    "to_base64": template("to_base64({0})"),
    "from_base64": _python("from_base64", _from_base64),
    "to_base64url": template("translate(to_base64({0}), '+/', '-_')"),
    "from_base64url": _python("from_base64url", _from_base64url),
    "to_base32": _python("to_base32", lambda value: base64.b32encode(value).decode()),
    "from_base32": _python("from_base32", _from_base32),
    "to_big_endian_32": _python("to_big_endian_32", _pack(">i")),
    "to_big_endian_64": _python("to_big_endian_64", _pack(">q")),
    "from_big_endian_32": _python("from_big_endian_32", _fixed("from_big_endian_32", 4, ">i")),
    "from_big_endian_64": _python("from_big_endian_64", _fixed("from_big_endian_64", 8, ">q")),
    "to_ieee754_32": _python("to_ieee754_32", _pack(">f")),
    "to_ieee754_64": _python("to_ieee754_64", _pack(">d")),
    "from_ieee754_32": _python("from_ieee754_32", _fixed("from_ieee754_32", 4, ">f")),
    "from_ieee754_64": _python("from_ieee754_64", _fixed("from_ieee754_64", 8, ">d")),
    "md5": template("unhex(md5({0}))"),
    "sha1": template("unhex(sha1({0}))"),
    "sha256": template("unhex(sha256({0}))"),
    "sha512": _python("sha512", _hash("sha512")),
    "crc32": _python("crc32", zlib.crc32),
    "xxhash64": _python("xxhash64", _xxhash64),
    "murmur3": _python("murmur3", _murmur3),
    "spooky_hash_v2_32": _python("spooky_hash_v2_32", _spooky(4)),
    "spooky_hash_v2_64": _python("spooky_hash_v2_64", _spooky(8)),
    "hmac_md5": _python("hmac_md5", _hmac("md5")),
    "hmac_sha1": _python("hmac_sha1", _hmac("sha1")),
    "hmac_sha256": _python("hmac_sha256", _hmac("sha256")),
    "hmac_sha512": _python("hmac_sha512", _hmac("sha512")),
}
