"""The `.metadata` object beside a result: columns in protobuf, as Athena's JDBC driver reads them.

There is no published schema. Field numbers and which types have which fields were measured on the
service in September 2026 (github.com/aoyagikouhei/athena-local, docs/dev/measurements/metadata.md):
1 the query's id; for statements that write 2 what they do and 3 how many rows; 4 a column each, of
1 catalog, 4 name, 5 label, 6 type, 7 precision, 8 scale, 9 nullable, 10 case sensitivity.
"""

from collections.abc import Sequence

from local_athena.engine.contract import ColumnInfo

_WRITES = {
    "INSERT": "INSERT",
    "UPDATE": "UPDATE",
    "DELETE": "DELETE",
    "MERGE": "MERGE",
    "CREATE_TABLE_AS_SELECT": "CREATE TABLE",
}
_WITH_DIGITS = frozenset(
    {
        "tinyint", "smallint", "integer", "bigint", "double", "float", "decimal", "varchar",
        "char", "varbinary", "timestamp", "timestamp with time zone", "time",
        "time with time zone",
    }
)  # fmt: skip
_WITH_CASE = _WITH_DIGITS | {
    "boolean", "date", "interval day to second", "interval year to month",
}  # fmt: skip
_NULLABLE = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}


def metadata_bytes(
    query_id: str, substatement: str, columns: Sequence[ColumnInfo], update_count: int | None
) -> bytes:
    """The object's content."""
    found = _text(1, query_id)
    if substatement in _WRITES:
        found += _text(2, _WRITES[substatement]) + _number(3, update_count or 0)
    for column in columns:
        found += _bytes(4, _column(column))
    return found


def _column(column: ColumnInfo) -> bytes:
    label = column.name if column.label is None else column.label
    found = _text(1, "hive") + _text(4, column.name) + _text(5, label) + _text(6, column.type)
    if column.type in _WITH_DIGITS:
        found += _number(7, column.precision)
    if column.type in _WITH_DIGITS or column.type == "date":
        found += _number(8, column.scale)
    found += _number(9, _NULLABLE[column.nullable])
    if column.type in _WITH_CASE:
        found += _number(10, int(column.case_sensitive))
    return found


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _number(field: int, number: int) -> bytes:
    return bytes([field << 3]) + _varint(number)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
