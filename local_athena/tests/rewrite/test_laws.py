"""Laws of the road from text to DuckDB: printing and parsing agree, a rewrite keeps types.

(That pushing predicates down changes no answer is held in `tests/sql/pruning`.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from local_athena.engine.session import Session
from local_athena.sql import nodes
from local_athena.sql.binder.describe import describe
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_expression, parse_statement
from local_athena.sql.representation import duckdb_type
from local_athena.sql.rewrite import write_query

from .conftest import bind

parse_expression("1")  # (the parser raises Python's recursion limit; hypothesis wants it kept)

GOLDEN = Path(__file__).parents[1] / "golden" / "expressions.jsonl"

# ---------------------------------------------------------------- printing and parsing

_LEAVES = st.sampled_from(
    [
        *("1", "-7", "9223372036854775807", "1.50", "2.5E0", "'it''s'", "''", "x", "t.x", '"A b"'),
        *("NULL", "true", "DATE '2020-02-29'", "TIMESTAMP '2020-01-01 10:00:00.5'", "X'0AFF'"),
        *("INTERVAL '3' DAY", "INTERVAL '1-2' YEAR TO MONTH", "ARRAY[]"),
    ]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def form(pattern: str) -> st.SearchStrategy[str]:
        return st.tuples(*[inner] * pattern.count("{}")).map(lambda parts: pattern.format(*parts))

    patterns = (
        *("({}) + ({})", "({}) - ({})", "({}) * ({})", "({}) / ({})", "({}) % ({})", "-({})"),
        *("({}) || ({})", "({}) = ({})", "({}) <> ({})", "({}) <= ({})", "({}) > ({})"),
        *("({}) AND ({})", "({}) OR ({}) OR ({})", "NOT ({})", "({}) IS NULL", "({}) IS NOT NULL"),
        *("({}) BETWEEN ({}) AND ({})", "({}) NOT IN (({}), ({}))", "({}) LIKE ({})"),
        *("({}) IS DISTINCT FROM ({})", "({})[({})]", "ARRAY[{}, {}]", "ROW({}, {})", "f({}, {})"),
        *("CAST({} AS decimal(10, 2))", "TRY_CAST({} AS array(bigint))", "COALESCE({}, {})"),
        *("CASE WHEN {} THEN {} ELSE {} END", "CASE {} WHEN {} THEN {} END", "IF({}, {}, {})"),
        *("sum(DISTINCT {})", "count(*) FILTER (WHERE {})"),
        *("sum({}) OVER (PARTITION BY {} ORDER BY {} DESC)", "({}) AT TIME ZONE 'UTC'"),
        "array_agg({} ORDER BY {} ASC NULLS FIRST)",
    )
    return st.one_of([form(pattern) for pattern in patterns])


@settings(max_examples=150)
@given(st.recursive(_LEAVES, _grown, max_leaves=12))
def test_describe__any_expression__parses_to_what_prints_the_same(text: str) -> None:
    shown = describe(parse_expression(text))
    assert describe(parse_expression(shown)) == shown


# ---------------------------------------------------------------- types


@cache
def _shown(type_text: str) -> str:
    """A DuckDB type as DESCRIBE writes it."""
    session = Session()
    with session.cursor() as cursor:
        (row,) = cursor.rows(f"DESCRIBE SELECT CAST(NULL AS {type_text}) AS c")
    session.close()
    return str(row[1])


def _statements() -> Iterator[str]:
    """Every third golden query that gives rows."""
    for number, line in enumerate(GOLDEN.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        if number % 3 == 0 and "rows" in record:
            yield record["sql"]


def test_write_query__golden_queries__describe_as_bound(session: Session) -> None:
    different = []
    count = 0
    for sql in _statements():
        try:
            if not isinstance(parse_statement(sql), nodes.QueryStatement):
                continue
            query = bind(sql)
            text = write_query(query, {})
        except SqlError:
            continue  # refused by name: other tests say which may be
        with session.cursor() as cursor:
            described = [row[1] for row in cursor.rows(f"DESCRIBE {text}")]
        bound = [_shown(duckdb_type(column.type)) for column in query.columns]
        count += 1
        if described != bound:
            different.append((sql, described, bound))
    assert count > 600
    assert different == []
