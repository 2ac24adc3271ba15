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
        "a decimal literal such as `0.1` is a double",
        "here it is a decimal, as in Trino; clients' tests on AWS (dbt-athena, awswrangler, "
        "PyAthena) show doubles",
    ),
    Difference(
        "notimpl",
        "StartQueryExecution itself refuses a statement that does not parse, with "
        "InvalidRequestException",
        "here the execution is made and ends as FAILED, with the parser's message",
    ),
    Difference(
        "notimpl",
        "DDL stores a table's location without the slash at its end",
        "here it is kept as written",
    ),
    Difference(
        "notimpl",
        "buckets of Hive tables are pruned by equality",
        "all files of the partitions that remain are read and billed",
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
