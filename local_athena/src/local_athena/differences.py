"""Where this differs from Amazon Athena, as marks: each has a kind and a reason.

`notimpl` is this package's to do, `notyet` waits for what it builds on, `never` is out of scope.
`docs/differences.md` is made of them, of the service model and of the functions' registry.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: what Athena does, and why it is otherwise here."""

    kind: Literal["notimpl", "notyet", "never"]
    what: str
    reason: str


DIFFERENCES = (
    Difference(
        "notimpl",
        "CREATE TABLE AS of an Iceberg table must say `is_external = false`, by Amazon's page",
        "it may be left out; `true` is refused",
    ),
    Difference(
        "notimpl",
        "information_schema.columns knows `t$files` and its kin when they are named, as in Trino",
        "it has tables and views only; DESCRIBE nothing but those either",
    ),
    Difference(
        "never",
        '`"t$files"` and `"t$entries"` of Trino 476 have columns such as `spec_id`, `partition` '
        "and `sort_order_id`",
        "they have the columns that Amazon's page of Iceberg's metadata tables shows",
    ),
    Difference(
        "never",
        "a DELETE decided by partitions alone that finds no file makes a snapshot, as in Trino",
        "no rows, no snapshot",
    ),
    Difference(
        "notimpl",
        "a regular expression's back reference may name the group it stands in, or have a level "
        "(`\\k<n+1>`); properties may be `\\p{age=6.0}` or tests of Java identifiers",
        "refused by name; characters have the properties of a newer Unicode than Joni's",
    ),
    Difference(
        "notimpl",
        "`json_value` computes DEFAULT even where it is not needed; a char(n) passed to a path is "
        "compared without its blanks",
        "a DEFAULT that fails fails only where it is needed; such a text has its blanks",
    ),
    Difference(
        "never",
        "CAST to time of a timestamp with fractions of a millisecond before 1970 is a second "
        "early, as in Trino; the last day and microsecond that 64 bits hold are values",
        "the clock's own time; the two are DuckDB's infinities and fail with "
        "NUMERIC_VALUE_OUT_OF_RANGE",
    ),
    Difference(
        "notimpl",
        "`MATCH_RECOGNIZE` and `JSON_TABLE`",
        "refused by name",
    ),
    Difference(
        "never",
        "a RANGE frame with an offset over NaN under NULLS FIRST",
        "refused by name: Trino's frames there follow from the way it walks over the rows",
    ),
    Difference(
        "never",
        "`WITH FUNCTION` of Trino 476",
        "refused by name: Athena's own functions are `USING EXTERNAL FUNCTION`",
    ),
    Difference(
        "notimpl",
        "a decimal literal such as `0.1` is a double",
        "here it is a decimal, as in Trino, unless the endpoint is served with `--decimal-literals "
        "double`; Amazon's page of data type examples and clients' tests on AWS (dbt-athena, "
        "awswrangler, PyAthena) show doubles",
    ),
    Difference(
        "notimpl",
        "decimals that no decimal of 38 digits holds both, such as decimal(38,0) and "
        "decimal(38,37), compare with a constant; `CASE x WHEN x` is true of a NULL; char(n) "
        "joined to a varchar without a length is refused",
        "the comparison fails with INVALID_CAST_ARGUMENT; the NULL is no match; the text is a "
        "char(65536)",
    ),
    Difference(
        "notimpl",
        "approximate functions answer within an error",
        "`approx_distinct`, `approx_percentile` and their kin answer exactly",
    ),
    Difference(
        "notimpl",
        "a MERGE may read only the partitions that its source's rows name",
        "partitions are pruned by constants of the statement; values of a join's other side prune "
        "nothing, so that more bytes are scanned",
    ),
    Difference(
        "notimpl",
        "a zone's name may be in lower case, by what is known (`at time zone 'utc'`)",
        "names are read as they are written, as in Trino since 2020; packages tested on Athena "
        "(elementary) write `utc`",
    ),
    Difference(
        "never",
        "CREATE TABLE AS of an Iceberg table may widen `tinyint`, `smallint`, `char(n)` and "
        "`time(0)`, as Trino 476 does",
        "refused by name: Amazon's page of Iceberg's types says that tables have none of them",
    ),
    Difference(
        "never",
        "`CAST(true AS decimal(2,2))` may be 1.00, as in Trino, with more digits than its type",
        "fails with INVALID_CAST_ARGUMENT; TRY_CAST gives NULL",
    ),
    Difference(
        "notimpl",
        "a projected partition whose value holds a colon is found in a folder with the colon",
        "it is sought in the folder that Hive writes, `k=a%3Ab`, and one with the colon itself is "
        "not read; name it by `storage.location.template`",
    ),
    Difference(
        "notimpl",
        "SHOW CREATE VIEW lays the query out anew",
        "it gives the text as it was written",
    ),
    Difference(
        "notimpl",
        "results are encrypted as their configuration says",
        "SSE_S3 and SSE_KMS are told back, and the files lie in the data folder as they are; "
        "CSE_KMS, which a reader would have to decrypt, is refused",
    ),
    Difference(
        "never",
        "multi-dialect views (`CREATE PROTECTED MULTI DIALECT VIEW`, `ALTER VIEW`)",
        "they are of several engines; refused by name",
    ),
    Difference("never", "Spark sessions and notebooks", "another engine; refused by name"),
    Difference("never", "federated catalogs", "their connectors are code on AWS Lambda"),
    Difference(
        "never", "GetQueryResultsStream", "unpublished; drivers fall back to GetQueryResults"
    ),
    Difference(
        "notyet", "permissions of IAM and Lake Formation", "moto answers, queries do not ask"
    ),
)
