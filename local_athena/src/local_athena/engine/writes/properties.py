"""The WITH (...) of CREATE TABLE AS and UNLOAD, checked.

Source: Athena user guide, "CREATE TABLE AS" and "UNLOAD" (read 2026-11).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local_athena.engine.formats import PARQUET, StorageFormat, stored_as
from local_athena.sql.errors import SqlError

_KNOWN = frozenset(
    {
        "table_type",
        "is_external",
        "format",
        "write_compression",
        "parquet_compression",
        "orc_compression",
        "compression",
        "compression_level",
        "external_location",
        "location",
        "partitioned_by",
        "partitioning",
        "bucketed_by",
        "bucket_count",
        "sorted_by",
        "field_delimiter",
    }
)
_COMPRESSIONS = {
    "PARQUET": {
        "GZIP": "gzip",
        "SNAPPY": "snappy",
        "ZSTD": "zstd",
        "LZ4": "lz4_raw",
        "NONE": "none",
    },
    "ORC": {"ZLIB": "zlib", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "none"},
    "TEXTFILE": {"GZIP": "gzip", "NONE": "none"},
    "JSON": {"GZIP": "gzip", "NONE": "none"},
    "AVRO": {},
}
_DEFAULT_COMPRESSION = {"PARQUET": "gzip", "ORC": "zlib", "TEXTFILE": "gzip", "JSON": "gzip"}


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
        if name not in _KNOWN:
            raise SqlError(
                "INVALID_TABLE_PROPERTY",
                f"Catalog 'awsdatacatalog' table property '{name}' does not exist",
            )
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
    level = given.get("compression_level")
    return WriteProperties(
        form=form,
        compression=_compression(given, form),
        location=str(location) if location is not None else None,
        partitioned_by=_names(given, "partitioned_by"),
        bucketed_by=_names(given, "bucketed_by"),
        bucket_count=given.get("bucket_count"),
        field_delimiter=str(given.get("field_delimiter", "\x01")),
        compression_level=level if isinstance(level, int) else None,
    )


def _compression(given: dict[str, Any], form: StorageFormat) -> str:
    known = _COMPRESSIONS[form.name]
    if not known:
        raise SqlError("NOT_SUPPORTED", f"local_athena does not write the format {form.name}")
    specific = f"{form.name.lower()}_compression"
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
    value = given.get(name, ())
    if isinstance(value, str):
        value = (value,)
    return tuple(str(item).lower() for item in value)
