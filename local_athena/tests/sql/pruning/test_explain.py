"""EXPLAIN's tree: every step of a statement, and what each scan reads."""

from __future__ import annotations

import pytest
from local_athena.sql import bound
from local_athena.sql.explain import domain_text, explain_query
from local_athena.sql.pruning import Domain, plan_scans
from local_athena.sql.pruning.domains import ALL, NONE, NOT_NULL, ONLY_NULL, between, points

from .conftest import bind


def _plan(text: str) -> str:
    query = bind(text)
    assert isinstance(query, bound.BoundQuery)
    return "\n".join(explain_query(query, plan_scans(query)))


_JOIN = """\
Output[columnNames = [n, s]]
└─ WithQueries
   ├─ With[c]
   │  └─ Project
   │     │   n := count(*)
   │     └─ Filter[predicate = count(*) > 2]
   │        └─ Aggregate[keys = [t.k]]
   │           └─ Filter[predicate = (t.d >= DATE '2026-06-01') AND (t.k IS NOT DISTINCT FROM 2)]
   │              └─ TableScan[table = db.t, columns = [k, d]]
   │                     k :: [2]
   │                     d :: ['2026-06-01', <max>)
   └─ TopN[count = 5, orderBy = [n DESC NULLS LAST]]
      └─ LeftJoin[criteria = (k = u.k) AND u.p IN ('a', 'b')]
         ├─ Read[c]
         └─ TableScan[table = db.u, columns = [k, s, p]]
                k :: NOT NULL
                p :: ['a'], ['b']"""

_UNION = """\
Output[columnNames = [k]]
└─ Union all
   ├─ Filter[predicate = (t.k = 1) AND (t.k = 2)]
   │  └─ TableScan[table = db.t, columns = [k]]
   │         reads nothing: no row can meet the predicates
   ├─ Distinct
   │  └─ TableScan[table = db.u, columns = [i]]
   └─ Filter[predicate = EXISTS (subquery) AND (CAST(v.ts AS date) = DATE '2026-06-10')]
      ├─ TableScan[table = db.v, columns = [k, i, ts]]
      │      ts :: ['2026-06-10 00:00:00', '2026-06-11 00:00:00')
      └─ Subquery
         └─ Filter[predicate = t.k = v.k]
            └─ TableScan[table = db.t, columns = [k]]"""


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (
            (
                "with c as (select k, count(*) as n from t where d >= date '2026-06-01' "
                "and k is not distinct from 2 group by k having count(*) > 2) select c.n, u.s "
                "from c left join u on c.k = u.k and u.p in ('a', 'b') order by n desc limit 5"
            ),
            _JOIN,
        ),
        (
            (
                "select k from t where k = 1 and k = 2 union all select distinct i from u "
                "union all select i from v where exists (select k from t where t.k = v.k) "
                "and cast(ts as date) = current_date"
            ),
            _UNION,
        ),
    ],
)
def test_explain_query__statement__shows_steps_and_domains(text: str, plan: str) -> None:
    assert _plan(text) == plan


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("(i + 1) * 2", "(i + 1) * 2"),
        ("-i", "-i"),
        ("s || 'it''s'", "s || 'it''s'"),
        ("case when b then 1 else 2 end", "CASE WHEN b THEN 1 ELSE 2 END"),
        ("cast(n as varchar)", "CAST(n AS varchar)"),
        ("coalesce(s, 'x')", "COALESCE(s, 'x')"),
        ("transform(array[1], e -> e + i)", "transform(ARRAY[1], (e) -> e + i)"),
        ("timestamp '2026-01-01 10:00:00.5'", "TIMESTAMP '2026-01-01 10:00:00.5'"),
        ("not (s like 'a%')", "NOT s LIKE 'a%'"),
        ("d between date '2026-01-01' and null", "d BETWEEN DATE '2026-01-01' AND NULL"),
        (
            "sum(i) over (partition by s order by d desc rows 1 preceding)",
            (
                "sum(i) OVER (PARTITION BY s ORDER BY d DESC NULLS LAST "
                "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
            ),
        ),
    ],
)
def test_explain_query__expression__reads_as_sql(expression: str, shown: str) -> None:
    lines = _plan(f"select {expression} as result from t").split("\n")
    assert [line.partition(" := ")[2] for line in lines if ":=" in line] == [shown]


@pytest.mark.parametrize(
    ("domain", "shown"),
    [
        (points([1, 3]), "[1], [3]"),
        (between("a", "b", False, True).with_null(True), "('a', 'b'], NULL"),
        (between(None, 5, True, False), "(<min>, 5)"),
        (points(range(12)), ", ".join(f"[{n}]" for n in range(10)) + ", … 2 more"),
        (ONLY_NULL, "NULL"),
        (NOT_NULL, "NOT NULL"),
        (NONE, "nothing"),
        (ALL, "(<min>, <max>), NULL"),
    ],
)
def test_domain_text__domain__is_readable(domain: Domain, shown: str) -> None:
    assert domain_text(domain) == shown
