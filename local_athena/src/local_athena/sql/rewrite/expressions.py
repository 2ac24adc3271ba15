"""Expressions to DuckDB SQL. Every text is an operand as it stands: brackets included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.canonical import canonical
from local_athena.functions.casts import assign, cast_text
from local_athena.functions.comparison import compare, equal, is_plain
from local_athena.functions.refused import unsupported
from local_athena.functions.registry import ScalarWriter, catalogue
from local_athena.functions.text import attempted, fail_unless_null, let, quiet
from local_athena.sql import bound
from local_athena.sql.errors import SqlError
from local_athena.sql.pruning.constants import fold
from local_athena.sql.representation import constant, duckdb_type, quote_text
from local_athena.sql.rewrite.aggregations import aggregate, window
from local_athena.sql.rewrite.context import Context, column_name
from local_athena.sql.rewrite.raising import NESTED, hands_failure_on, may_raise
from local_athena.sql.types import Type


def write(expression: Any, context: Context) -> str:
    """The text of an expression at a place.

    Raises:
        SqlError: NOT_SUPPORTED, FUNCTION_NOT_FOUND.
    """
    writer = _WRITERS.get(type(expression))
    if writer is None:
        raise SqlError("NOT_SUPPORTED", f"expression {type(expression).__name__}")
    return writer(expression, context)


def condition(expression: Any, context: Context) -> str:
    """A WHERE, HAVING or ON condition: conjuncts that cannot fail stand apart, those that may are
    computed only where the ones before them hold."""
    safe: list[str] = []
    risky: list[tuple[list[str], str]] = []
    for part in _conjuncts(expression):
        text = write(part, context)
        if may_raise(part) and (safe or risky):
            risky.append((list(safe), text))
        elif risky:
            risky.append(([], text))
        else:
            safe.append(text)
    if not risky:
        return " AND ".join(safe) if safe else "TRUE"
    guarded = "TRUE"
    for before, text in reversed(risky):
        tests = [*before] if before else []
        rest = text if guarded == "TRUE" else f"(CASE WHEN {text} THEN {guarded} ELSE FALSE END)"
        guarded = f"(CASE WHEN {' AND '.join(tests)} THEN {rest} ELSE FALSE END)" if tests else rest
        before.clear()
    return " AND ".join([*safe, guarded]) if safe else guarded


def _conjuncts(expression: Any) -> list[Any]:
    parts: list[Any] = []
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if type(node) is bound.Logical and node.operator == "and":
            waiting.extend(reversed(node.operands))
        else:
            parts.append(node)
    return parts


# ---------------------------------------------------------------- leaves


def _constant(node: bound.Constant, context: Context) -> str:
    return constant(node.value, node.type)


def _reference(node: bound.Reference, context: Context) -> str:
    given = context.columns.get(node.column.id)
    return given if given is not None else column_name(node.column)


def _lambda_variable(node: bound.LambdaVariable, context: Context) -> str:
    return f"v{node.id}"


def _lambda(node: bound.LambdaOf, context: Context) -> str:
    names = ", ".join(f"v{parameter.id}" for parameter in node.parameters)
    return f"lambda {names}: {write(node.body, context)}"


# ---------------------------------------------------------------- functions and casts


def _call(node: bound.Call, context: Context) -> str:
    writer = catalogue().scalars.get(node.name)
    if writer is None:
        raise SqlError("NOT_SUPPORTED", unsupported("function", node.name))
    texts = [write(argument, context) for argument in node.arguments]
    try:
        text = writer(node, texts)
        return _null_first(node, texts, text, writer) if _RAISES in text else text
    except SqlError as error:
        # a constant argument is wrong: that fails for each row, and for no row at all not
        if error.name != "INVALID_FUNCTION_ARGUMENT":
            raise
        message = quote_text(error.message)
        return fail_unless_null(texts, error.name, message, duckdb_type(node.type))


_RAISES = "TRINO:"
"""What the texts hold that may raise (`functions.text.payload`)."""
_TAKE_NULL = frozenset(
    (
        *("$divide", "$modulus", "mod"),  # (they see to it themselves)
        *("concat_ws", "format", "repeat", "typeof", "map_concat"),
    )
)


def _null_first(node: bound.Call, texts: Sequence[str], text: str, writer: ScalarWriter) -> str:
    """A NULL argument makes the result NULL, however wrong the others are."""
    if len(texts) < 2 or node.name in _TAKE_NULL:
        return text
    if any(isinstance(argument, bound.LambdaOf) for argument in node.arguments):
        return text
    known = [isinstance(a, bound.Constant) and a.value is not None for a in node.arguments]
    if all(known):
        return text

    def body(*names: str) -> str:
        given = iter(names)
        all_texts = [t if sure else next(given) for t, sure in zip(texts, known, strict=True)]
        nulls = " OR ".join(f"{name} IS NULL" for name in names)
        return f"(CASE WHEN {nulls} THEN NULL ELSE {writer(node, all_texts)} END)"

    return let([t for t, sure in zip(texts, known, strict=True) if not sure], body)


def _cast(node: bound.Cast, context: Context) -> str:
    source, target = node.operand.type, node.type
    known = None if node.assignment else fold(node)
    if known is not None:
        return constant(known.value, target)
    if source.base == "unknown":
        return f"CAST(NULL AS {duckdb_type(target)})"
    if node.safe:
        return _safe_cast(node, context)
    text = write(node.operand, context)
    if node.assignment:
        return assign(text, source, target)
    return cast_text(text, source, target)


def _safe_cast(node: bound.Cast, context: Context) -> str:
    """TRY_CAST: what its operand raises is not caught."""
    source, target = node.operand.type, node.type
    if not may_raise(node.operand):
        inner = write(node.operand, _trying(context))
        return _attempted_cast(inner, source, target)
    variable = f"t{context.number()}"
    attempt = _attempted_cast(variable, source, target)
    return f"list_transform([{write(node.operand, context)}], lambda {variable}: {attempt})[1]"


def _attempted_cast(text: str, source: Type, target: Type) -> str:
    if source.base in NESTED or target.base in NESTED:
        return attempted(cast_text(text, source, target))
    with quiet():
        made = cast_text(text, source, target)
    return _attempted_quietly(made, target)


def _attempted_quietly(text: str, type_: Type) -> str:
    """(What fails for every value has no type of its own.)"""
    return attempted(f"CAST({text} AS {duckdb_type(type_)})", quietly=True)


def _try(node: bound.Try, context: Context) -> str:
    if not hands_failure_on(node.operand):
        return attempted(write(node.operand, _trying(context)))
    with quiet():
        text = write(node.operand, _trying(context))
    return _attempted_quietly(text, node.type)


def _trying(context: Context) -> Context:
    if context.trying:
        return context
    return context.at(
        trying=True,
        aggregates=context.aggregates,
        windows=context.windows,
        subqueries=context.subqueries,
        inner=context.inner,
        keys=context.keys,
        grouping=context.grouping,
        key_expressions=context.key_expressions,
    )


# ---------------------------------------------------------------- logic


def _comparison(node: bound.Comparison, context: Context) -> str:
    left, right = write(node.left, context), write(node.right, context)
    return compare(node.operator, node.left.type, left, right)


def _logical(node: bound.Logical, context: Context) -> str:
    texts = [write(operand, context) for operand in node.operands]
    word = node.operator.upper()
    if not any(may_raise(operand) for operand in node.operands[1:]):
        return "(" + f" {word} ".join(texts) + ")"
    stop = "FALSE" if node.operator == "and" else "TRUE"
    # operands are computed in order, and no further than the first that decides
    text = texts[-1]
    for before in reversed(texts[:-1]):
        text = let([before], _stopper(stop, word, text))
    return text


def _stopper(stop: str, word: str, rest: str) -> Callable[[str], str]:
    return lambda b: f"(CASE WHEN {b} IS {stop} THEN {stop} ELSE ({b} {word} {rest}) END)"


def _not(node: bound.Not, context: Context) -> str:
    return f"(NOT {write(node.operand, context)})"


def _is_null(node: bound.IsNull, context: Context) -> str:
    return f"({write(node.operand, context)} IS NULL)"


def _between(node: bound.Between, context: Context) -> str:
    value, low, high = (write(part, context) for part in (node.value, node.low, node.high))
    type_ = node.value.type
    if is_plain(type_):
        return f"({value} BETWEEN {low} AND {high})"
    return let(
        [value],
        lambda v: f"({compare('>=', type_, v, low)} AND {compare('<=', type_, v, high)})",
    )


def _in_list(node: bound.InList, context: Context) -> str:
    value = write(node.value, context)
    items = [write(item, context) for item in node.items]
    type_ = node.value.type
    if is_plain(type_):
        return f"({value} IN ({', '.join(items)}))"
    return let([value], lambda v: "(" + " OR ".join(equal(type_, v, item) for item in items) + ")")


def _like(node: bound.Like, context: Context) -> str:
    value, pattern = write(node.value, context), write(node.pattern, context)
    if node.escape is None:
        return f"({value} LIKE {pattern})"
    if isinstance(node.escape, bound.Constant) and node.escape.value is None:
        return "CAST(NULL AS BOOLEAN)"
    if isinstance(node.escape, bound.Constant) and isinstance(node.pattern, bound.Constant):
        try:
            _check_like(node.pattern.value, node.escape.value)
        except SqlError as error:
            return fail_unless_null([value], error.name, quote_text(error.message), "BOOLEAN")
        if node.escape.value.isascii():  # (DuckDB takes an escape of one byte)
            return f"({value} LIKE {pattern} ESCAPE {quote_text(node.escape.value)})"
    from local_athena.functions.like import like_escape

    return like_escape(value, pattern, write(node.escape, context))


def _check_like(pattern: str | None, escape: str | None) -> None:
    if pattern is None or escape is None:
        return
    if len(escape) != 1:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")
    rest = pattern
    while escape in rest:
        following = rest[rest.index(escape) + 1 :][:1]
        if following not in ("%", "_", escape) or not following:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                "Escape character must be followed by '%', '_' or the escape character itself",
            )
        rest = rest[rest.index(escape) + 2 :]


def _case(node: bound.Case, context: Context) -> str:
    results = [(write(when, context), write(then, context)) for when, then in node.whens]
    default = write(node.default, context) if node.default is not None else "NULL"
    if node.operand is None:
        whens = "".join(f" WHEN {when} THEN {then}" for when, then in results)
        return f"(CASE{whens} ELSE {default} END)"
    type_ = node.operand.type
    operand = write(node.operand, context)
    if is_plain(type_):
        whens = "".join(f" WHEN {when} THEN {then}" for when, then in results)
        return f"(CASE {operand}{whens} ELSE {default} END)"

    def body(value: str) -> str:
        whens = "".join(f" WHEN {equal(type_, value, w)} THEN {t}" for w, t in results)
        return f"(CASE{whens} ELSE {default} END)"

    return let([operand], body)


def _coalesce(node: bound.Coalesce, context: Context) -> str:
    return "COALESCE(" + ", ".join(write(part, context) for part in node.operands) + ")"


def _null_if(node: bound.NullIf, context: Context) -> str:
    first, second = write(node.first, context), write(node.second, context)

    def body(a: str) -> str:
        left = cast_text(a, node.first.type, node.compared)
        right = cast_text(second, node.second.type, node.compared)
        same = equal(node.compared, left, right)
        return f"(CASE WHEN {a} IS NULL THEN NULL WHEN {same} THEN NULL ELSE {a} END)"

    if node.first.type.base == "unknown":
        return first
    return let([first], body)


# ---------------------------------------------------------------- nested values


def _array(node: bound.ArrayOf, context: Context) -> str:
    items = ", ".join(write(item, context) for item in node.items)
    if items:
        return f"[{items}]"
    return f"CAST([] AS {duckdb_type(node.type)})"


def _row(node: bound.RowOf, context: Context) -> str:
    parts = [f"'f{index}': {write(item, context)}" for index, item in enumerate(node.items)]
    return "{" + ", ".join(parts) + "}"


def _field(node: bound.FieldOf, context: Context) -> str:
    return f"struct_extract({write(node.base, context)}, 'f{node.index}')"


def _json(node: bound.JsonOf, context: Context) -> str:
    from local_athena.functions.json_path import write_json

    return write_json(node, lambda part: write(part, context))


# ---------------------------------------------------------------- groups


def _group_key(node: bound.GroupKey, context: Context) -> str:
    return context.keys[node.index]


def _grouping(node: bound.Grouping, context: Context) -> str:
    if context.grouping is None:
        raise SqlError("NOT_SUPPORTED", "GROUPING outside of an aggregation")
    return context.grouping[node.indexes]


# ---------------------------------------------------------------- subqueries


def _subquery(text: str, context: Context) -> str:
    if context.trying and context.subqueries is not None:
        return context.subqueries.name(text, context.number())
    return text


def _exists(node: bound.Exists, context: Context) -> str:
    return _subquery(f"(EXISTS ({_query(node.query, context)}))", context)


def _scalar_query(node: bound.ScalarQuery, context: Context) -> str:
    return _subquery(f"({_query(node.query, context)})", context)


def _in_query(node: bound.InQuery, context: Context) -> str:
    value = write(node.value, context)
    return _subquery(_any(node.value.type, value, "=", "ANY", node.query, context), context)


def _quantified(node: bound.Quantified, context: Context) -> str:
    value = write(node.value, context)
    quantifier = "ANY" if node.quantifier.upper() in ("ANY", "SOME") else "ALL"
    text = _any(node.value.type, value, node.operator, quantifier, node.query, context)
    if (node.operator, quantifier) in (("=", "ALL"), ("<>", "ANY")):
        # Trino asks first whether the values differ among themselves, and then not for a NULL
        column = column_name(node.query.columns[0])
        differ = f"count(DISTINCT {canonical(node.value.type, column)}) > 1"
        some = f"(SELECT {differ} FROM ({_query(node.query, context)}) AS q{context.number()})"
        text = f"COALESCE({text}, CASE WHEN {some} THEN {quantifier == 'ANY'} END)"
    return _subquery(text, context)


def _any(
    type_: Any,
    value: str,
    operator: str,
    quantifier: str,
    query: bound.BoundQuery,
    context: Context,
) -> str:
    text = _query(query, context)
    names = [column_name(column) for column in query.columns]
    if len(names) > 1:
        packed = ", ".join(f"'f{index}': {name}" for index, name in enumerate(names))
        item = "{" + packed + "}"
    else:
        item = names[0]
    wanted = canonical(type_, item)
    if wanted != names[0]:
        text = f"SELECT {wanted} AS y FROM ({text}) AS q"
    return f"({canonical(type_, value)} {operator} {quantifier} ({text}))"


def _query(query: bound.BoundQuery, context: Context) -> str:
    from local_athena.sql.rewrite.queries import query_text

    names: Sequence[str] = [column_name(column) for column in query.columns]
    return query_text(query, context.at(nested=True), names)


_WRITERS: dict[type, Callable[[Any, Context], str]] = {
    bound.Constant: _constant,
    bound.Reference: _reference,
    bound.LambdaVariable: _lambda_variable,
    bound.LambdaOf: _lambda,
    bound.Call: _call,
    bound.Cast: _cast,
    bound.Try: _try,
    bound.Comparison: _comparison,
    bound.Logical: _logical,
    bound.Not: _not,
    bound.IsNull: _is_null,
    bound.Between: _between,
    bound.InList: _in_list,
    bound.Like: _like,
    bound.Case: _case,
    bound.Coalesce: _coalesce,
    bound.NullIf: _null_if,
    bound.ArrayOf: _array,
    bound.RowOf: _row,
    bound.FieldOf: _field,
    bound.JsonOf: _json,
    bound.Aggregate: lambda node, context: aggregate(node, context, write, condition),
    bound.WindowCall: lambda node, context: window(node, context, write),
    bound.GroupKey: _group_key,
    bound.Grouping: _grouping,
    bound.Exists: _exists,
    bound.ScalarQuery: _scalar_query,
    bound.InQuery: _in_query,
    bound.Quantified: _quantified,
}
