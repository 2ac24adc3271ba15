"""What is equal for the Talend jobs of all feeds: conversions, rules, logs, statuses, protocol.

The behaviour described here is that of `lakehouse.landing`; tests hold names and order together.
Columns of Talend's own catchers: help.qlik.com, components 8.0, tStatCatcher, tLogCatcher and
tFlowMeterCatcher, read 2026-11-29.
"""

from __future__ import annotations

from typing import Any

from lakehouse.contracts.model import TypeFamily
from lakehouse.errors import (
    BatchHeldError,
    ConfigError,
    ContractError,
    LakeError,
    ManifestError,
    SourceError,
    SourceMissingError,
    SourceUnavailableError,
)

CONTEXTS = {"Local": "local", "Ci": "ci", "Dev": "dev", "Prod": "prod"}
"""The environment whose lake each context of a job writes."""

JAVA_TYPES: dict[TypeFamily, str] = {
    "varchar": "id_String",
    "integer": "id_Integer",
    "bigint": "id_Long",
    "boolean": "id_Boolean",
    "date": "id_Date",
    "timestamp": "id_Date",
    "decimal": "id_BigDecimal",
}
PARQUET_TYPES: dict[TypeFamily, str] = {
    "varchar": "BYTE_ARRAY, STRING",
    "integer": "INT32",
    "bigint": "INT64",
    "boolean": "BOOLEAN",
    "date": "INT32, DATE",
    "timestamp": "INT64, TIMESTAMP(isAdjustedToUTC=false, MILLIS)",
    "decimal": "FIXED_LEN_BYTE_ARRAY, DECIMAL",
}

DOOR: tuple[tuple[str, str], ...] = (
    (
        "shape",
        (
            "The record cannot be read: bytes that are not of the encoding, a row with another "
            "number of fields than the header, a text that is no JSON object."
        ),
    ),
    ("required", "A column that is required has no value after trimming and null tokens."),
    ("type", "A text is not of its column's type; see the conversions."),
    (
        "future",
        (
            "The watermark lies at or after the end of the business date (the next midnight in "
            "America/Sao_Paulo): that version would win for ever."
        ),
    ),
    ("minimum", "A number is below the bound; the bound itself is good."),
    ("maximum", "A number is above the bound; the bound itself is good."),
    ("max_length", "A text has more characters (code points, after trimming) than the bound."),
    ("pattern", "The regular expression is found nowhere in the text."),
    ("allowed_values", "A text is none of the words; letters' case counts."),
    (
        "lookup",
        (
            "A key is not in the reference list of a column that is looked up; letters' case does "
            "not count. The value that is told is the key's."
        ),
    ),
    (
        "duplicate_row",
        (
            "All texts of the row, as received, repeat those of a row above it in the batch that "
            "breaks no rule before this one."
        ),
    ),
)
"""The rules under which a row is refused, in their order, and what each means."""

PREPARATION = (
    "Decode the bytes by the encoding and split them into records; keep every value as text.",
    "Trim white space (Unicode) at both ends.",
    "An empty text, or one of the null tokens, is null.",
    (
        "Codes that consist of digits alone get leading zeros up to their width, where the mapping "
        "says so."
    ),
)
"""What is done to every text, in this order, before the rules."""

CONVERSIONS: dict[TypeFamily, str] = {
    "varchar": "As it is after trimming; letters' case stays.",
    "integer": (
        "Optional sign, digits, an optional fraction of zeros only. "
        "Outside of -2147483648 to 2147483647 it is unreadable."
    ),
    "bigint": (
        "Optional sign, digits, an optional fraction of zeros only. "
        "Outside of -9223372036854775808 to 9223372036854775807 it is unreadable."
    ),
    "boolean": "true, t, 1 or false, f, 0, in any letters' case.",
    "date": (
        "ISO 8601 day (yyyy-MM-dd); a time of day other than midnight is unreadable. Days before "
        "the year 1 are unreadable."
    ),
    "timestamp": (
        "ISO 8601 instant, date and time parted by T or a blank. With an offset (Z, -03:00) it is "
        "turned to UTC; without one it is wall time of the source's zone: an hour that daylight "
        "saving repeats takes its first offset and sets _is_ambiguous_time, an hour that it skips "
        "moves forward by the gap. Microseconds are cut (not rounded) to milliseconds, floor."
    ),
    "decimal": (
        "Optional sign, digits, the source's decimal sign. More digits than the scale, other than "
        "zeros, or more than precision minus scale before the point are unreadable: an amount is "
        "never rounded."
    ),
}
DECIMAL_COMMA = (
    "The decimal sign is a comma: points between groups of three digits are dropped, the comma "
    "becomes a point; a text that still has a point is unreadable."
)
CHANGED = (
    "Where the door changed a text (trimmed, nulled by a token, padded, decimal comma, fraction of "
    "zeros dropped from an integer, cut to milliseconds, ambiguous or skipped hour), the text as "
    "received goes into _source_values, a JSON object by column name. The plain conversion of an "
    "unambiguous clock to UTC is not kept, nor an empty text that became null."
)

_STRING, _LONG, _INTEGER, _DATE = "id_String", "id_Long", "id_Integer", "id_Date"
_RUN = (("moment", _DATE), ("pid", _STRING))
STATISTICS: dict[str, tuple[tuple[str, str], ...]] = {
    "tStatCatcher": (
        *_RUN,
        ("father_pid", _STRING),
        ("root_pid", _STRING),
        ("system_pid", _LONG),
        ("project", _STRING),
        ("job", _STRING),
        ("job_repository_id", _STRING),
        ("job_version", _STRING),
        ("context", _STRING),
        ("origin", _STRING),
        ("message_type", _STRING),
        ("message", _STRING),
        ("duration", _LONG),
    ),
    "tLogCatcher": (
        *_RUN,
        ("root_pid", _STRING),
        ("father_pid", _STRING),
        ("project", _STRING),
        ("job", _STRING),
        ("context", _STRING),
        ("priority", _INTEGER),
        ("type", _STRING),
        ("origin", _STRING),
        ("message", _STRING),
        ("code", _INTEGER),
    ),
    "tFlowMeterCatcher": (
        *_RUN,
        ("father_pid", _STRING),
        ("root_pid", _STRING),
        ("system_pid", _LONG),
        ("project", _STRING),
        ("job", _STRING),
        ("job_repository_id", _STRING),
        ("job_version", _STRING),
        ("context", _STRING),
        ("origin", _STRING),
        ("label", _STRING),
        ("count", _INTEGER),
        ("reference", _INTEGER),
        ("thresholds", _STRING),
    ),
}
"""Columns of the catchers' files, in order, with Talend's types."""

STATISTICS_FILES = {
    "tStatCatcher": "stats_file.txt",
    "tLogCatcher": "logs_file.txt",
    "tFlowMeterCatcher": "meter_file.txt",
}
METERS = ("read", "written", "rejected")
"""Labels of the job's tFlowMeters; their counts are those of the manifest."""

_PUBLISHED = "The batch is published, was published before, or the feed is not due on that day."
EXIT_CODES: tuple[tuple[int, bool, str], ...] = (
    (0, False, _PUBLISHED),
    (1, True, "An exception that nothing caught, as Java leaves it."),
    (ConfigError.exit_code, False, "A context parameter is missing or malformed."),
    (ContractError.exit_code, False, "The job was built from another contract than it was told."),
    (LakeError.exit_code, False, "A bucket is missing."),
    (
        SourceError.exit_code,
        SourceMissingError.retryable,
        "The source did not deliver, or delivered another form; nothing was written to raw.",
    ),
    (
        BatchHeldError.exit_code,
        False,
        (
            "The batch is held (too many rows refused, or an empty snapshot), or what lies in the "
            "lake is not what the manifest promises; nothing was published."
        ),
    ),
    (
        SourceUnavailableError.exit_code,
        SourceUnavailableError.retryable,
        "The source does not answer; nothing was written to raw.",
    ),
)
"""Exit statuses of a job (tDie's code, else Java's), whether trying again may help, and why."""
assert ManifestError.exit_code == BatchHeldError.exit_code  # noqa: S101 - one line says both


def protocol(prefix: str, feed: str) -> list[dict[str, Any]]:
    """The objects that a run writes, in their order. `{date}` is the business date, ISO 8601."""
    run = f"{feed}-{{date}}"
    raw = f"{prefix}ingest_date={{date}}/"
    stage = f"{raw}run_id={run}/"
    return [
        {
            "step": "look",
            "zone": "raw",
            "object": f"{raw}_SUCCESS",
            "what": (
                "Where it is there and holds the SHA-256 of _manifest.json, the run is published: "
                "end with status 0 and change nothing. Another SHA-256 is status 6."
            ),
        },
        {
            "step": "deliver",
            "zone": "stage",
            "object": f"{stage}<file>",
            "what": "The delivery, byte for byte as received.",
        },
        {
            "step": "complete",
            "zone": "stage",
            "object": f"{stage}_stage.json",
            "what": (
                "run_id, reader, files (name, sha256), watermark. A repeated run takes a complete "
                "delivery as it is and does not ask the source again."
            ),
        },
        {
            "step": "reject",
            "zone": "raw",
            "object": f"{raw}_rejected.parquet",
            "what": "The refused rows; absent where there are none.",
        },
        {
            "step": "reject",
            "zone": "ops",
            "object": f"rejected_rows/feed={feed}/ingest_date={{date}}/{run}.parquet",
            "what": "The same bytes, for the table of refused rows.",
        },
        {
            "step": "write",
            "zone": "raw",
            "object": f"{raw}{run}.parquet",
            "what": "The rows that entered, one Parquet file (zstd); absent where there are none.",
        },
        {
            "step": "promise",
            "zone": "raw",
            "object": f"{raw}_manifest.json",
            "what": (
                "Counts, files with size, rows and SHA-256, watermark, contract version, run id; "
                "read = written + rejected. Then read sizes and checksums back; where one differs, "
                "delete the data file and end with status 6."
            ),
        },
        {
            "step": "note",
            "zone": "ops",
            "object": f"batches/feed={feed}/ingest_date={{date}}/{run}.parquet",
            "what": "The batch as one row of the table of batches.",
        },
        {
            "step": "publish",
            "zone": "raw",
            "object": f"{raw}_SUCCESS",
            "what": "SHA-256 (lower hex) of _manifest.json and a line feed. Only now it counts.",
        },
    ]
