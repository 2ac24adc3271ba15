"""The order in which a Java HashMap hands out text keys.

Glue answers a table's Parameters in it, and clients print them so: aws-sdk-pandas' test of
`generate_create_query`, run on AWS, demands compressionType, classification, projection.enabled,
typeOfData (read November 2026). Key by key: java.lang.String.hashCode, spread as
java.util.HashMap.hash does.
"""

from collections.abc import Mapping

_FIRST_CAPACITY = 16
_LOAD = 0.75


def in_hash_order(entries: Mapping[str, str]) -> dict[str, str]:
    """The same entries; those of one bucket in the order they were given."""
    capacity = _FIRST_CAPACITY
    while len(entries) > capacity * _LOAD:
        capacity *= 2
    return dict(sorted(entries.items(), key=lambda entry: _spread(entry[0]) & (capacity - 1)))


def _spread(text: str) -> int:
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return code ^ (code >> 16)
