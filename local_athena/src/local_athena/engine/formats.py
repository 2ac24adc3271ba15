"""Storage formats of Hive tables: the classes that Athena writes into Glue, and back.

Source: `SHOW CREATE TABLE` outputs in the Athena user guide and Trino's HiveStorageFormat.
"""

from dataclasses import dataclass, replace

from local_athena.catalog.model import Partition, Serde, Table
from local_athena.sql.errors import SqlError

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
ORC_SERDE = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
AVRO_SERDE = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
REGEX_SERDES = (
    "org.apache.hadoop.hive.serde2.RegexSerDe",
    "org.apache.hadoop.hive.contrib.serde2.RegexSerDe",
)
GROK_SERDE = "com.amazonaws.glue.serde.GrokSerDe"

TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@dataclass(frozen=True, slots=True)
class StorageFormat:
    """The three classes of a format, by Athena's name of it."""

    name: str
    serde: str
    input_format: str
    output_format: str


PARQUET = StorageFormat(
    "PARQUET",
    PARQUET_SERDE,
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
ORC = StorageFormat(
    "ORC",
    ORC_SERDE,
    "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
    "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
)
AVRO = StorageFormat(
    "AVRO",
    AVRO_SERDE,
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
)
TEXTFILE = StorageFormat("TEXTFILE", LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT)
JSON = StorageFormat("JSON", HIVE_JSON, TEXT_INPUT, TEXT_OUTPUT)

BY_NAME = {form.name: form for form in (PARQUET, ORC, AVRO, TEXTFILE, JSON)}
_KNOWN_ELSEWHERE = ("SEQUENCEFILE", "RCFILE", "ION", "INPUTFORMAT")

_KINDS = {
    PARQUET_SERDE.lower(): "parquet",
    "parquet.hive.serde.parquethiveserde": "parquet",
    ORC_SERDE.lower(): "orc",
    AVRO_SERDE.lower(): "avro",
    LAZY_SIMPLE.lower(): "text",
    OPEN_CSV.lower(): "csv",
    "com.bizo.hive.serde.csv.csvserde": "csv",
    HIVE_JSON.lower(): "json",
    OPENX_JSON.lower(): "openx",
    **{name.lower(): "regex" for name in REGEX_SERDES},
    GROK_SERDE.lower(): "grok",
}
_REFUSED = {
    "com.amazon.ionhiveserde.ionhiveserde": "Amazon Ion",
    "com.amazon.emr.hive.serde.cloudtrailserde": "CloudTrail's SerDe",
    "org.apache.hive.hcatalog.data.cloudtrailserde": "CloudTrail's SerDe",
}


def stored_as(name: str) -> StorageFormat:
    """The format of `STORED AS name` or `format = 'name'`, in any case.

    Raises:
        SqlError: NOT_SUPPORTED for a format that Athena knows and this package does not, and
            INVALID_TABLE_PROPERTY for any other word.
    """
    upper = name.upper()
    if upper in BY_NAME:
        return BY_NAME[upper]
    if upper in _KNOWN_ELSEWHERE:
        raise SqlError("NOT_SUPPORTED", f"local_athena does not support the format {upper}")
    raise SqlError("INVALID_TABLE_PROPERTY", f"Unknown storage format: {name}")


def is_serde(library: str) -> bool:
    """Whether Athena knows the class of a SerDe, whether or not it is read here."""
    return library.lower() in _KINDS or library.lower() in _REFUSED


def file_kind(table: Table, partition: Partition | None = None) -> str:
    """How the files of a table (or of a partition with its own serde) are read.

    One of `parquet`, `orc`, `avro`, `text`, `csv`, `json`, `openx`, `regex`, `grok`.

    Raises:
        SqlError: NOT_SUPPORTED for Ion and CloudTrail, HIVE_UNSUPPORTED_FORMAT for other classes.
    """
    serde = effective_serde(table, partition)
    library = (serde.library or LAZY_SIMPLE).lower()
    if library in _REFUSED:
        raise SqlError("NOT_SUPPORTED", f"local_athena does not support {_REFUSED[library]}")
    kind = _KINDS.get(library)
    if kind is None:
        input_format = (partition and partition.input_format) or table.input_format
        output_format = (partition and partition.output_format) or table.output_format
        raise SqlError(
            "HIVE_UNSUPPORTED_FORMAT",
            f"Unable to create input format {input_format} (serde {serde.library}, output format "
            f"{output_format}): local_athena does not read it",
        )
    return kind


def effective_serde(table: Table, partition: Partition | None = None) -> Serde:
    """The partition's serde where it has one of its own, else the table's."""
    if partition is None or partition.serde is None or partition.serde.library is None:
        return table.serde
    if not partition.serde.parameters:
        return replace(partition.serde, parameters=table.serde.parameters)
    return partition.serde
