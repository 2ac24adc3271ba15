"""The `.metadata` object, byte for byte as it was measured on the service in September 2026.

Source of expected values: github.com/aoyagikouhei/athena-local, docs/dev/measurements/metadata.md
(read 2026-11-28). Athena puts its engine's id where this has the query's, so lengths of statements
that write are compared without it.
"""

import pytest
from local_athena.api.metadata_file import metadata_bytes
from local_athena.engine.contract import ColumnInfo

QUERY = "12345678-1234-1234-1234-123456789012"
ENGINE_ID_BYTES = 2 + 27
ROWS = ColumnInfo("rows", "bigint", 19, 0)
ROWS_BYTES = bytes.fromhex("2222") + (
    b"\n\x04hive" + b'"\x04rows' + b"*\x04rows" + b"2\x06bigint" + bytes.fromhex("3813400048035000")
)


def strings(*names: str) -> list[ColumnInfo]:
    return [ColumnInfo(name, "string") for name in names]


@pytest.mark.parametrize(
    ("names", "size"),
    [(("col_name", "data_type", "comment"), 152), (("createtab_stmt",), 88)],
)
def test_text_answers__have_the_measured_size(names: tuple[str, ...], size: int) -> None:
    """DESCRIBE and SHOW CREATE TABLE have the query's own id on the service, too."""
    assert len(metadata_bytes(QUERY, "DESCRIBE_TABLE", strings(*names), None)) == size


@pytest.mark.parametrize(
    ("substatement", "does", "count", "size"),
    [
        ("INSERT", "1206" + b"INSERT".hex(), 1, 75),
        ("UPDATE", "1206" + b"UPDATE".hex(), 0, 75),
        ("DELETE", "1206" + b"DELETE".hex(), 1, 75),
        ("MERGE", "12054d45524745", 1, 74),
        ("CREATE_TABLE_AS_SELECT", "120c" + b"CREATE TABLE".hex(), 1, 81),
    ],
)
def test_writes__say_what_and_how_many(substatement: str, does: str, count: int, size: int) -> None:
    found = metadata_bytes(QUERY, substatement, [ROWS], count)
    head = 2 + len(QUERY)
    assert found[head:] == bytes.fromhex(f"{does}18{count:02x}") + ROWS_BYTES
    assert len(found) - head + ENGINE_ID_BYTES == size


@pytest.mark.parametrize(
    ("column", "ending"),
    [
        (ColumnInfo("c", "varchar", 371, 0, case_sensitive=True), "38f302400048035001"),
        (
            ColumnInfo("c", "varchar", 2147483647, 0, case_sensitive=True),
            "38ffffffff07400048035001",
        ),
        (ColumnInfo("c", "decimal", 10, 2), "380a400248035000"),
        (ColumnInfo("c", "timestamp", 3, 0), "3803400048035000"),
        (ColumnInfo("c", "boolean"), "48035000"),
        (ColumnInfo("c", "interval year to month"), "48035000"),
        (ColumnInfo("c", "date"), "400048035000"),
        (ColumnInfo("c", "array"), "4803"),
        (ColumnInfo("c", "uuid"), "4803"),
        (ColumnInfo("c", "string"), "4803"),
    ],
)
def test_columns__have_the_members_of_their_type(column: ColumnInfo, ending: str) -> None:
    found = metadata_bytes(QUERY, "SELECT", [column], None)
    assert found.split(column.type.encode())[1] == bytes.fromhex(ending)
