"""The business's metrics, defined in dbt's semantic layer, as statements for Athena."""

from lakehouse.metrics.compiler import MetricCompiler
from lakehouse.metrics.manifest import parse_project, semantic_manifest
from lakehouse.metrics.names import resolve
from lakehouse.metrics.query import GRAINS, Dimension, Metric, MetricQuery

__all__ = [
    "GRAINS",
    "Dimension",
    "Metric",
    "MetricCompiler",
    "MetricQuery",
    "parse_project",
    "resolve",
    "semantic_manifest",
]
