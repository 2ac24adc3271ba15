"""The WITH (…) of Athena's CREATE TABLE AS and UNLOAD as Trino's connectors take it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_athena.engine.iceberg.partitioning import parse_partitioning
from local_athena.engine.iceberg.properties import to_iceberg
from local_athena.engine.job import Job
from local_athena.engine.trino.configuration import HIVE, ICEBERG
from local_athena.engine.writes.properties import write_properties
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_name, quote_text

_CODECS = {
    "gzip": "GZIP",
    "zlib": "GZIP",
    "snappy": "SNAPPY",
    "zstd": "ZSTD",
    "lz4": "LZ4",
    "lz4_raw": "LZ4",
    "none": "NONE",
    "uncompressed": "NONE",
}
"""Trino's names of Athena's codecs; ORC's zlib is its GZIP."""
_FORMAT, _COMPRESSION = "write.format.default", "write.parquet.compression-codec"
Given = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table's full name, its properties and the session they need, in Trino's words."""

    name: str
    properties: str
    session: Mapping[str, str] = field(default_factory=dict)


def iceberg_table_as(name: tuple[str, str], given: Given) -> NewTable:
    """An Iceberg table.

    Raises:
        SqlError: a property is missing or refused.
    """
    values = {key.lower(): value for key, value in given}
    if values.pop("is_external", False) is True:
        raise SqlError("INVALID_TABLE_PROPERTY", "is_external must be false for table type ICEBERG")
    location = values.pop("location", None)
    if not location:
        raise SqlError(
            "INVALID_TABLE_PROPERTY", "The location property is required for table type ICEBERG"
        )
    partitioning = values.pop("partitioning", ())
    if isinstance(partitioning, str):
        partitioning = (partitioning,)
    kept = to_iceberg({key: str(value) for key, value in values.items()})
    properties = {"location": quote_text(str(location).rstrip("/"))}
    if _FORMAT in kept:
        properties["format"] = quote_text(kept.pop(_FORMAT).upper())
    if partitioning:
        properties["partitioning"] = _array(_transform(str(text)) for text in partitioning)
    session = {}
    if _COMPRESSION in kept:  # Trino keeps no such property: the session says it
        session[f"{ICEBERG}.compression_codec"] = _CODECS[kept.pop(_COMPRESSION)]
    if kept:
        properties["extra_properties"] = f"MAP({_array(kept)}, {_array(kept.values())})"
    return NewTable(_full(ICEBERG, name), _written(properties), session)


def hive_table_as(job: Job, name: tuple[str, str], given: Given) -> NewTable:
    """A Hive table whose files lie where WITH says, or below the result's location.

    Raises:
        SqlError: a property is refused.
    """
    checked = write_properties(given)
    request = job.request
    location = checked.location or (
        f"{request.output_location.rstrip('/')}/tables/{request.query_id}/"
    )
    properties = {
        "format": quote_text(checked.form.name),
        "external_location": quote_text(location),
    }
    if checked.form.name == "TEXTFILE" and checked.field_delimiter != "\x01":
        properties["textfile_field_separator"] = quote_text(checked.field_delimiter)
    if checked.partitioned_by:
        properties["partitioned_by"] = _array(checked.partitioned_by)
    if checked.bucketed_by:
        properties["bucketed_by"] = _array(checked.bucketed_by)
        properties["bucket_count"] = str(checked.bucket_count)
    session = {f"{HIVE}.compression_codec": _CODECS[checked.compression]}
    return NewTable(_full(HIVE, name), _written(properties), session)


def _transform(text: str) -> str:
    """`bucket(16, id)` is `bucket(id, 16)` in Trino's words."""
    transform, column, argument = parse_partitioning(text)
    shown = quote_name(column)
    if transform == "identity":
        return shown
    return f"{transform}({shown}, {argument})" if argument is not None else f"{transform}({shown})"


def _array(texts: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(quote_text, texts))}]"


def _full(catalog: str, name: tuple[str, str]) -> str:
    return ".".join(map(quote_name, (catalog, *name)))


def _written(properties: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in properties.items())
