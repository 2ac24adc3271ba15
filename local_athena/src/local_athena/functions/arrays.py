"""Arrays.

Measured on DuckDB 1.5.5: subscripts out of range are NULL natively; list_reduce wants one type;
any/all match skip NULLs; `array || element` is missing; list functions drop NULLs here and there,
so those that must keep them are built of list_transform and list_filter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.array_lambdas import sort_by
from local_athena.functions.canonical import canonical
from local_athena.functions.cast_text import in_network
from local_athena.functions.comparison import equal, is_plain
from local_athena.functions.lists import distinct_items, items_of_each, joined_texts
from local_athena.functions.maps import value_of
from local_athena.functions.ordering import checked, first_of
from local_athena.functions.text import fail, let, text
from local_athena.functions.udf import call_python, within_memory
from local_athena.sql.bound import Call
from local_athena.sql.coercion import can_cast
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, element_of, precision_of
from local_athena.sql.types import Type

Writer = Callable[[Call, Sequence[str]], str]
_MOST_ENTRIES = 10_000


def _invalid(message: str) -> str:
    return fail("INVALID_FUNCTION_ARGUMENT", text(message))


def concat_arrays(call: Call, arguments: Sequence[str]) -> str:
    """`||` and concat: NULL if any is; an element beside an array is an array of one."""
    if len(arguments) < 2:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "There must be two or more arguments to concat")

    def body(*names: str) -> str:
        pieces = [
            name if argument.type.base == "array" else f"[{name}]"
            for name, argument in zip(names, call.arguments, strict=True)
        ]
        joined = pieces[0]
        for piece in pieces[1:]:
            joined = f"list_concat({joined}, {piece})"
        nulls = " OR ".join(f"{name} IS NULL" for name in names)
        return f"(CASE WHEN {nulls} THEN NULL ELSE {joined} END)"

    return let(list(arguments), body)


def _cardinality(call: Call, arguments: Sequence[str]) -> str:
    kind = call.arguments[0].type.base
    if kind == "map":
        return f"CAST(cardinality({arguments[0]}) AS BIGINT)"
    if kind == "array":
        return f"CAST(len({arguments[0]}) AS BIGINT)"
    if kind == "hyperloglog":
        from local_athena.functions.digests import sketch_cardinality

        return sketch_cardinality(arguments[0])
    raise SqlError("NOT_SUPPORTED", f"cardinality({call.arguments[0].type}) is not supported")


def _element_at(call: Call, arguments: Sequence[str]) -> str:
    base = call.arguments[0].type
    if base.base == "map":
        return value_of(call, arguments)
    return let(
        list(arguments),
        lambda a, i: (
            f"(CASE WHEN {i} = 0 THEN {_invalid('SQL array indices start at 1')} ELSE {a}[{i}] END)"
        ),
    )


def _first_equal(type_: Type, items: str, value: str, function: str) -> str:
    """The place of the first element that equals `value`, else 0; raises where an element before
    it may or may not equal it, for a NULL inside."""
    found = f"list_transform({items}, lambda ea: ea IS NOT NULL AND {equal(type_, 'ea', value)})"
    if type_.base not in ("array", "row", "map"):
        return f"COALESCE(list_position({found}, TRUE), 0)"
    unsure = fail(
        "NOT_SUPPORTED",
        text(f"{function} does not support arrays with elements that are null or contain null"),
    )
    return let(
        [f"list_transform({found}, lambda f: COALESCE(CAST(f AS INTEGER), 2))"],
        lambda f: (
            f"(CASE WHEN list_filter({f}, lambda n: n > 0)[1] = 2 THEN {unsure} "
            f"ELSE COALESCE(list_position({f}, 1), 0) END)"
        ),
    )


def _contains(call: Call, arguments: Sequence[str]) -> str:
    if call.arguments[0].type.base != "array":
        return call_python(
            "network_contains", in_network, arguments, ["VARCHAR", "BLOB"], "BOOLEAN"
        )
    type_ = element_of(call.arguments[0].type)
    return let(
        list(arguments),
        lambda a, v: (
            f"(CASE WHEN {a} IS NULL OR {v} IS NULL THEN NULL "
            f"WHEN {_first_equal(type_, a, v, 'contains')} > 0 THEN TRUE "
            f"WHEN list_count({a}) < len({a}) THEN NULL ELSE FALSE END)"
            if not is_plain(type_)
            else f"(CASE WHEN {a} IS NULL OR {v} IS NULL THEN NULL "
            f"WHEN list_contains({a}, {v}) THEN TRUE "
            f"WHEN list_count({a}) < len({a}) THEN NULL ELSE FALSE END)"
        ),
    )


def _contains_sequence(call: Call, arguments: Sequence[str]) -> str:
    return let(
        list(arguments),
        lambda a, s: (
            f"(CASE WHEN {a} IS NULL OR {s} IS NULL THEN NULL WHEN len({s}) = 0 THEN TRUE ELSE "
            f"len(list_filter(range(1, len({a}) - len({s}) + 2), "
            f"lambda i: {a}[i:i + len({s}) - 1] IS NOT DISTINCT FROM {s})) > 0 END)"
        ),
    )


def _position(call: Call, arguments: Sequence[str]) -> str:
    type_ = element_of(call.arguments[0].type)
    if len(arguments) == 2:
        return let(
            list(arguments),
            lambda a, v: (
                f"(CASE WHEN {a} IS NULL OR {v} IS NULL THEN NULL ELSE "
                + (
                    f"COALESCE({_indexes(type_, a, v)}[1], 0) END)"
                    if is_plain(type_)
                    else f"{_first_equal(type_, a, v, 'array_position')} END)"
                )
            ),
        )
    return let(
        list(arguments),
        lambda a, v, n: (
            f"(CASE WHEN {n} = 0 THEN "
            + _invalid("array_position cannot take a 0-valued instance argument.")
            + f" WHEN {a} IS NULL OR {v} IS NULL OR {n} IS NULL THEN NULL ELSE "
            f"COALESCE({_indexes(type_, a, v)}[{n}], 0) END)"
        ),
    )


def _indexes(type_: Type, items: str, value: str) -> str:
    if is_plain(type_):
        return f"list_filter(range(1, len({items}) + 1), lambda ix: {items}[ix] = {value})"
    return (
        f"list_filter(range(1, len({items}) + 1), lambda ix: {equal(type_, f'{items}[ix]', value)})"
    )


def _unsure(type_: Type, items: str, value: str) -> str:
    """The branch that refuses nested items of which nobody can say whether they are the value."""
    if type_.base not in ("array", "row", "map"):
        return ""
    message = "array_remove does not support arrays with elements that are null or contain null"
    odd = f"list_filter({items}, lambda e: e IS NOT NULL AND {equal(type_, 'e', value)} IS NULL)"
    return f"WHEN len({odd}) > 0 THEN {fail('NOT_SUPPORTED', text(message))} "


def _remove(call: Call, arguments: Sequence[str]) -> str:
    type_ = element_of(call.arguments[0].type)
    return let(
        list(arguments),
        lambda a, v: (
            f"(CASE WHEN {v} IS NULL THEN NULL {_unsure(type_, a, v)}ELSE list_filter({a}, "
            f"lambda e: e IS NULL OR NOT {equal(type_, 'e', v)}) END)"
        ),
    )


def _distinct(call: Call, arguments: Sequence[str]) -> str:
    type_ = element_of(call.arguments[0].type)
    return let([arguments[0]], lambda a: distinct_items(a, type_))


def _wrapped(items: str) -> str:
    """Each element in a struct, so that list_contains finds NULL too."""
    return f"list_transform({items}, lambda m: {{'v': m}})"


def _among(wrapped: str, value: str) -> str:
    return f"list_contains({wrapped}, {{'v': {value}}})"


def _union(call: Call, arguments: Sequence[str]) -> str:
    type_ = element_of(call.type)
    joined = let(
        list(arguments),
        lambda a, b: (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE list_concat({a}, {b}) END)"
        ),
    )
    return let([joined], lambda a: distinct_items(a, type_))


def _intersect(call: Call, arguments: Sequence[str]) -> str:
    """In the order of the longer array."""
    type_ = element_of(call.type)

    def common(a: str, b: str) -> str:
        return let(
            [_wrapped(a), _wrapped(b)],
            lambda x, y: (
                f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL "
                f"WHEN len({a}) < len({b}) THEN list_filter({b}, lambda e: {_among(x, 'e')}) "
                f"ELSE list_filter({a}, lambda e: {_among(y, 'e')}) END)"
            ),
        )

    kept = let(list(arguments), common)
    return let([kept], lambda a: distinct_items(a, type_))


def _except(call: Call, arguments: Sequence[str]) -> str:
    """An empty right side gives the left one back as it is, repeats and all."""
    type_ = element_of(call.type)
    return let(
        [arguments[0], _wrapped(arguments[1])],
        lambda a, b: (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL "
            f"WHEN len({b}) = 0 THEN {a} ELSE "
            + distinct_items(f"list_filter({a}, lambda e: NOT {_among(b, 'e')})", type_)
            + " END)"
        ),
    )


def _overlap(call: Call, arguments: Sequence[str]) -> str:
    return let(
        [arguments[0], _wrapped(arguments[1])],
        lambda a, b: (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL "
            f"WHEN len(list_filter({a}, lambda e: e IS NOT NULL AND {_among(b, 'e')})) > 0 "
            f"THEN TRUE "
            f"WHEN len({a}) > 0 AND len({b}) > 0 AND (list_count({a}) < len({a}) OR "
            f"len(list_filter({b}, lambda e: e.v IS NULL)) > 0) THEN NULL ELSE FALSE END)"
        ),
    )


def _extreme(function: str) -> Writer:
    """array_max, array_min: NULL if any element is."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        type_ = element_of(call.arguments[0].type)

        def body(a: str) -> str:
            picked = f"{function}({a})"
            if type_.base in ("array", "row"):
                better = first_of(type_, "x", "y", greatest=function == "list_max")
                picked = (
                    f"(CASE WHEN len({a}) > 0 THEN list_reduce({a}, lambda x, y: {better}) END)"
                )
            if type_.base in ("double", "real"):
                # NaN only where there is nothing else
                picked = f"COALESCE({function}(list_filter({a}, lambda n: NOT isnan(n))), {a}[1])"
            return f"(CASE WHEN list_count({a}) < len({a}) THEN NULL ELSE {picked} END)"

        return let([arguments[0]], body)

    return write


def _sort(call: Call, arguments: Sequence[str]) -> str:
    type_ = element_of(call.arguments[0].type)
    if len(arguments) > 1:
        return sort_by(call, arguments, type_)
    if is_plain(type_) or type_.base in ("double", "real"):
        return f"CAST(list_sort({arguments[0]}, 'ASC', 'NULLS LAST') AS {duckdb_type(call.type)})"

    def body(a: str) -> str:
        filled = f"list_filter({a}, lambda e: e IS NOT NULL)"
        if canonical(type_, "e") == "e":
            ordered = f"list_sort({filled})"
        else:
            packed = f"{{'k': {canonical(type_, 'e')}, 'i': place, 'v': e}}"
            ranked = f"list_transform({filled}, lambda e, place: {packed})"
            ordered = f"list_transform(list_sort({ranked}), lambda e: e.v)"
        if type_.base in ("array", "row"):
            ordered = checked(type_, ordered)
        nulls = f"list_filter({a}, lambda e: e IS NULL)"
        return f"(CASE WHEN {a} IS NOT NULL THEN list_concat({ordered}, {nulls}) END)"

    return let([arguments[0]], body)


def _slice(call: Call, arguments: Sequence[str]) -> str:
    return let(
        list(arguments),
        lambda a, s, n: (
            f"(CASE WHEN {s} = 0 THEN {_invalid('SQL array indices start at 1')} "
            f"WHEN {n} < 0 THEN {_invalid('length must be greater than or equal to 0')} "
            f"WHEN {a} IS NULL OR {s} IS NULL OR {n} IS NULL THEN NULL "
            f"WHEN {s} > len({a}) OR {s} < -len({a}) OR {n} = 0 THEN {a}[1:0] "
            f"WHEN {s} > 0 THEN {a}[{s}:{s} + least({n}, len({a})) - 1] "
            f"ELSE {a}[len({a}) + {s} + 1:len({a}) + {s} + least({n}, len({a}))] END)"
        ),
    )


def _trim_array(call: Call, arguments: Sequence[str]) -> str:
    return let(
        list(arguments),
        lambda a, n: (
            f"(CASE WHEN {n} < 0 THEN {_invalid('size must not be negative')} "
            f"WHEN {n} > len({a}) THEN "
            + fail(
                "INVALID_FUNCTION_ARGUMENT",
                f"'size must not exceed array cardinality ' || len({a}) || ': ' || {n}",
            )
            + f" ELSE {a}[1:len({a}) - {n}] END)"
        ),
    )


def _joined_size(items: str, delimiter: str) -> str:
    size = f"COALESCE(list_sum(list_transform({items}, lambda e: strlen(e))), 0)"
    return f"{size} + len({items}) * strlen({delimiter})"


def _join(call: Call, arguments: Sequence[str]) -> str:
    from local_athena.functions.casts import cast_text
    from local_athena.sql.types import VARCHAR

    type_ = element_of(call.arguments[0].type)
    if not can_cast(type_, VARCHAR):
        raise SqlError("OPERATOR_NOT_FOUND", f"Cannot cast {type_} to varchar")
    shown = cast_text("e", type_, VARCHAR)
    missing = arguments[2] if len(arguments) == 3 else None

    def body(a: str, d: str, *rest: str) -> str:
        if rest:
            items = f"list_transform({a}, lambda e: COALESCE({shown}, {rest[0]}))"
        else:
            items = f"list_transform(list_filter({a}, lambda e: e IS NOT NULL), lambda e: {shown})"
        test = f"{a} IS NULL OR {d} IS NULL"
        joined = let([items], lambda i: within_memory(_joined_size(i, d), joined_texts(i, d)))
        return f"(CASE WHEN {test} THEN NULL ELSE COALESCE({joined}, '') END)"

    texts = [arguments[0], arguments[1], *([missing] if missing is not None else [])]
    return let(texts, body)


def _flatten(call: Call, arguments: Sequence[str]) -> str:
    joined = f"flatten(list_filter({arguments[0]}, lambda e: e IS NOT NULL))"
    return f"CAST({joined} AS {duckdb_type(call.type)})"


def _repeat(call: Call, arguments: Sequence[str]) -> str:
    message = f"count argument of repeat function must be less than or equal to {_MOST_ENTRIES}"
    return let(
        list(arguments),
        lambda v, n: (
            f"(CASE WHEN {n} > {_MOST_ENTRIES} THEN {_invalid(message)} "
            f"WHEN {n} < 0 THEN "
            + _invalid("count argument of repeat function must be greater than or equal to 0")
            + f" WHEN {n} IS NULL THEN NULL "
            f"ELSE list_transform(range({n}), lambda i: {v}) END)"
        ),
    )


def _sequence(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    if type_.base in ("tinyint", "smallint", "integer", "bigint"):
        default = lambda a, b: f"(CASE WHEN {b} >= {a} THEN 1 ELSE -1 END)"  # noqa: E731
        return _stepped(
            arguments,
            default,
            lambda a, b, s: f"(CAST({b} AS HUGEINT) - {a}) // {s}",
            lambda a, s, i: (
                f"CAST({a} + {s} * CAST({i} AS HUGEINT) AS {duckdb_type(element_of(call.type))})"
            ),
        )
    return _moments(call, arguments)


def _moments(call: Call, arguments: Sequence[str]) -> str:
    """sequence of dates and timestamps; picoseconds are those of the start."""
    item_type = element_of(call.type)
    fine = item_type.base == "timestamp" and precision_of(item_type) > 6
    kind = duckdb_type(item_type)

    def micro(value: str) -> str:
        return f"struct_extract({value}, 'us')" if fine else f"CAST({value} AS TIMESTAMP)"

    def item(start: str, step: str) -> str:
        moved = f"({micro(start)} + {step})"
        if fine:
            return f"{{'us': {moved}, 'ps': struct_extract({start}, 'ps')}}"
        return f"CAST({moved} AS {kind})"

    if len(arguments) == 3 and call.arguments[2].type.base == "interval year to month":
        return _stepped(
            arguments,
            lambda a, b: "1",
            lambda a, b, s: f"date_sub('month', {micro(a)}, {micro(b)}) // {s}",
            lambda a, s, i: item(a, f"to_months(CAST({s} * {i} AS INTEGER))"),
        )
    day = "CAST(86400000 AS BIGINT)"

    def steps(a: str, b: str, s: str) -> str:
        count = f"(epoch_us({micro(b)}) - epoch_us({micro(a)})) // ({s} * 1000)"
        if item_type.base != "date":
            return count
        return f"(CASE WHEN {s} % {day} <> 0 THEN {_invalid(_STEP_OF_DATES)} ELSE {count} END)"

    return _stepped(
        arguments,
        lambda a, b: f"(CASE WHEN {b} >= {a} THEN {day} ELSE -{day} END)",
        steps,
        lambda a, s, i: item(a, f"to_microseconds({s} * 1000 * {i})"),
    )


_STEP_OF_DATES = "sequence step must be a day interval if start and end values are dates"


def _stepped(
    arguments: Sequence[str],
    default: Callable[[str, str], str],
    count: Callable[[str, str, str], str],
    item: Callable[[str, str, str], str],
) -> str:
    wrong = (
        "sequence stop value should be greater than or equal to start value if step is greater than"
        " zero otherwise stop should be less than or equal to start"
    )
    most = f"result of sequence function must not have more than {_MOST_ENTRIES} entries"

    def body(a: str, b: str, s: str) -> str:
        size = count(a, b, s)
        return (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL OR {s} IS NULL THEN NULL "
            f"WHEN {s} = 0 THEN {_invalid('step must not be zero')} "
            f"WHEN ({s} > 0 AND {b} < {a}) OR ({s} < 0 AND {b} > {a}) THEN {_invalid(wrong)} "
            f"WHEN {size} >= {_MOST_ENTRIES} THEN {_invalid(most)} "
            f"ELSE list_transform(range(CAST({size} AS BIGINT) + 1), "
            f"lambda i: {item(a, s, 'i')}) END)"
        )

    if len(arguments) == 3:
        return let(list(arguments), body)
    return let(list(arguments), lambda a, b: let([default(a, b)], lambda s: body(a, b, s)))


def _shuffle(call: Call, arguments: Sequence[str]) -> str:
    kind = duckdb_type(call.arguments[0].type)

    def run(items: list[Any]) -> list[Any]:
        import random

        return random.sample(items, len(items))

    return call_python("shuffle", run, arguments, [kind], kind, volatile=True)


def _combinations(call: Call, arguments: Sequence[str]) -> str:
    kinds = [duckdb_type(argument.type) for argument in call.arguments]
    return call_python("combinations", _choose, arguments, kinds, duckdb_type(call.type))


def _choose(items: list[Any], size: int) -> list[list[Any]]:
    if size < 0:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", f"combination size must not be negative: {size}"
        )
    if size > 5:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"combination size must not exceed 5: {size}")
    count = len(items)
    if size > count:
        return []
    if size == 0:
        return [[]]
    found: list[list[int]] = []
    chosen = list(range(size))
    while True:
        found.append(list(chosen))
        if len(found) > 100_000:
            raise SqlError("INVALID_FUNCTION_ARGUMENT", "combinations exceed max size")
        at = 0
        while at < size - 1 and chosen[at] + 1 == chosen[at + 1]:
            chosen[at] = at
            at += 1
        chosen[at] += 1
        if chosen[size - 1] >= count:
            break
    return [[items[index] for index in one] for one in found]


def _ngrams(call: Call, arguments: Sequence[str]) -> str:
    return let(
        list(arguments),
        lambda a, n: (
            f"(CASE WHEN {n} <= 0 THEN {_invalid('N must be positive')} "
            f"WHEN {a} IS NULL OR {n} IS NULL THEN NULL WHEN len({a}) <= {n} THEN [{a}] "
            f"ELSE list_transform(range(1, len({a}) - {n} + 2), lambda i: {a}[i:i + {n} - 1]) END)"
        ),
    )


def _histogram(call: Call, arguments: Sequence[str]) -> str:
    kind = duckdb_type(call.type)
    if element_of(call.arguments[0].type).base == "unknown":
        none = f"CAST(MAP {{}} AS {kind})"
        return f"(CASE WHEN {arguments[0]} IS NOT NULL THEN {none} END)"
    made = items_of_each(
        f"list_filter({arguments[0]}, lambda e: e IS NOT NULL)",
        "e",
        "1",
        "struct_pack(key := {key}, value := CAST(len({values}) AS BIGINT))",
    )
    return let(
        [arguments[0]],
        lambda a: (
            f"(CASE WHEN {a} IS NOT NULL THEN "
            f"map_from_entries({made.replace(arguments[0], a)}) END)"
        ),
    )


def _zip(call: Call, arguments: Sequence[str]) -> str:
    def body(*names: str) -> str:
        longest = f"greatest({', '.join(f'len({name})' for name in names)})"
        packed = ", ".join(f"'f{index}': {name}[i]" for index, name in enumerate(names))
        nulls = " OR ".join(f"{name} IS NULL" for name in names)
        return (
            f"(CASE WHEN {nulls} THEN NULL ELSE "
            f"list_transform(range(1, {longest} + 1), lambda i: {{{packed}}}) END)"
        )

    return let(list(arguments), body)


SCALARS = {
    "cardinality": _cardinality,
    "element_at": _element_at,
    "contains": _contains,
    "contains_sequence": _contains_sequence,
    "array_position": _position,
    "array_remove": _remove,
    "array_distinct": _distinct,
    "array_union": _union,
    "array_intersect": _intersect,
    "array_except": _except,
    "arrays_overlap": _overlap,
    "array_max": _extreme("list_max"),
    "array_min": _extreme("list_min"),
    "array_sort": _sort,
    "array_join": _join,
    "array_histogram": _histogram,
    "slice": _slice,
    "trim_array": _trim_array,
    "flatten": _flatten,
    "repeat": _repeat,
    "sequence": _sequence,
    "shuffle": _shuffle,
    "combinations": _combinations,
    "ngrams": _ngrams,
    "zip": _zip,
}
