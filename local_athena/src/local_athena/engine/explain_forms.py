"""A plan in EXPLAIN's other forms: JSON, a Graphviz digraph, and what TYPE IO says."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from local_athena.engine.job import CATALOG_NAME
from local_athena.sql.bound import BoundQuery, Scan
from local_athena.sql.bound_text import value_text
from local_athena.sql.explain import Step
from local_athena.sql.pruning import Domain, Range, ScanNeed
from local_athena.sql.pruning.trees import scans_of

_Json = dict[str, Any]


def plan_json(tree: Step, query: BoundQuery, distributed: bool) -> list[str]:
    """The plan as Trino's JSON: a node, or fragments by number (here one)."""
    node = _node(tree, count(), _outputs(query))
    return _lines({"0": node} if distributed else node)


def analyzed_json(
    tree: Step, query: BoundQuery, milliseconds: float, rows: int, scanned_bytes: int
) -> list[str]:
    """The plan and what it cost, as the user guide shows EXPLAIN ANALYZE (FORMAT JSON)."""
    outputs = _outputs(query)
    fragment = {
        "id": "0",
        "stageStats": {
            "totalCpuTime": f"{milliseconds:.2f}ms",
            "inputDataSize": f"{scanned_bytes}B",
            "outputRows": f"{rows} rows",
        },
        "outputLayout": ", ".join(output["name"] for output in outputs),
        "logicalPlan": {"0": [_node(tree, count(), outputs)]},
    }
    return _lines({"fragments": [fragment]})


def graph(tree: Step) -> list[str]:
    """The plan as a Graphviz digraph."""
    boxes: list[str] = []
    edges: list[str] = []

    def draw(step: Step) -> str:
        name = f"plannode_{len(boxes) + 1}"
        label = step.title.replace("\\", "\\\\").replace('"', '\\"')
        for character in "{}|<>":
            label = label.replace(character, f"\\{character}")
        boxes.append(f'{name}[label="{{{label}}}", shape=record];')
        edges.extend(f"{name} -> {draw(each)};" for each in step.inputs)
        return name

    draw(tree)
    return ["digraph logical_plan {", *boxes, *edges, "}"]


def io_json(query: BoundQuery, needs: Mapping[int, ScanNeed]) -> list[str]:
    """The tables that a query reads, with what its predicates allow of their columns."""
    return _lines(
        {"inputTableColumnInfos": [_table(scan, needs[scan.id]) for scan in scans_of(query)]}
    )


def _lines(body: _Json) -> list[str]:
    return json.dumps(body, indent=2, ensure_ascii=False).split("\n")


def _outputs(query: BoundQuery) -> list[_Json]:
    return [
        {"type": str(column.type), "name": column.name or f"_col{index}"}
        for index, column in enumerate(query.columns)
    ]


def _node(step: Step, numbers: "count[int]", outputs: list[_Json]) -> _Json:
    return {
        "id": str(next(numbers)),
        "name": step.name,
        "descriptor": {key or "of": text for key, text in step.descriptor.items()},
        "outputs": outputs,
        "details": step.details,
        "estimates": [],
        "children": [_node(each, numbers, []) for each in step.inputs],
    }


def _table(scan: Scan, need: ScanNeed) -> _Json:
    types = {column.name: str(column.type) for column in scan.handle.columns}
    return {
        "table": {
            "catalog": CATALOG_NAME,
            "schemaTable": {"schema": scan.handle.database, "table": scan.handle.name},
        },
        "constraint": {
            "none": need.empty,
            "columnConstraints": [
                {"columnName": name, "type": types[name], "domain": _domain(domain)}
                for name, domain in need.domains.items()
                if name in types
            ],
        },
    }


def _domain(domain: Domain) -> _Json:
    return {"nullsAllowed": domain.null, "ranges": [_range(span) for span in domain.ranges]}


def _range(span: Range) -> _Json:
    return {
        "low": _bound(span.low, span.low_inclusive, "ABOVE"),
        "high": _bound(span.high, span.high_inclusive, "BELOW"),
    }


def _bound(value: Any, inclusive: bool, outside: str) -> _Json:
    if value is None:
        return {"bound": outside}
    return {"value": value_text(value).strip("'"), "bound": "EXACTLY" if inclusive else outside}
