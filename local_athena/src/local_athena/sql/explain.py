"""A bound query as a tree of lines for EXPLAIN: what is done, and what each scan reads.

The shape is Trino's (`Output`, `Aggregate`, `TableScan` with its columns and their domains), the
order of steps that of the statement: joins stay as they were written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, BoundQuery, BoundRelation
from local_athena.sql.bound_text import expression_text, sort_text, value_text
from local_athena.sql.pruning import Domain, Range, ScanNeed
from local_athena.sql.pruning.domains import NOT_NULL
from local_athena.sql.pruning.trees import inside, scans_of

_MOST_POINTS = 10


@dataclass(slots=True)
class Step:
    """What is done, its descriptor by name, details, and the steps that feed it.

    A descriptor without a name has the empty one.
    """

    name: str
    descriptor: Mapping[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    inputs: list[Step] = field(default_factory=list)

    @property
    def title(self) -> str:
        """`Name[key = value, …]`."""
        if not self.descriptor:
            return self.name
        shown = (f"{key} = {text}" if key else text for key, text in self.descriptor.items())
        return f"{self.name}[{', '.join(shown)}]"


def explain_query(query: BoundQuery, needs: Mapping[int, ScanNeed]) -> list[str]:
    """The plan's lines; `needs` are what `plan_scans` says of the query's scans."""
    return list(_lines(explain_tree(query, needs), "", ""))


def explain_tree(query: BoundQuery, needs: Mapping[int, ScanNeed]) -> Step:
    """The plan as a tree."""
    explainer = _Explainer(needs, _qualified(query))
    names = ", ".join(column.name or f"_col{i}" for i, column in enumerate(query.columns))
    return Step("Output", {"columnNames": f"[{names}]"}, [], [explainer.query(query)])


def _qualified(query: BoundQuery) -> dict[int, str]:
    """`table.column` for columns whose names more than one scan has, by the column's id."""
    scans = scans_of(query)
    uses = Counter(column.name for scan in scans for column in scan.columns)
    return {
        column.id: f"{scan.handle.name}.{column.name}"
        for scan in scans
        for column in scan.columns
        if uses[column.name] > 1
    }


def _lines(step: Step, first: str, rest: str) -> Iterable[str]:
    yield first + step.title
    below = rest + ("│   " if step.inputs else "    ")
    for detail in step.details:
        yield below + detail
    for number, each in enumerate(step.inputs, 1):
        last = number == len(step.inputs)
        yield from _lines(
            each, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  ")
        )


class _Explainer:
    def __init__(self, needs: Mapping[int, ScanNeed], names: Mapping[int, str]) -> None:
        self.needs = needs
        self.names = names
        self.tables: dict[int, str] = {}

    def text(self, expression: BoundExpression, keys: tuple[BoundExpression, ...] = ()) -> str:
        return expression_text(expression, keys, self.names)

    # ------------------------------------------------------------ queries

    def query(self, query: BoundQuery) -> Step:
        named = []
        for table in query.with_:
            self.tables[table.id] = table.name
        for table in query.with_:
            word = "RecursiveWith" if table.recursive else "With"
            named.append(Step(word, {"": table.name}, [], [self.query(table.query)]))
        step = self.body(query)
        keys = query.body.group_keys if isinstance(query.body, bound.BoundSelect) else ()
        if query.order_by:
            order = ", ".join(sort_text(key, keys, self.names) for key in query.order_by)
            if query.limit is not None and not query.with_ties and query.offset is None:
                found = {"count": str(query.limit), "orderBy": f"[{order}]"}
                step = Step("TopN", found, [], [step])
            else:
                step = Step("Sort", {"orderBy": f"[{order}]"}, [], [step])
        if query.offset is not None:
            step = Step("Offset", {"count": str(query.offset)}, [], [step])
        if query.limit is not None and step.name != "TopN":
            limit = {"count": str(query.limit)} | ({"": "withTies"} if query.with_ties else {})
            step = Step("Limit", limit, [], [step])
        return Step("WithQueries", {}, [], [*named, step]) if named else step

    def body(self, query: BoundQuery) -> Step:
        body = query.body
        if isinstance(body, bound.BoundSelect):
            return self.select(body, query.order_by)
        if isinstance(body, bound.BoundValues):
            return Step("Values", {"": f"{len(body.rows)} rows"})
        if isinstance(body, bound.BoundTable):
            return self.relation(body.relation)
        if isinstance(body, bound.BoundSetOperation):
            return self.set_operation(body)
        return self.query(body)

    def set_operation(self, body: bound.BoundSetOperation) -> Step:
        """A chain of one operation is one step."""
        inputs: list[Step] = []
        word = body.kind.capitalize() + ("" if body.distinct else " all")
        left: BoundQuery = body.left
        rights = [body.right]
        while (
            isinstance(left.body, bound.BoundSetOperation)
            and (left.body.kind, left.body.distinct) == (body.kind, body.distinct)
            and body.kind == "union"
            and not (left.with_ or left.order_by or left.limit is not None)
        ):
            rights.append(left.body.right)
            left = left.body.left
        inputs.append(self.query(left))
        inputs += [self.query(right) for right in reversed(rights)]
        return Step(word, {}, [], inputs)

    def select(self, select: bound.BoundSelect, order_by: Sequence[bound.SortKey]) -> Step:
        keys = select.group_keys
        step = Step("Values", {"": "1 row"})
        if select.relation is not None:
            step = self.relation(select.relation)
        if select.where is not None:
            step = self.filtered("Filter", select.where, (), step)
        if select.grouping_sets is not None:
            step = self.aggregate(select, step)
        if select.having is not None:
            step = self.filtered("Filter", select.having, keys, step)
        windows, queries = inside((tuple(o.value for o in select.outputs), tuple(order_by)))
        if windows:
            details = [self.text(window, keys) for window in reversed(windows)]
            step = Step("Window", {}, details, [step])
        details = [
            f"{output.column.name or '_'} := {text}"
            for output in select.outputs
            if (text := self.text(output.value, keys)).split(".")[-1] != output.column.name
        ]
        if details or queries:
            step = Step("Project", {}, details, [step, *self.subqueries(queries)])
        return Step("Distinct", {}, [], [step]) if select.distinct else step

    def aggregate(self, select: bound.BoundSelect, step: Step) -> Step:
        texts = [self.text(key) for key in select.group_keys]
        sets = select.grouping_sets or ()
        if len(sets) == 1:
            return Step("Aggregate", {"keys": f"[{', '.join(texts)}]"}, [], [step])
        shown = ", ".join(f"({', '.join(texts[index] for index in one)})" for one in sets)
        return Step("Aggregate", {"groupingSets": f"[{shown}]"}, [], [step])

    def filtered(
        self, word: str, condition: BoundExpression, keys: tuple[BoundExpression, ...], step: Step
    ) -> Step:
        found = {"predicate": self.text(condition, keys)}
        return Step(word, found, [], [step, *self.subqueries(inside(condition)[1])])

    def subqueries(self, queries: Sequence[BoundQuery]) -> list[Step]:
        return [Step("Subquery", {}, [], [self.query(query)]) for query in reversed(queries)]

    # ------------------------------------------------------------ relations

    def relation(self, relation: BoundRelation) -> Step:
        match relation:
            case bound.Scan():
                return self.scan(relation)
            case bound.Derived():
                return self.query(relation.query)
            case bound.CommonTable():
                return Step("Read", {"": str(self.tables.get(relation.id, relation.id))})
            case bound.JoinOf():
                return self.join(relation)
            case bound.SampleOf():
                share = self.text(relation.percentage)
                found = {"": relation.method, "percentage": share}
                return Step("Sample", found, [], [self.relation(relation.relation)])
            case bound.UnnestOf():
                items = ", ".join(self.text(item) for item in relation.items)
                return Step(
                    "Unnest", {"": f"{items}{', ordinality' if relation.ordinality else ''}"}
                )
            case bound.SequenceOf():
                items = ", ".join(self.text(item) for item in relation.arguments)
                return Step("TableFunction", {"": f"sequence({items})"})
            case bound.ValuesOf():
                return Step("Values", {"": f"{len(relation.rows)} rows"})
        return Step(type(relation).__name__)

    def join(self, join: bound.JoinOf) -> Step:
        inputs = [self.relation(join.left), self.relation(join.right)]
        if join.condition is None:
            return Step("CrossJoin", {}, [], inputs)
        word = "InnerJoin" if join.kind == "inner" else f"{join.kind.capitalize()}Join"
        inputs += self.subqueries(inside(join.condition)[1])
        return Step(word, {"criteria": self.text(join.condition)}, [], inputs)

    def scan(self, scan: bound.Scan) -> Step:
        need = self.needs[scan.id]
        order = [column.name for column in scan.handle.columns]
        read = ", ".join(name for name in order if name in need.columns)
        table = f"{scan.handle.database}.{scan.handle.name}"
        found = {"table": table, "columns": f"[{read}]"}
        if need.empty:
            return Step("TableScan", found, ["reads nothing: no row can meet the predicates"])
        details = [
            f"{name} :: {domain_text(need.domains[name])}" for name in order if name in need.domains
        ]
        if scan.version is not None:
            details.insert(0, f"{scan.version[0]} = {self.text(scan.version[1])}")
        return Step("TableScan", found, details)


def domain_text(domain: Domain) -> str:
    """A domain in Trino's form: `[1], (3, 5], NULL`."""
    if domain.is_none:
        return "nothing"
    if domain == NOT_NULL:
        return "NOT NULL"
    shown = [_range_text(span) for span in domain.ranges[:_MOST_POINTS]]
    if len(domain.ranges) > _MOST_POINTS:
        shown.append(f"… {len(domain.ranges) - _MOST_POINTS} more")
    return ", ".join(shown + (["NULL"] if domain.null else []))


def _range_text(span: Range) -> str:
    if span.single:
        return f"[{value_text(span.low)}]"
    low = "(<min>" if span.low is None else "[("[not span.low_inclusive] + value_text(span.low)
    high = "<max>)" if span.high is None else value_text(span.high) + "])"[not span.high_inclusive]
    return f"{low}, {high}"
