"""Athena's table properties for Iceberg tables, and what they are in Iceberg's metadata.

Source: Athena user guide, "Create Iceberg tables", read November 2026. `format` and
`write_compression` become Iceberg's own properties; optimize_... and vacuum_... are kept by name.
So is `write_data_path_enabled`: data files always lie below `<location>/data`.
"""

from collections.abc import Mapping

from pyiceberg.table.metadata import TableMetadata

from local_athena.sql.errors import SqlError

FORMATS = ("parquet", "orc", "avro")
COMPRESSIONS = ("zstd", "snappy", "gzip", "lz4", "none", "uncompressed")
DEFAULT_COMPRESSION = "zstd"

MIN_FILE = "optimize_rewrite_min_data_file_size_bytes"
MAX_FILE = "optimize_rewrite_max_data_file_size_bytes"
TARGET_FILE = "optimize_rewrite_data_file_threshold"
DELETE_FILES = "optimize_rewrite_delete_file_threshold"
KEEP_SNAPSHOTS = "vacuum_min_snapshots_to_keep"
SNAPSHOT_AGE = "vacuum_max_snapshot_age_seconds"
METADATA_FILES = "vacuum_max_metadata_files_to_keep"
WRITE_TARGET = "write_target_data_file_size_bytes"
DEFAULTS: Mapping[str, int] = {
    TARGET_FILE: 5,
    DELETE_FILES: 2,
    KEEP_SNAPSHOTS: 1,
    SNAPSHOT_AGE: 432000,
    METADATA_FILES: 100,
    WRITE_TARGET: 512 * 1024 * 1024,
}
_OF_TARGET = {MIN_FILE: 0.75, MAX_FILE: 1.8}
_BELOW = {
    MIN_FILE: 10 * 1024**3,
    MAX_FILE: 10 * 1024**3,
    TARGET_FILE: 50,
    DELETE_FILES: 50,
}
_MAY_BE_ZERO = frozenset({MIN_FILE, SNAPSHOT_AGE})
_FORMAT = "write.format.default"
_COMPRESSION = "write.parquet.compression-codec"
_LEVEL = "write.parquet.compression-level"
_PREVIOUS = "write.metadata.previous-versions-max"


def to_iceberg(properties: Mapping[str, str]) -> dict[str, str]:
    """Iceberg's properties of Athena's; keys as given in DDL or WITH, any case.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY for an unknown key or a value out of its range.
    """
    found: dict[str, str] = {}
    for given, value in properties.items():
        key, text = given.lower(), str(value).strip().lower()
        if key == "table_type":
            if text != "iceberg":
                raise _invalid(key, value, "ICEBERG")
            continue
        if key == "format":
            if text not in FORMATS:
                raise _invalid(key, value, "PARQUET, ORC or AVRO")
            found[_FORMAT] = text
        elif key in ("write_compression", "compression"):
            if text not in COMPRESSIONS:
                raise _invalid(key, value, ", ".join(COMPRESSIONS))
            found[_COMPRESSION] = "uncompressed" if text == "none" else text
        elif key == "compression_level":
            found[_LEVEL] = _number(key, value)
        elif key == "write_data_path_enabled":
            if text not in ("true", "false"):
                raise _invalid(key, value, "true or false")
            found[key] = text
        elif key == METADATA_FILES:
            found[key] = _number(key, value)
            found[_PREVIOUS] = found[key]
        elif key in DEFAULTS or key in _OF_TARGET:
            found[key] = _number(key, value)
        else:
            raise SqlError("INVALID_TABLE_PROPERTY", f"Unsupported table property key: {given}")
    return found


def _number(key: str, value: str) -> str:
    if not str(value).strip().isdigit():
        raise _invalid(key, value, "a whole number")
    number = int(value)
    if number == 0 and key not in _MAY_BE_ZERO:
        raise _invalid(key, value, "a positive number")
    if number >= _BELOW.get(key, number + 1):
        raise _invalid(key, value, f"less than {_BELOW[key]}")
    return str(number)


def _invalid(key: str, value: object, wanted: str) -> SqlError:
    return SqlError(
        "INVALID_TABLE_PROPERTY", f"Invalid value for {key}: {value} (expected {wanted})"
    )


def to_athena(metadata: TableMetadata) -> dict[str, str]:
    """The properties as Athena shows them (SHOW TBLPROPERTIES, SHOW CREATE TABLE)."""
    known = metadata.properties
    found = {
        "table_type": "iceberg",
        "write_compression": known.get(_COMPRESSION, DEFAULT_COMPRESSION),
        "format": file_format(metadata),
    }
    found.update({key: known[key] for key in (*DEFAULTS, *_OF_TARGET) if key in known})
    return found


def number(metadata: TableMetadata, key: str) -> int:
    """The value of an optimize_... or vacuum_... property, or Athena's default."""
    text = metadata.properties.get(key)
    if text and text.isdigit():
        return int(text)
    factor = _OF_TARGET.get(key)
    return DEFAULTS[key] if factor is None else int(factor * number(metadata, WRITE_TARGET))


def compression(metadata: TableMetadata) -> str:
    """The codec of new Parquet files, as DuckDB names it."""
    codec = metadata.properties.get(_COMPRESSION, DEFAULT_COMPRESSION).lower()
    return "uncompressed" if codec in ("none", "uncompressed") else codec


def compression_level(metadata: TableMetadata) -> int | None:
    """The level of new Parquet files, where the codec has levels and the table says one."""
    text = metadata.properties.get(_LEVEL)
    return int(text) if text and text.isdigit() and compression(metadata) == "zstd" else None


def file_format(metadata: TableMetadata) -> str:
    """The format of new data files: parquet, orc or avro."""
    return metadata.properties.get(_FORMAT, "parquet").lower()
