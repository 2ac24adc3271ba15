"""Texts that DuckDB cuts and replaces itself, where places are constant or nothing is put in."""

import re

import pytest
from local_athena.sql.errors import SqlError
from local_athena.sql.rewrite import write_query

from .conftest import bind

ROWS = "(VALUES (1, 'Zażółć'), (2, '😀x'), (3, ''), (4, CAST(NULL AS varchar))) AS t(i, x)"


def duckdb_text(sql):
    return write_query(bind(sql), {})


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("substr(x, 2)", ["ażółć", "x", "", None]),
        ("substr(x, 3, 2)", ["żó", "", "", None]),
        ("substr(x, 6, 9223372036854775807)", ["ć", "", "", None]),
        ("substr(x, 9, 1)", ["", "", "", None]),
        ("substr(x, -1, 1)", ["ć", "x", "", None]),
        ("substr(x, 0, 2)", ["", "", "", None]),
        ("substr(x, 1, 0)", ["", "", "", None]),
        ("substr(x, 1, -1)", ["", "", "", None]),
        ("substr(x, 2, cast(null as bigint))", [None, None, None, None]),
        ("replace(x, 'ż', '')", ["Zaółć", "😀x", "", None]),
        ("replace(x, '', '')", ["Zażółć", "😀x", "", None]),
        ("replace(x, substr(x, 1, 1), '')", ["ażółć", "x", "", None]),
        ("replace(x, '', '-')", ["-Z-a-ż-ó-ł-ć-", "-😀-x-", "-", None]),
        ("cast(codepoint(cast(substr(x || 'é', 1, 1) as varchar(1))) as varchar)",
         ["90", "128512", "233", None]),
        ("cast(codepoint(cast(lower(substr(x || 'é', 1, 1)) as varchar(1))) as varchar)",
         ["122", "128512", "233", None]),
        ("regexp_extract(x || chr(10), '^(?:Z)?([^@\\s]+)$')", ["Zażółć", "😀x", None, None]),
        ("regexp_extract(x || chr(10), '^(?:Z)?([^@\\s]+)$', 1)", ["ażółć", "😀x", None, None]),
        ("format('%d-01-%d', i - 2, cast(if(i = 4, null, 7) as tinyint))",
         ["-1-01-7", "0-01-7", "1-01-7", "2-01-null"]),
        ("format('%%d', i)", ["%d"] * 4),
        ("format('%d%% of %s', i, x)", ["1% of Zażółć", "2% of 😀x", "3% of ", "4% of null"]),
        ("regexp_extract(x, cast('Za' as varchar(1)))", ["Z", None, None, None]),
        ("if(regexp_like(x || chr(10) || chr(10), 'x$'), 'yes', 'no')", ["no"] * 4),
    ],
)  # fmt: skip
def test_text__constant_places__are_as_trino_cuts(run, call, expected):
    assert [value for (value,) in run(f"SELECT {call} FROM {ROWS} ORDER BY i")] == expected


@pytest.mark.parametrize("value", ["substr(x, 2, 1)", "lower(substr(x, 2, 1))"])
def test_codepoint__no_character__fails(run, value):
    with pytest.raises(SqlError, match="must be a single character string"):
        run(f"SELECT codepoint(cast({value} as varchar(1))) FROM (VALUES 'a') AS t(x)")


@pytest.mark.parametrize(
    "call",
    [
        "codepoint(cast(substr(x, 3, 1) as varchar(1)))",
        "replace(x, substr(x, 1, 1), '')",
        "format('%d-12-31', i)",
        "regexp_extract(x, '^[^@\\s]+@[^@\\s]+\\.[^@\\s.]+$')",
        "regexp_extract(x, '^(?:00)?(?:55)?(1[1-9]|2[12478])(9[0-9]{8}|[2-5][0-9]{7})$', 2)",
        "regexp_like(trim(x), '^(\\+|00)\\s*[0-46-9]')",
    ],
)
def test_text__plain_call__needs_neither_python_nor_a_lambda(call):
    text = duckdb_text(f"SELECT {call} AS y FROM {ROWS}")
    assert re.search(r"\bpy_|list_transform", text) is None
