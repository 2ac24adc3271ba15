"""The WITH (...) of CREATE TABLE AS and UNLOAD, checked.

Source: Athena user guide, "CREATE TABLE AS", "UNLOAD", "Hive table compression support by file
format" and "Use ZSTD compression levels" (read 2026-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_athena.engine.formats import PARQUET, StorageFormat, stored_as
from local_athena.sql.errors import SqlError

_KINDS: dict[str, str | None] = {
    "table_type": "varchar",
    "is_external": "boolean",
    "format": "varchar",
    "write_compression": "varchar",
    "parquet_compression": "varchar",
    "orc_compression": "varchar",
    "compression": "varchar",
    "compression_level": None,
    "external_location": "varchar",
    "location": "varchar",
    "partitioned_by": "array(varchar)",
    "partitioning": "array(varchar)",
    "bucketed_by": "array(varchar)",
    "bucket_count": "integer",
    "sorted_by": "array(varchar)",
    "field_delimiter": "varchar",
}
"""The type of each property's value, as Trino's Hive connector has it; None: text or number."""
_TEXT = {
    "GZIP": "gzip",
    "BZIP2": "bzip2",
    "ZSTD": "zstd",
    "SNAPPY": "snappy",
    "LZ4": "lz4",
    "NONE": "none",
}
_COMPRESSIONS = {
    "PARQUET": {
        "GZIP": "gzip",
        "SNAPPY": "snappy",
        "ZSTD": "zstd",
        "LZ4": "lz4_raw",
        "NONE": "none",
    },
    "ORC": {"ZLIB": "zlib", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "none"},
    "TEXTFILE": _TEXT,
    "JSON": _TEXT,
    "AVRO": {
        "DEFLATE": "deflate",
        "SNAPPY": "snappy",
        "BZIP2": "bzip2",
        "ZSTD": "zstd",
        "NONE": "none",
    },
}
_DEFAULT_COMPRESSION = {
    "PARQUET": "gzip",
    "ORC": "zlib",
    "TEXTFILE": "gzip",
    "JSON": "gzip",
    "AVRO": "deflate",
}
_ENDINGS = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst", "snappy": ".snappy", "lz4": ".lz4"}
_LEVELS = range(1, 23)


@dataclass(frozen=True, slots=True)
class WriteProperties:
    """How and where rows are written. `compression` is a codec's name in lower case, or `none`."""

    form: StorageFormat
    compression: str
    location: str | None = None
    partitioned_by: tuple[str, ...] = ()
    bucketed_by: tuple[str, ...] = ()
    bucket_count: int | None = None
    field_delimiter: str = "\x01"
    compression_level: int | None = None

    @property
    def ending(self) -> str:
        """The end of a text file's name that says its compression."""
        text = self.form.name in ("TEXTFILE", "JSON")
        return _ENDINGS.get(self.compression, "") if text else ""


def is_iceberg(properties: Iterable[tuple[str, Any]]) -> bool:
    """Whether WITH says table_type = 'ICEBERG'."""
    return any(
        name.lower() == "table_type" and str(value).upper() == "ICEBERG"
        for name, value in properties
    )


def write_properties(properties: Iterable[tuple[str, Any]]) -> WriteProperties:
    """The checked properties of a Hive CREATE TABLE AS or UNLOAD.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY or NOT_SUPPORTED.
    """
    given = {name.lower(): value for name, value in properties}
    for name in given:
        if name not in _KINDS:
            raise SqlError(
                "INVALID_TABLE_PROPERTY",
                f"Catalog 'awsdatacatalog' table property '{name}' does not exist",
            )
    check_kinds(given)
    table_type = str(given.get("table_type", "HIVE")).upper()
    if table_type != "HIVE":
        raise SqlError("INVALID_TABLE_PROPERTY", f"Unsupported table type: {table_type}")
    for name in ("location", "partitioning"):
        if name in given:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"The property {name} is for Iceberg tables only"
            )
    if given.get("is_external") is False:
        raise SqlError("INVALID_TABLE_PROPERTY", "A Hive table must have is_external = true")
    form = stored_as(str(given["format"])) if "format" in given else PARQUET
    location = given.get("external_location")
    if location is not None and not str(location).startswith("s3://"):
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"External location is not a valid file system URI: {location}",
        )
    compression = compression_of(given, form)
    bucketed_by = _names(given, "bucketed_by")
    return WriteProperties(
        form=form,
        compression=compression,
        location=str(location) if location is not None else None,
        partitioned_by=_names(given, "partitioned_by"),
        bucketed_by=bucketed_by,
        bucket_count=_bucket_count(given, bucketed_by),
        field_delimiter=_field_delimiter(given, form),
        compression_level=compression_level_of(given, compression, form),
    )


def check_kinds(given: Mapping[str, Any]) -> None:
    """Refuse values of another type than their property's.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY.
    """
    for name, value in given.items():
        kind = _KINDS.get(name)
        if kind is None or _is_of(value, kind):
            continue
        whose = f"value for catalog 'awsdatacatalog' table property '{name}'"
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"Invalid null {whose} from [null]"
            if value is None
            else f"Invalid {whose}: Cannot convert [{_shown(value)}] to {kind}",
        )


def _is_of(value: Any, kind: str) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "varchar":
            return isinstance(value, str)
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"ARRAY[{','.join(map(_shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def compression_level_of(
    given: Mapping[str, Any], compression: str, form: StorageFormat
) -> int | None:
    """The level of ZSTD; other codecs, and ORC, have none.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY outside 1 to 22, or for another codec.
    """
    text = given.get("compression_level")
    if text is None:
        return None
    level = int(text) if str(text).strip().isdigit() else 0
    if level not in _LEVELS:
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"Invalid value for compression_level: {text} (expected a number from 1 to 22)",
        )
    if compression != "zstd" or form.name == "ORC":
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"compression_level is for ZSTD only, not for {compression.upper()} in {form.name}",
        )
    return level


def _bucket_count(given: Mapping[str, Any], bucketed_by: tuple[str, ...]) -> int | None:
    count = given.get("bucket_count")
    if (count is None) != (not bucketed_by):
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            "bucketed_by and bucket_count must be specified together",
        )
    if count is not None and (not isinstance(count, int) or count < 1):
        raise SqlError("INVALID_TABLE_PROPERTY", "bucket_count must be greater than zero")
    return count


def _field_delimiter(given: Mapping[str, Any], form: StorageFormat) -> str:
    text = given.get("field_delimiter")
    if text is None:
        return "\x01"
    if form.name != "TEXTFILE":
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"Cannot specify field_delimiter table property for storage format: {form.name}",
        )
    if len(str(text)) != 1:
        raise SqlError("INVALID_TABLE_PROPERTY", "field_delimiter must be a single character")
    return str(text)


def compression_of(given: Mapping[str, Any], form: StorageFormat) -> str:
    """The codec that properties ask for, or the format's own.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY for one that the format does not have, or for the property
            of another format.
    """
    known = _COMPRESSIONS[form.name]
    specific = f"{form.name.lower()}_compression"
    for name in ("parquet_compression", "orc_compression"):
        if name in given and name != specific:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"{name} is not a property of the format {form.name}"
            )
    text = given.get("write_compression", given.get(specific, given.get("compression")))
    if text is None:
        return _DEFAULT_COMPRESSION[form.name]
    codec = known.get(str(text).upper().replace("UNCOMPRESSED", "NONE"))
    if codec is None:
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            f"Compression {text} is not supported for the format {form.name}",
        )
    return codec


def _names(given: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(item).lower() for item in given.get(name, ()))
