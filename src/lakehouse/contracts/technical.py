"""Columns that every raw table has besides its contract's, and the tables of landing's own notes.

They are said once here, because landing writes them and every rendered file names them.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.contracts.model import ColumnType


@dataclass(frozen=True, slots=True)
class TechnicalColumn:
    """A column that landing fills by itself."""

    name: str
    type: ColumnType
    description: str
    required: bool = True


SOURCE_TEXTS = "_source_values"
REJECTED_TEXTS = ("value", "row_json")
"""Columns that hold what sources wrote, so personal data of whatever kind a feed has."""

VARCHAR = ColumnType("varchar")
BIGINT = ColumnType("bigint")

TECHNICAL_COLUMNS: tuple[TechnicalColumn, ...] = (
    TechnicalColumn(
        "_ingested_at",
        ColumnType("timestamp"),
        "Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.",
    ),
    TechnicalColumn(
        "_source_file", VARCHAR, "Object in the stage bucket that holds the row as received."
    ),
    TechnicalColumn(
        "_row_number", BIGINT, "Position of the row in that object, from 1, without the header."
    ),
    TechnicalColumn("_run_id", VARCHAR, "Run that landed the row: feed and business date."),
    TechnicalColumn(
        "_source_sequence",
        BIGINT,
        "Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), "
        "or the position of the row in its batch for feeds without updated_at.",
    ),
    TechnicalColumn(
        "_is_ambiguous_time",
        ColumnType("boolean"),
        "True when a clock of the row fell in the hour that daylight saving repeats; the first "
        "offset was taken.",
    ),
    TechnicalColumn(
        "_source_values",
        VARCHAR,
        "JSON object of the source text of values that landing changed; null when none.",
        required=False,
    ),
)

PARTITION_COLUMN = TechnicalColumn(
    "ingest_date", ColumnType("date"), "Business date of the batch that delivered the row."
)

_REJECTED_ROWS_COLUMNS: tuple[TechnicalColumn, ...] = (
    TechnicalColumn("feed", VARCHAR, "Feed that delivered the row."),
    TechnicalColumn(
        "rule",
        VARCHAR,
        "First rule the row broke: shape, required, type, future, minimum, maximum, max_length, "
        "pattern, allowed_values, lookup or duplicate_row.",
    ),
    TechnicalColumn(
        "column_name",
        VARCHAR,
        "Column that broke the rule; null when the whole row did.",
        required=False,
    ),
    TechnicalColumn(
        "value",
        VARCHAR,
        "Value that broke the rule, as received; null when absent.",
        required=False,
    ),
    TechnicalColumn("row_json", VARCHAR, "The whole row as received, as JSON text."),
    TechnicalColumn("row_number", BIGINT, "Position of the row in its file, from 1."),
    TechnicalColumn("source_file", VARCHAR, "Object in the stage bucket that holds the row."),
    TechnicalColumn("run_id", VARCHAR, "Run that rejected the row."),
)

_BATCHES_COLUMNS: tuple[TechnicalColumn, ...] = (
    TechnicalColumn("feed", VARCHAR, "Feed that delivered the batch."),
    TechnicalColumn(
        "state",
        VARCHAR,
        "published; held, when a person has to decide; or refused, when it could not be read at "
        "all. Raw has none of the last two.",
    ),
    TechnicalColumn("read_count", BIGINT, "Rows that the source delivered."),
    TechnicalColumn("written_count", BIGINT, "Rows that raw has of it."),
    TechnicalColumn("rejected_count", BIGINT, "Rows that rejected_rows has of it."),
    TechnicalColumn("contract_version", VARCHAR, "Version of the contract that let the rows in."),
    TechnicalColumn("run_id", VARCHAR, "Run that landed the batch."),
    TechnicalColumn(
        "reason", VARCHAR, "Why the batch is held or refused; null when published.", required=False
    ),
)


@dataclass(frozen=True, slots=True)
class Note:
    """A table of what landing notes, partitioned by feed and date. Its first column is `feed`;
    `folder_of` says where the objects of a feed lie."""

    table: str
    description: str
    grain: str
    columns: tuple[TechnicalColumn, ...]

    def folder_of(self, feed: str) -> str:
        """The folder of a feed in the ops bucket."""
        return f"{self.table}/feed={feed}/"


BATCHES = Note(
    "batches",
    "Batches that landing read: how many rows, and what became of them.",
    "one row per feed and business date",
    _BATCHES_COLUMNS,
)
REJECTED_ROWS = Note(
    "rejected_rows",
    "Rows that landing refused, with the rule each broke first.",
    "one row per refused row",
    _REJECTED_ROWS_COLUMNS,
)
NOTES = (BATCHES, REJECTED_ROWS)
