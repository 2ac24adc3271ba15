"""Metrics to SQL: MetricFlow plans the query and writes it for Athena (ADR 0011).

MetricFlow runs nothing here. It gets a client that only says which engine it is, and gives back
one statement.
"""

from __future__ import annotations

import calendar
import difflib
from datetime import date
from functools import cached_property
from typing import Any

from lakehouse.errors import MetricError
from lakehouse.metrics.names import resolve, template
from lakehouse.metrics.query import METRIC_TIME, Dimension, Metric, MetricQuery


class _AthenaDialect:
    """What MetricFlow asks of a client when nothing is run: engine and renderer."""

    def __init__(self) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.athena import AthenaSqlPlanRenderer

        self.sql_engine_type = SqlEngine.ATHENA
        self.sql_plan_renderer = AthenaSqlPlanRenderer()


class MetricCompiler:
    """The metrics of a semantic manifest (JSON), and statements for what is asked of them."""

    def __init__(self, semantic_manifest: str) -> None:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import (
            parse_manifest_from_dbt_generated_manifest,
        )
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        parsed = parse_manifest_from_dbt_generated_manifest(semantic_manifest)
        self._engine: Any = MetricFlowEngine(SemanticManifestLookup(parsed), _AthenaDialect())

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by its name, in alphabetical order."""
        return {each.name: _metric(each) for each in self._engine.list_metrics(False)}

    def dimensions(self, *metrics: str) -> dict[str, Dimension]:
        """What all of the metrics can be asked by, by full name, without days themselves.

        Raises:
            MetricError: there is no such metric.
        """
        self._check(metrics)
        return {
            each.granularity_free_dunder_name: Dimension(
                each.granularity_free_dunder_name,
                (each.description or "").strip(),
                str(each.type.value) == "time",
            )
            for each in self._engine.list_dimensions(list(metrics))
            if each.name != METRIC_TIME
        }

    def compile(self, query: MetricQuery) -> str:
        """The statement that answers the query: its dimensions, then its metrics, in their order.

        Raises:
            MetricError: a metric or dimension is unknown or unclear, or they do not go together.
        """
        from metricflow.engine.metricflow_engine import (
            MetricFlowQueryRequest,
            OutputColumnOrderMode,
        )
        from metricflow_semantics.errors.error_classes import InformativeUserError

        known = self.dimensions(*query.metrics)
        for name in query.metrics:
            _check_periods(self.metrics[name], query)
        by = [self._full_name(name, known, query.metrics) for name in query.by]
        if query.grain:
            by.insert(0, f"{METRIC_TIME}__{query.grain}")
        request = MetricFlowQueryRequest.create(
            metric_names=list(query.metrics),
            group_by_names=by,
            order_by_names=by,
            where_constraints=list(_conditions(query, known)),
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            statement = self._engine.explain(request).sql_statement
        except InformativeUserError as error:
            raise MetricError(f"{', '.join(query.metrics)}: {error}") from error
        return str(statement.without_descriptions.sql)

    def _check(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.metrics:
                near = difflib.get_close_matches(name, self.metrics, n=3)
                advice = f"did you mean {' or '.join(near)}?" if near else "see `metrics list`"
                raise MetricError(f"there is no metric {name!r}: {advice}")

    def _full_name(self, name: str, known: dict[str, Dimension], metrics: tuple[str, ...]) -> str:
        full = resolve(name, list(known))
        if full is not None or name == METRIC_TIME or name.startswith(f"{METRIC_TIME}__"):
            return full or name
        others = [each for each in self.metrics if resolve_any(name, self.dimensions(each))]
        advice = f" (these can: {', '.join(others)})" if others else ""
        raise MetricError(
            f"{', '.join(metrics)} cannot be asked by {name!r}{advice}; dimensions: "
            f"{', '.join(known)}; days by --grain"
        )


def resolve_any(name: str, dimensions: dict[str, Dimension]) -> bool:
    """Whether any dimension has that name, in full or at its end."""
    return any(each == name or each.endswith(f"__{name}") for each in dimensions)


def _conditions(query: MetricQuery, known: dict[str, Dimension]) -> list[str]:
    """Conditions of the query in MetricFlow's templates. Days are conditions too: MetricFlow's own
    range would be widened to whole months when months are asked for."""
    conditions = [template(query.where, known)] if query.where else []
    day = f"{{{{ TimeDimension('{METRIC_TIME}', 'day') }}}}"
    if query.first:
        conditions.append(f"{day} >= date '{query.first}'")
    if query.last:
        conditions.append(f"{day} <= date '{query.last}'")
    return conditions


def _check_periods(metric: Metric, query: MetricQuery) -> None:
    """A metric that compares months says something wrong of parts of them."""
    grain = metric.compares
    if grain is None:
        return
    if query.grain != grain:
        raise MetricError(f"{metric.name} compares one {grain} with another: use --grain {grain}")
    is_within = {
        "--from": query.first is not None and not _starts_period(query.first, grain),
        "--to": query.last is not None and not _ends_period(query.last, grain),
    }
    for bound, within in is_within.items():
        if within:
            raise MetricError(f"{metric.name} compares whole {grain}s: {bound} is within one")


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _starts_period(day: date, grain: str) -> bool:
    if grain == "week":
        return day.isoweekday() == 1
    return grain not in _MONTHS or (day.day == 1 and (day.month - 1) % _MONTHS[grain] == 0)


def _ends_period(day: date, grain: str) -> bool:
    """Told without the day after, which the last day of the calendar lacks."""
    if grain == "week":
        return day.isoweekday() == 7
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return grain not in _MONTHS or (is_last and day.month % _MONTHS[grain] == 0)


def _metric(each: Any) -> Metric:
    meta = dict(each.config.meta) if each.config else {}
    return Metric(
        name=each.name,
        label=each.label or each.name,
        description=" ".join((each.description or "").split()),
        kind=str(each.type.value),
        unit=str(meta.get("unit", "")),
        owner=str(meta.get("owner", "")),
        inputs=tuple(dict.fromkeys(_inputs(each.type_params))),
        models=tuple(model.semantic_model_name for model in each.semantic_models),
        compares=_offset(each.type_params),
    )


def _offset(params: Any) -> str | None:
    """The grain of the first input that is taken from an earlier period."""
    windows = [part.offset_window for part in params.metrics or () if part.offset_window]
    return str(windows[0].granularity) if windows else None


def _inputs(params: Any) -> list[str]:
    parts = [params.numerator, params.denominator, *(params.metrics or ())]
    return [part.name for part in parts if part is not None]
