"""One value of every column, and one row of every table, made wrong in a copy of a lake.

Each mutation of a fact has a purchase day of its own, and those of a dimension a measure of their
own, so that one reconciliation after a whole round shows which of them it finds.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.athena import Athena
from lakehouse.reconcile import Difference

OWN_WORDS = {"state_name", "region", "payment_type_label_pt", "is_immediate", "month_name_pt"}
OWN_WORDS |= {"holiday_name_pt", "_is_deleted", "customer_version_key"}
"""Columns that the project's seeds, models and snapshots add: no source knows them."""

_DAY = "cast(date(with_timezone(purchased_at, 'UTC') at time zone 'America/Sao_Paulo') as varchar)"


@dataclass(frozen=True, slots=True)
class Table:
    """A curated table. figures: those that speak of it; rows: the measure that counts its rows;
    part: the `table` of their grain; group: SQL of what keeps its mutations apart; flags and
    grain: columns that are parts of the grain itself, booleans and others; told: SQL of which rows
    a source knows."""

    keys: tuple[str, ...]
    figures: tuple[str, ...]
    rows: str = "value"
    part: str | None = None
    group: str | None = None
    flags: tuple[str, ...] = ()
    grain: tuple[str, ...] = ()
    told: str = "true"


TABLES = {
    "fct_orders": Table(
        ("order_id",),
        (
            "orders_by_status",
            "sales_by_purchase_day",
            "reviews_by_score",
            "deliveries_by_purchase_day",
        ),
        "orders",
        group=_DAY,
    ),
    "fct_order_items": Table(
        ("order_id", "order_item_number"), ("order_items_by_purchase_day",), "items", group=_DAY
    ),
    "fct_payments": Table(
        ("order_id", "payment_sequence"), ("payments_by_type",), "payments", group=_DAY
    ),
    "fct_reviews": Table(
        ("review_id", "order_id"),
        ("reviews_by_purchase_day",),
        "reviews",
        group=_DAY,
        grain=("review_score",),
    ),
    "fct_order_status_transitions": Table(
        ("order_id", "order_status"),
        ("status_transitions",),
        "transitions",
        grain=("order_status", "previous_status"),
    ),
    "fct_marketing_leads": Table(
        ("lead_id",),
        ("leads_by_status",),
        "leads",
        "fct_marketing_leads",
        grain=("origin", "lead_status"),
    ),
    "agg_sales_daily": Table(
        ("purchase_date_br",),
        ("sales_by_purchase_day",),
        "days",
        "agg_sales_daily",
        "cast(purchase_date_br as varchar)",
    ),
    "agg_customer_lifetime_value": Table(
        ("customer_key",), ("customer_lifetime_value",), "customers", flags=("is_returning",)
    ),
    "agg_customer_rfm": Table(
        ("customer_key",), ("customer_rfm",), "customers", grain=("segment",)
    ),
    "agg_cohort_retention": Table(
        ("cohort_month", "months_since"),
        ("cohort_retention",),
        "customer_count",
        grain=("cohort_month", "months_since"),
    ),
    "agg_seller_scorecard": Table(("seller_key",), ("seller_scorecard",), "sellers"),
    "agg_delivery_by_route": Table(
        ("purchase_month", "seller_state", "customer_state"),
        ("delivery_by_route",),
        "order_count",
        grain=("purchase_month", "seller_state", "customer_state"),
    ),
    "agg_category_growth": Table(
        ("category_name_pt", "month_start_date"),
        ("category_growth",),
        "item_count",
        grain=("category_name_pt", "month_start_date"),
    ),
    "agg_lead_funnel": Table(
        ("contact_month", "origin"),
        ("lead_funnel",),
        "lead_count",
        grain=("contact_month", "origin"),
    ),
    "dim_customers": Table(
        ("customer_key",),
        ("customers_by_state", "customers_by_segment"),
        "customers",
        flags=("is_active",),
        grain=("state",),
        told="not is_inferred",
    ),
    "dim_customers_history": Table(
        ("customer_version_key",), ("customer_history",), "versions", "dim_customers_history"
    ),
    "dim_products": Table(
        ("product_key",),
        ("catalogue",),
        part="products",
        flags=("is_active",),
        told="not is_inferred",
    ),
    "dim_sellers": Table(
        ("seller_key",),
        ("catalogue",),
        part="sellers",
        flags=("is_active",),
        told="not is_inferred",
    ),
    "dim_geography": Table(
        ("geography_key",),
        ("catalogue",),
        part="geography",
        grain=("state",),
        told="geography_key <> 'unknown'",
    ),
    "dim_payment_types": Table(
        ("payment_type_key",),
        ("catalogue",),
        part="payment_types",
        told="payment_type_key <> 'unknown'",
    ),
    "dim_dates": Table(
        ("day_date",), ("catalogue",), part="dates", group="cast(year_number as varchar)"
    ),
}

FACTS = {"fct_orders", "fct_order_items", "fct_payments"}

_MEASURES = {
    ("fct_orders", "customer_key"): "customer_unique_id",
    ("fct_orders", "order_status"): "value",
    ("fct_orders", "review_score"): "value",
    ("fct_payments", "brl_per_unit"): "rate",
    ("fct_orders", "is_delivered"): "delivered",
    ("fct_orders", "is_late"): "late",
    ("fct_orders", "is_on_time"): "on_time",
    ("fct_payments", "payment_type"): "payments",
    ("agg_sales_daily", "purchase_date_br"): "days",
    ("dim_dates", "year_number"): "value",
    ("dim_customers", "is_inferred"): "customers",
    ("dim_customers", "segment"): "customers",
    ("dim_products", "is_inferred"): "value",
    ("dim_sellers", "is_inferred"): "value",
}
"""The measure that must show a column, where it is not the column's own."""


SELDOM = {("dim_customers_history", "valid_to")}
"""Columns that no row of a small lake of two days need have."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A wrong value, or a missing row (``column`` is None). group: the day or year of the row;
    swapped: the value is that of another row of the group, so that no sum of a column tells."""

    table: str
    column: str | None
    where: str
    group: str | None
    swapped: bool = False

    def is_shown_by(self, difference: Difference) -> bool:
        """Whether the difference says what is wrong, and where."""
        table, grain = TABLES[self.table], dict(difference.grain)
        if self.column is None or self.column in table.flags:
            measure = table.rows
        elif self.swapped:
            measure = "row_checksum"
        else:
            measure = _MEASURES.get((self.table, self.column), self.column)
        return (
            difference.figure in table.figures
            and grain.get("table") == table.part
            and grain.get("measure", "value") == measure
            and (self.group is None or self.group in grain.values())
        )


def spoil_values(athena: Athena, database: str) -> list[Mutation]:
    """Make one value of every column wrong, by the least that its type knows."""
    done = []
    for name, table in TABLES.items():
        types = _types(athena, database, name)
        columns = [column for column in types if column not in table.flags + table.grain]
        planned = _plan(athena, database, name, columns)
        changes = ", ".join(
            f"{each.column} = case when {each.where} "
            f"then {_wrong(str(each.column), types[str(each.column)])} else {each.column} end"
            for each in planned
        )
        athena.run(f"update {database}.{name} set {changes}")
        done += planned
    return done


def spoil_members(athena: Athena, database: str) -> list[Mutation]:
    """Make wrong what decides to which group a row of a dimension belongs, one column a table."""
    done = []
    for name, table in TABLES.items():
        for member in table.flags:
            (planned,) = _plan(athena, database, name, [member])
            athena.run(
                f"update {database}.{name} set {member} = not {member} where {planned.where}"
            )
            done.append(planned)
    return done


def swap_values(athena: Athena, database: str) -> list[Mutation]:
    """Let two rows exchange the values of a column, for each column of the facts on another day."""
    done = []
    for name in sorted(FACTS):
        table = TABLES[name]
        keys = [f"cast({side}.{key} as varchar)" for side in "ab" for key in table.keys]
        used = ["''"]
        changes = []
        for column, kind in _types(athena, database, name).items():
            found = athena.run(
                f"select a.place, {', '.join(keys)}, cast(a.{column} as varchar), "
                f"cast(b.{column} as varchar) from (select *, {table.group} as place "
                f"from {database}.{name}) as a inner join (select *, {table.group} as place "
                f"from {database}.{name}) as b on a.place = b.place and a.{column} < b.{column} "
                f"where a.place not in ({', '.join(used)}) "
                f"order by 1 desc, {', '.join(keys)} limit 1"
            ).rows
            if not found:  # a column that is the same in every row of a day
                continue
            place, *values = (str(value) for value in found[0])
            used.append(f"'{place}'")
            width = len(table.keys)
            first, second = (
                " and ".join(
                    f"cast({key} as varchar) = '{value}'"
                    for key, value in zip(table.keys, row, strict=True)
                )
                for row in (values[:width], values[width : 2 * width])
            )
            of_first, of_second = (f"cast('{value}' as {kind})" for value in values[-2:])
            changes.append(
                f"{column} = case when {first} then {of_second} when {second} then {of_first} "
                f"else {column} end"
            )
            done.append(Mutation(name, column, first, place, swapped=True))
        athena.run(f"update {database}.{name} set {', '.join(changes)}")
    return done


def drop_rows(athena: Athena, database: str) -> list[Mutation]:
    """Delete one row of every table."""
    done = []
    for name in TABLES:
        (planned,) = _plan(athena, database, name, [None])
        athena.run(f"delete from {database}.{name} where {planned.where}")
        done.append(planned)
    return done


def _types(athena: Athena, database: str, name: str) -> dict[str, str]:
    rows = athena.run(
        "select column_name, data_type from information_schema.columns "
        f"where table_schema = '{database}' and table_name = '{name}'"
    ).rows
    return {str(column): str(kind) for column, kind in rows if column not in OWN_WORDS}


def _plan(
    athena: Athena, database: str, name: str, columns: list[str] | list[None]
) -> list[Mutation]:
    """A row for each column, no two of a group; the column with the fewest values chooses first."""
    table = TABLES[name]
    keys = [f"cast({key} as varchar)" for key in table.keys]
    unit = table.group or keys[0]
    known = [f"{column} is not null" if column else "true" for column in columns]
    rows = athena.run(
        f"select {', '.join([unit, *keys, *known])} from {database}.{name} where {table.told} "
        f"order by 1 desc, {', '.join(keys)}"
    ).rows
    first = 1 + len(keys)
    has_value = {
        column: [row for row in rows if row[place] == "true"]
        for place, column in enumerate(columns, start=first)
    }
    used: set[str | None] = set()
    planned = {}
    for column in sorted(columns, key=lambda each: len(has_value[each])):
        if not has_value[column] and (name, column) in SELDOM:
            continue
        free = [row for row in has_value[column] if row[0] not in used]
        assert free, f"{name}.{column}: no row is left"
        place, *values = free[0][:first]
        used.add(place)
        where = " and ".join(f"{key} = '{value}'" for key, value in zip(keys, values, strict=True))
        planned[column] = Mutation(name, column, where, place if table.group else None)
    return [planned[column] for column in columns if column in planned]


def _wrong(column: str, kind: str) -> str:
    """The least wrong value of a type."""
    if kind.startswith("varchar"):
        return f"concat(substr({column}, 1, length({column}) - 1), '~')"
    if kind.startswith("decimal"):
        return f"cast({column} + decimal '0.01' as {kind})"
    if kind.startswith("timestamp"):
        return f"{column} + interval '0.001' second"
    if kind == "date":
        return f"date_add('day', 1, {column})"
    return f"not {column}" if kind == "boolean" else f"{column} + 1"
