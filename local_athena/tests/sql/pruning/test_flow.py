"""How far predicates go: through subqueries, joins, groups and unions, and where they must stop."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from local_athena.sql import types
from local_athena.sql.bound import Constant
from local_athena.sql.pruning.domains import ALL, NOT_NULL, Domain, points

from .conftest import Answers, bind, needs, scans

_TWO = points([2])

# A query that scans t once (and u once where it names it), and what t's k may be.
_REACHES: list[tuple[str, Domain]] = [
    ("select s from (select * from t) where k = 2", _TWO),
    ("select a from (select k as a, k + 1 as b from t) where a = 2", _TWO),
    ("with c as (select * from t) select s from c where k = 2", _TWO),
    ("with c as (select * from t), e as (select * from c) select s from e where k = 2", _TWO),
    (
        (
            "with c as (select * from t) "
            "select s from c where k = 2 union all select s from c where k = 4"
        ),
        points([2, 4]),
    ),
    ("with c as (select * from t) select s from c where k = 2 union all select s from c", ALL),
    ("select * from (select k, s from t union all select k, s from u) where k = 2", _TWO),
    ("select * from (select k, s from t except select k, s from u) where k = 2", _TWO),
    ("select * from (select k, count(*) from t group by k) where k = 2", _TWO),
    ("select k, count(*) from t group by k having k = 2", _TWO),
    ("select * from (select k, s, count(*) from t group by rollup (k, s)) where k = 2", _TWO),
    ("select * from (select k, count(*) from t group by rollup (k)) where k is null", ALL),
    ("select k, count(*) as c from t group by k having count(*) = 2", ALL),
    ("select * from (select max(k) as k from t) where k = 2", ALL),
    ("select * from (select distinct k from t) where k = 2", _TWO),
    (
        (
            "select * from (select k, row_number() over (partition by k order by s) as r from t) "
            "where r = 1 and k = 2"
        ),
        _TWO,
    ),
    (
        (
            "select * from (select k, row_number() over (partition by s order by k) as r from t) "
            "where r = 1 and k = 2"
        ),
        ALL,
    ),
    ("select * from (select k from t limit 5) where k = 2", ALL),
    ("select * from (select k from t order by k offset 5) where k = 2", ALL),
    ("select * from (select k from t order by k) where k = 2", _TWO),
    ("select k from t tablesample bernoulli (50) where k = 2", ALL),
    # joins
    ("select t.s from t join u on t.k = u.k where t.k = 2", _TWO),
    ("select t.s from t join u on t.k = u.k where u.k = 2", _TWO),
    ("select t.s from t join u on t.k = u.k and u.k = 2", _TWO),
    ("select t.s from t, u where t.k = u.k and u.k = 2", _TWO),
    ("select t.s from t join u on t.k = u.k", NOT_NULL),
    ("select t.s from t left join u on t.k = u.k", ALL),
    ("select t.s from t left join u on t.k = u.k and t.k = 2", ALL),
    ("select t.s from t left join u on t.k = u.k where t.k = 2", _TWO),
    ("select t.s from u left join t on t.k = u.k where u.k = 2", _TWO),
    ("select t.s from u left join t on t.i = u.i where t.k = 2", _TWO),
    ("select t.s from u left join t on t.i = u.i where t.k is null", ALL),
    ("select t.s from u left join t on t.i = u.i and t.k = 2", _TWO),
    ("select t.s from u left join t on t.i = u.i where t.k = 2 or t.k is null", ALL),
    ("select t.s from t right join u on t.i = u.i and t.k = 2", _TWO),
    ("select t.s from t right join u on t.i = u.i where t.k is null", ALL),
    ("select t.s from t full join u on t.i = u.i and t.k = 2", ALL),
    ("select t.s from t full join u on t.i = u.i where t.k = 2", _TWO),
    ("select t.s from t full join u on t.i = u.i where t.k is null", ALL),
    ("select t.s from t join (u join v on u.k = v.k) on t.k = u.k where v.k = 2", _TWO),
    ("select k from t join u using (k) where k = 2", _TWO),
    ("select t.k from t cross join unnest(array[1, 2]) as z(e) where t.k = 2", _TWO),
    ("select t.k from t left join unnest(array[1, 2]) as z(e) on true where t.k = 2", _TWO),
    # subqueries
    ("select s from u where exists (select 1 from t where t.k = 2 and t.i = u.i)", _TWO),
    ("select s from u where i in (select i from t where k = 2)", _TWO),
    ("select (select max(s) from t where k = 2) from u", _TWO),
    ("select s from (select * from t where k > 1) where k = 2 and k < 4", _TWO),
    # writes
    ("delete from t where k = 2", _TWO),
    ("update t set s = 'x' where k = 2", _TWO),
    ("merge into t using u on t.k = u.k and t.k = 2 when matched then delete", _TWO),
    (
        (
            "merge into t using u on t.i = u.i and t.k = 2 "
            "when not matched then insert (k) values (u.k)"
        ),
        _TWO,
    ),
    ("insert into u select * from t where k = 2", _TWO),
]


@pytest.mark.parametrize(("statement", "expected"), _REACHES)
def test_plan_scans__statement__restricts_t(statement: str, expected: Domain) -> None:
    assert needs(statement)["t"].domains.get("k", ALL) == expected


def test_plan_scans__merge_that_inserts__reads_the_whole_source() -> None:
    found = needs(
        "merge into t using u on t.k = u.k and t.k = 2 "
        "when not matched then insert (k) values (u.k)"
    )
    assert found["u"].domains == {}


# Cases in which taking too many rows away would show, on tables where it does.
_T = [{"k": 1, "i": 1, "s": "a"}, {"k": 2, "i": 1, "s": "b"}, {"k": 2, "i": 2, "s": "c"}]
_U = [{"k": 1, "i": 1, "s": "a"}, {"k": 5, "i": 2, "s": "z"}, {"k": None, "i": 1, "s": None}]
_TELLING = [
    "select t.k, u.k from t left join u on t.k = u.k where u.k is null",
    "select t.k, u.k from t left join u on t.k = u.k where u.k is null or u.k = 5",
    "select t.k, u.k from t right join u on t.k = u.k where t.k is null",
    "select t.k, u.k from t full join u on t.k = u.k where u.k is null",
    "select t.k, u.k from t full join u on t.k = u.k where t.k is null",
    "select t.k, u.k from t left join u on t.k = u.k and t.k = 2",
    "select t.k, u.k from t full join u on t.k = u.k and t.k = 2",
    "select * from (select k, s, sum(k) over (order by s) as r from t) where k = 2",
    "select * from (select k, s, count(*) over () as r from t) where s = 'c'",
    "select * from (select k, s from t order by s limit 2) where k = 2",
    "select * from (select k, s, count(*) as c from t group by rollup (k, s)) where k is null",
    (
        "select * from (select k, s, count(*) as c from t group by grouping sets ((k), (s))) "
        "where k is null"
    ),
    (
        "with c as (select * from t) "
        "select count(*) from c where k = 2 union all select count(*) from c"
    ),
    "select k, exists (select 1 from u where u.k = t.k) from t",
    "select k from t where date_trunc('month', date '2026-06-02') = date '2026-06-01' and k = 2",
]


@pytest.mark.parametrize("query", _TELLING)
def test_plan_scans__telling_tables__keeps_the_answer(answers: Answers, query: str) -> None:
    full, pruned, _, _ = answers.both(query, {"t": _T, "u": _U, "v": []})
    assert full == pruned
    assert full


# ---------------------------------------------------------------- columns

_COLUMNS: list[tuple[str, str]] = [
    ("select count(*) from t", ""),
    ("select k from t", "k"),
    ("select k from (select * from t)", "k"),
    ("with c as (select * from t) select k from c where s = 'a'", "k s"),
    ("select k from (select k, i, s, d from t order by d)", "k d"),
    ("select k from (select k, i from t group by k, i)", "k i"),
    ("select c from (select k, count(*) as c, max(n) as m from t group by k)", "k"),
    ("select k from (select distinct k, i from t)", "k i"),
    ("select k from (select k, i from t union all select k, i from u)", "k"),
    ("select k from (select k, i from t union select k, i from u)", "k i"),
    ("select u.k from t join u on t.i = u.i", "i"),
    ("select k from t where exists (select 1 from u where u.s = t.s)", "k s"),
    ("select e from t cross join unnest(array[t.i]) as z(e)", "i"),
    ("select r from (select n, row_number() over (partition by k order by d) as r from t)", "k d"),
    ("table t", "k i n s p d ts b x"),
    ("with c as (select * from t) select k from u", ""),
]


@pytest.mark.parametrize(("query", "expected"), _COLUMNS)
def test_plan_scans__query__needs_the_columns(query: str, expected: str) -> None:
    found = needs(query)["t"]
    assert found.columns == set(expected.split())
    assert found.columns <= found.mentioned


# ---------------------------------------------------------------- partitions

_MAY = Constant(20604, types.DATE)  # 2026-05-31
_JUNE = Constant(20605, types.DATE)

_FILTERS: list[tuple[str, bool, bool]] = [
    # statement, whether it may want rows of (p '2026-05-31', i 1, d of May), and of June
    ("select k from t where cast(p as date) >= date '2026-06-01'", False, True),
    (
        "select k from t where date_parse(p, '%Y-%m-%d') < timestamp '2026-06-01 00:00:00'",
        True,
        False,
    ),
    ("select k from t where month(d) = 5", True, False),
    ("select k from t where p like '%-31'", True, False),
    ("select k from t where p not like '%-31'", False, True),
    ("select k from t where i + 1 = 2 and k = 5", True, False),
    ("select k from t where year(d) * 100 + month(d) = 202606", False, True),
    ("select k from (select * from t) where month(d) = 5", True, False),
    ("with c as (select * from t) select k from c where month(d) = 5", True, False),
    (
        (
            "with c as (select * from t) select k from c where month(d) = 5 "
            "union all select k from c where length(p) = 3"
        ),
        True,
        False,
    ),
    (
        "with c as (select * from t) select k from c where month(d) = 5 union all select k from c",
        True,
        True,
    ),
    ("select m from (select month(d) as m from t) where m = 5", True, True),
    ("select t.k from t join u on t.k = u.k and month(t.d) = 5", True, False),
    ("select t.k from t left join u on t.k = u.k and month(t.d) = 5", True, True),
    ("select t.k from t left join u on t.k = u.k where month(t.d) = 5", True, False),
    ("select t.k from u left join t on t.k = u.k where month(t.d) = 5", True, True),
    ("select t.k from u left join t on t.k = u.k and month(t.d) = 5", True, False),
    ("select d, count(*) from t group by d having month(d) = 5", True, True),
    ("select * from (select d, count(*) from t group by d) where month(d) = 5", True, False),
    (
        "select * from (select d, p, count(*) from t group by rollup (d, p)) where month(d) = 5",
        True,
        True,
    ),
    ("select * from (select d from t limit 5) where month(d) = 5", True, True),
    (
        (
            "select * from (select d, row_number() over (partition by k order by k) as r from t) "
            "where month(d) = 5"
        ),
        True,
        True,
    ),
    ("select k from t where month(d) = 5 or k = 5", True, True),
    ("select k from t where month(d) = 5 or i = 3", True, False),
    ("select k from t where random() < 0.5", True, True),
    ("delete from t where month(d) = 5", True, False),
]


@pytest.mark.parametrize(("statement", "may", "june"), _FILTERS)
def test_plan_scans__predicate_on_keys__is_tried_on_partitions(
    statement: str, may: bool, june: bool
) -> None:
    need = needs(statement)["t"]

    def wanted(text: str, number: int, day: Constant) -> bool:
        values = {
            "p": Constant(text, types.varchar(8)), "i": Constant(number, types.INTEGER), "d": day
        }  # fmt: skip
        plain = {"p": text, "i": number, "d": date(1970, 1, 1) + timedelta(days=day.value)}
        return all(d.admits(plain[n]) for n, d in need.domains.items() if n in plain) and all(
            each.admits(values) for each in need.filters
        )

    assert (wanted("2026-05-31", 1, _MAY), wanted("2026-06-01", 2, _JUNE)) == (may, june)


def test_plan_scans__unused_with_query__reads_nothing() -> None:
    assert needs("with c as (select * from t) select k from u")["t"].empty


def test_plan_scans__any_statement__covers_every_scan() -> None:
    from local_athena.sql.pruning import plan_scans

    statement: Any = bind(
        "with c as (select * from t) select (select max(k) from u), "
        "(select 1 from v where v.k = c.k) from c order by (select min(k) from t)"
    )
    assert plan_scans(statement).keys() == scans(statement).keys()
